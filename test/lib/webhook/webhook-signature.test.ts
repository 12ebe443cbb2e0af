import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import {
  isBearerOfAny,
  isSignedWithAny,
  parseWebhookKeys,
  signWebhook,
} from '../../../lib/webhook/webhook-signature.ts';

const key = Buffer.alloc(32, 5);
const request = { id: 'msg_1', timestamp: '1764007200', body: Buffer.from('{"a":1}') };
const good = signWebhook(key, request);
const isGood = (signatures: string) => isSignedWithAny([key], { ...request, signatures });

describe('a signature', () => {
  it('agrees with the public vector', () => {
    const [vectorKey] = parseWebhookKeys('{"current":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}');
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
        const [parsed] = parseWebhookKeys(JSON.stringify({ current: secret }));
        expect(isSignedWithAny(parsed ? [parsed] : [], { ...ours, signatures: library.sign(id, now, body) })).toBe(
          true,
        );
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
    expect(isSignedWithAny([Buffer.alloc(32, 6), key], { ...request, signatures: good })).toBe(true);
    expect(isSignedWithAny([], { ...request, signatures: good })).toBe(false);
  });

  it('is bad when anything that it covers changes', () => {
    for (const change of [{ id: 'msg_2' }, { timestamp: '1764007201' }, { body: Buffer.from('{"a":2}') }]) {
      expect(isSignedWithAny([key], { ...request, ...change, signatures: good })).toBe(false);
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

describe('the webhook secret', () => {
  const base64 = key.toString('base64');
  it.each([
    ['current and previous', { current: base64, previous: `whsec_${base64}` }, 2],
    ['white space around a key', { current: ` ${base64}\n` }, 1],
    ['an empty previous', { current: base64, previous: '' }, 1],
    ['a key of 23 bytes', { current: Buffer.alloc(23).toString('base64') }, 0],
    ['a key that is not base64', { current: '*'.repeat(44) }, 0],
    ['a key without its padding', { current: base64.slice(0, -1) }, 0],
    ['a key with text before it', { current: `my key: ${base64}` }, 0],
    ['a key with text behind it', { current: `${base64} (mine)` }, 0],
    ['a number', { current: 1 }, 0],
  ])('with %s', (_, secret, keys) => {
    expect(parseWebhookKeys(JSON.stringify(secret))).toHaveLength(keys);
  });

  it.each(['', 'null', '"x"', base64])('that is no object (%s) holds no key', (text) => {
    expect(parseWebhookKeys(text)).toEqual([]);
  });
});

describe('a bearer', () => {
  const token = key.toString('base64');
  const bears = (authorization: string) => isBearerOfAny([Buffer.alloc(32, 6), key], authorization);

  it('is whoever gives one of the keys, in its base64', () => {
    expect(bears(`Bearer ${token}`)).toBe(true);
    expect(bears(`BEARER   whsec_${token}`)).toBe(true);
    expect(isBearerOfAny([], `Bearer ${token}`)).toBe(false);
  });

  it.each([
    ['another scheme', `Basic ${token}`],
    ['another scheme that ends like it', `NotBearer ${token}`],
    ['more before the scheme', `Basic x, Bearer ${token}`],
    ['more behind the key', `Bearer ${token} x`],
    ['no space', `Bearer${token}`],
    ['no key', 'Bearer '],
  ])('is nobody with %s', (_, authorization) => {
    expect(bears(authorization)).toBe(false);
  });
});
