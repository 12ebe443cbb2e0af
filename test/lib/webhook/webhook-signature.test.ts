import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import {
  decodeWebhookKey,
  keysThatSigned,
  type SignedRequest,
  signWebhook,
  tokensShown,
} from '../../../lib/webhook/webhook-signature.ts';

const key = Buffer.alloc(32, 5);
const request = { id: 'msg_1', timestamp: '1764007200', body: Buffer.from('{"a":1}') };
const good = signWebhook(key, request);
const isSignedWith = (keys: readonly Buffer[], signed: SignedRequest) =>
  keysThatSigned(
    keys.map((bytes) => ({ bytes })),
    signed,
  ).length > 0;
const isGood = (signatures: string) => isSignedWith([key], { ...request, signatures });

describe('a signature', () => {
  it('agrees with the public vector', () => {
    const vectorKey = decodeWebhookKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const vector = {
      ...{ id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: '1614265330' },
      body: Buffer.from('{"test": 2432232314}'),
    };
    expect(signWebhook(vectorKey ?? key, vector)).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('agrees with the reference library, both ways', () => {
    const anId = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);
    const aKey = fc.uint8Array({ minLength: 24, maxLength: 64 });
    fc.assert(
      fc.property(aKey, anId, fc.string({ unit: 'grapheme' }), (bytes, id, body) => {
        const now = new Date();
        const timestamp = String(Math.floor(now.getTime() / 1000));
        const secret = Buffer.from(bytes).toString('base64');
        const library = new Webhook(secret);
        const ours = { id, timestamp, body: Buffer.from(body) };
        const parsed = decodeWebhookKey(secret);
        expect(isSignedWith(parsed ? [parsed] : [], { ...ours, signatures: library.sign(id, now, body) })).toBe(true);
        const headers = {
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': signWebhook(bytes, ours),
        };
        // The library parses what it has verified: only its complaint about the signature counts here.
        expect(() => library.verify(body, headers)).not.toThrow(/signature/i);
      }),
    );
  });

  it('is good under any of the keys, at any place of the list', () => {
    const other = signWebhook(Buffer.alloc(32, 6), request);
    expect(isGood(`${other} ${good}`)).toBe(true);
    expect(isSignedWith([Buffer.alloc(32, 6), key], { ...request, signatures: good })).toBe(true);
    expect(isSignedWith([], { ...request, signatures: good })).toBe(false);
  });

  it('is bad when anything that it covers changes', () => {
    for (const change of [{ id: 'msg_2' }, { timestamp: '1764007201' }, { body: Buffer.from('{"a":2}') }]) {
      expect(isSignedWith([key], { ...request, ...change, signatures: good })).toBe(false);
    }
  });

  it.each([
    ['without its version', good.slice(3)],
    ['of another version', good.replace('v1,', 'v1a,')],
    ['in the URL alphabet', `v1,${'-'.repeat(43)}=`],
    ['without its padding', good.slice(0, -1)],
    ['with more behind it', `${good}=`],
    ['separated by a comma', `${good},${good}`],
    ['behind more than sixteen', `${`v1,${'A'.repeat(43)}= `.repeat(16)}${good}`],
    ['empty', ''],
  ])('%s is none', (_, signatures) => {
    expect(isGood(signatures)).toBe(false);
  });
});

describe('a key', () => {
  const base64 = key.toString('base64');
  it.each([
    ['base64', base64, key],
    ['base64 after whsec_', `whsec_${base64}`, key],
    ['whsec_ twice', `whsec_whsec_${base64}`, undefined],
    ['23 bytes', Buffer.alloc(23).toString('base64'), undefined],
    ['no base64', '*'.repeat(44), undefined],
    ['base64 in the URL alphabet', '-_'.repeat(22), undefined],
    ['base64 without its padding', base64.slice(0, -1), undefined],
    ['text before it', `my key: ${base64}`, undefined],
    ['text behind it', `${base64} (mine)`, undefined],
    ['nothing', '', undefined],
    ['the prefix alone', 'whsec_', undefined],
  ])('of %s', (_, text, decoded) => {
    expect(decodeWebhookKey(text)).toEqual(decoded);
  });
});

describe('a bearer', () => {
  const [token, other] = [{ token: 'a-token-of-the-acl' }, { token: 'another-token-of-it' }];
  const shown = (authorization: string) => tokensShown([other, token], authorization);

  it.each(['Bearer a-token-of-the-acl', 'BEARER   a-token-of-the-acl', 'bearer a-token-of-the-acl'])(
    'is whoever shows a token: %s',
    (authorization) => {
      expect(shown(authorization)).toEqual([token]);
      expect(tokensShown([], authorization)).toEqual([]);
    },
  );

  it.each([
    ['another scheme', 'Basic a-token-of-the-acl'],
    ['another scheme that ends like it', 'NotBearer a-token-of-the-acl'],
    ['more before the scheme', 'Basic x, Bearer a-token-of-the-acl'],
    ['more behind the token', 'Bearer a-token-of-the-acl x'],
    ['two headers that were joined', 'Bearer a-token-of-the-acl,Bearer a-token-of-the-acl'],
    ['no space', 'Bearera-token-of-the-acl'],
    ['a tab', 'Bearer\ta-token-of-the-acl'],
    ['quotes', 'Bearer "a-token-of-the-acl"'],
    ['another case', 'Bearer A-TOKEN-OF-THE-ACL'],
    ['a prefix', 'Bearer whsec_a-token-of-the-acl'],
    ['a part', 'Bearer a-token-of-the-ac'],
    ['no token', 'Bearer '],
    ['nothing', ''],
  ])('is nobody with %s', (_, authorization) => {
    expect(shown(authorization)).toEqual([]);
  });
});
