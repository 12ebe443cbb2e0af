import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import {
  decodeWebhookKey,
  keysThatSigned,
  type SignedRequest,
  signWebhook,
} from '../../../lib/webhook/webhook-signature.ts';

/**
 * What the reference library takes and a receiver should not: each test shows first that the library
 * takes it, so that it tells when that changes. Timestamps and bodies that are not UTF-8 are judged
 * elsewhere (`authenticate-webhook`, `strict-json`): a signature over them is good here.
 */
const KEY = Buffer.alloc(32, 5);
const SECRET = KEY.toString('base64');
const BODY = '{"a":1}';

function signed(key: Buffer | Uint8Array = KEY) {
  const request = { id: 'msg_1', timestamp: String(Math.floor(Date.now() / 1000)), body: Buffer.from(BODY) };
  return { ...request, signatures: signWebhook(key, request) };
}

function libraryTakes(secret: string, request: ReturnType<typeof signed>): boolean {
  const { id, timestamp, signatures } = request;
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures };
  try {
    new Webhook(secret).verify(BODY, headers);
    return true;
  } catch {
    return false; // Whatever it complains of, it did not take the request.
  }
}
const isSignedWith = (key: Uint8Array | undefined, request: SignedRequest) =>
  keysThatSigned(key ? [{ bytes: key }] : [], request).length === 1;
const weTake = (secret: string, request: ReturnType<typeof signed>) => isSignedWith(decodeWebhookKey(secret), request);

describe('stricter than the reference library', () => {
  it('takes what the library takes, to begin with', () => {
    expect(libraryTakes(SECRET, signed())).toBe(true);
    expect(weTake(SECRET, signed())).toBe(true);
  });

  it('takes no key of a single byte', () => {
    const key = Buffer.from([7]);
    expect(libraryTakes(key.toString('base64'), signed(key))).toBe(true);
    expect(weTake(key.toString('base64'), signed(key))).toBe(false);
  });

  it('takes no key of 23 bytes, and takes one of 24', () => {
    for (const length of [23, 24]) {
      const key = Buffer.alloc(length, 9);
      expect(libraryTakes(key.toString('base64'), signed(key))).toBe(true);
      expect(weTake(key.toString('base64'), signed(key))).toBe(length === 24);
    }
  });

  it('looks at sixteen signatures at most', () => {
    const request = signed();
    const other = signWebhook(Buffer.alloc(32, 6), request);
    const list = (before: number) => ({ ...request, signatures: `${`${other} `.repeat(before)}${request.signatures}` });
    expect(libraryTakes(SECRET, list(500))).toBe(true);
    expect(weTake(SECRET, list(500))).toBe(false);
    expect(weTake(SECRET, list(16))).toBe(false);
    expect(weTake(SECRET, list(15))).toBe(true);
  });

  it('takes no signature with something more behind a second comma', () => {
    const request = signed();
    const more = { ...request, signatures: `${request.signatures},more` };
    expect(libraryTakes(SECRET, more)).toBe(true);
    expect(weTake(SECRET, more)).toBe(false);
  });
});

describe('a secret of random bytes', () => {
  const aKey = fc.uint8Array({ minLength: 24, maxLength: 64 });
  const anId = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);

  it('signs any bytes, text or not, as plain HMAC-SHA256 over id, timestamp and body', () => {
    fc.assert(
      fc.property(aKey, anId, fc.nat(), fc.uint8Array({ maxLength: 300 }), (key, id, at, body) => {
        const mac = createHmac('sha256', key).update(Buffer.concat([Buffer.from(`${id}.${at}.`), body]));
        const signatures = `v1,${mac.digest('base64')}`;
        expect(isSignedWith(key, { id, timestamp: String(at), body, signatures })).toBe(true);
      }),
    );
  });

  it('is read the same with and without its prefix, and padded or not as base64 wants it', () => {
    fc.assert(
      fc.property(aKey, (bytes) => {
        const base64 = Buffer.from(bytes).toString('base64');
        for (const current of [base64, `whsec_${base64}`, ` whsec_${base64}\n`]) {
          expect(decodeWebhookKey(current)).toEqual(Buffer.from(bytes));
        }
      }),
    );
  });

  it('finds nothing good where one bit of body, id, timestamp, key or signature differs', () => {
    fc.assert(
      fc.property(aKey, fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(), fc.nat(7), (key, body, at, bit) => {
        const request = { id: 'msg', timestamp: '1764007200', body };
        const signatures = signWebhook(key, request);
        const flip = (bytes: Uint8Array) => {
          const copy = Uint8Array.from(bytes);
          copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ (1 << bit);
          return copy;
        };
        expect(isSignedWith(key, { ...request, body: flip(body), signatures })).toBe(false);
        expect(isSignedWith(flip(key), { ...request, signatures })).toBe(false);
        const mac = Buffer.from(signatures.slice(3), 'base64');
        const wrong = `v1,${Buffer.from(flip(mac)).toString('base64')}`;
        expect(isSignedWith(key, { ...request, signatures: wrong })).toBe(false);
      }),
    );
  });

  it('does not let the border between id and timestamp move', () => {
    const body = Buffer.from('x');
    const signatures = signWebhook(KEY, { id: 'a', timestamp: 'b.c', body });
    // The same bytes are signed: what keeps them apart is that an id holds no full stop and a timestamp only digits.
    expect(isSignedWith(KEY, { id: 'a.b', timestamp: 'c', body, signatures })).toBe(true);
    expect(isSignedWith(KEY, { id: 'a', timestamp: 'bc', body, signatures })).toBe(false);
  });
});
