import { describe, expect, it } from 'vitest';
import { whyNoAnswer } from '../../../lib/okta/no-answer.ts';

const TIMEOUT_MS = 8_000;
/** As the HTTP client says it: what happened stands in the cause. */
const fetchFailed = (cause: unknown) => new TypeError('fetch failed', { cause });
const withCode = (code: string, message = code) => Object.assign(new Error(message), { code });

describe('why a call got no answer', () => {
  it.each([
    ['ENOTFOUND', /DNS/],
    ['EAI_AGAIN', /DNS/],
    ['ECONNREFUSED', /refused/],
    ['ECONNRESET', /cut off/],
    ['UND_ERR_SOCKET', /cut off/],
    ['ETIMEDOUT', /no connection in time/],
    ['UND_ERR_CONNECT_TIMEOUT', /no connection in time/],
    ['EHOSTUNREACH', /no way/],
    ['CERT_HAS_EXPIRED', /has expired/],
    ['CERT_NOT_YET_VALID', /not valid yet/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /self-signed/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /authority that is not trusted/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /authority that is not trusted/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /authority that is not trusted/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /another host name/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /no TLS connection/],
    ['EPROTO', /no TLS connection/],
  ])('is named for %s, with the code to look up', (code, meaning) => {
    const why = whyNoAnswer(fetchFailed(withCode(code)), TIMEOUT_MS);
    expect(why).toMatch(meaning);
    expect(why).toContain(`(${code})`);
  });

  it('is found in a cause of the cause, and in the first of several', () => {
    const both = new AggregateError([withCode('ECONNREFUSED'), withCode('EHOSTUNREACH')]);
    expect(whyNoAnswer(fetchFailed(both), TIMEOUT_MS)).toMatch(/refused/);
    const deep = fetchFailed(new Error('wrapped', { cause: withCode('CERT_HAS_EXPIRED') }));
    expect(whyNoAnswer(deep, TIMEOUT_MS)).toMatch(/expired/);
  });

  it('is the time that was waited for', () => {
    const timeout = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    expect(whyNoAnswer(timeout, TIMEOUT_MS)).toBe('no whole answer within 8 s');
    expect(whyNoAnswer(new TypeError('terminated', { cause: timeout }), TIMEOUT_MS)).toBe('no whole answer within 8 s');
  });

  it('is the proxy, with its answer', () => {
    const aborted = withCode('UND_ERR_ABORTED', 'Proxy response (407) !== 200 when HTTP Tunneling');
    const why = whyNoAnswer(fetchFailed(new Error('Request was cancelled.', { cause: aborted })), TIMEOUT_MS);
    expect(why).toBe('the proxy refused the connection (its answer: 407)');
  });

  it('is the innermost message where there is no code that is known', () => {
    expect(whyNoAnswer(fetchFailed(new Error('bad port')), TIMEOUT_MS)).toBe('bad port');
    expect(whyNoAnswer(fetchFailed(withCode('ESTRANGE', 'strange')), TIMEOUT_MS)).toBe('strange');
    expect(whyNoAnswer('text', TIMEOUT_MS)).toBe('unknown');
  });

  it('comes to an end where the causes go round in a ring', () => {
    const ring = new Error('ring');
    ring.cause = new Error('other', { cause: ring });
    expect(whyNoAnswer(ring, TIMEOUT_MS)).toMatch(/ring|other/);
  });
});
