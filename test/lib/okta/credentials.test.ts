import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { asCredentials, credentialsProblem } from '../../../lib/okta/credentials.ts';
import { OktaFailure } from '../../../lib/okta/okta-failure.ts';

/** What is said of a text that can be no credentials, with everything that would be logged of it. */
function said(text: string | undefined): string {
  try {
    asCredentials(text);
  } catch (error) {
    if (error instanceof OktaFailure)
      return `${error.code} ${error.message} ${JSON.stringify(error.fields)} ${error.cause}`;
  }
  return 'nothing';
}

describe('the text of the secret', () => {
  it.each(['00aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789_-xY', 'okta-zones-token', 'a.b~c+d/e='])(
    'can be a token: %s',
    (text) => {
      expect(asCredentials(text)).toEqual({ kind: 'token', token: text });
    },
  );

  it.each([
    ['a line break', '00aBcDeFgHiJk\nLmNoPq', 'white space'],
    ['a space', '00aBcDeFgHiJk LmNoPq', 'white space'],
    ['the scheme before it', 'SSWS 00aBcDeFgHiJkLm', 'SSWS'],
    ['quotes around it', '"00aBcDeFgHiJkLm"', 'JSON'],
    ['single quotes', "'00aBcDeFgHiJkLm'", 'characters'],
    ['JSON of the console', '{\n  "token": "00aBcDeFgHiJkLm"\n}', 'clientId, kid, privateKey'],
    ['JSON that is cut off', '{"clientId":"00aBcDeFgHiJkLm"', 'begins like JSON'],
    ['a list', '["00aBcDeFgHiJkLm"]', 'JSON'],
    ['a control character', '00aBcDeFg\u0000HiJkLm', 'characters'],
    ['a character that is not seen', '00aBcDeFg\u200BHiJkLm', 'characters'],
    ['a letter of another script', '00aBcDeFgHiJkLmП', 'characters'],
    ['no end', 'x'.repeat(513), 'long'],
  ])('can be none with %s, which is said without the text', (_, text, problem) => {
    expect(said(text)).toMatch(/^ZONE006 what the secret holds can't be Okta credentials/);
    expect(said(text)).toContain(problem);
    expect(said(text)).not.toContain('00aBcDeFg');
  });

  it.each([undefined, ''])('is none where there is none: %j', (text) => {
    expect(() => asCredentials(text)).toThrow('no value');
  });
});

const ID = { clientId: '0oa1abcdefGHIJKLM0h7', kid: '2026-11' };
const pem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1') => key.export({ format: 'pem', type }).toString();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;
const p256 = ec('P-256');
const p384 = ec('P-384');
const p521 = ec('P-521');

describe('the text of the secret as a service app', () => {
  it.each<[string, KeyObject, unknown]>([
    ['RSA as PEM (PKCS #8)', rsa, pem(rsa, 'pkcs8')],
    ['RSA as PEM (PKCS #1)', rsa, pem(rsa, 'pkcs1')],
    ['RSA as JWK', rsa, { ...rsa.export({ format: 'jwk' }), kid: 'x', use: 'sig', alg: 'RS256' }],
    ['EC as PEM', p256, pem(p256, 'sec1')],
    ['EC as JWK', p256, p256.export({ format: 'jwk' })],
    ['EC on P-384', p384, pem(p384, 'pkcs8')],
    ['EC on P-521', p521, pem(p521, 'pkcs8')],
  ])('has a key: %s', (_, key, privateKey) => {
    const read = asCredentials(JSON.stringify({ ...ID, privateKey }, undefined, 2));
    expect(read).toMatchObject({ kind: 'app', ...ID });
    expect(read.kind === 'app' && read.privateKey?.equals(key)).toBe(true);
  });

  it.each<[string, unknown, string]>([
    ['no key', undefined, 'privateKey'],
    ['a number for it', 5, 'privateKey'],
    ['text that is none', 'MARKED-secret-text-of-nothing', 'neither a PEM nor a JWK'],
    ['a PEM that is broken', pem(rsa, 'pkcs8').slice(0, 200), 'neither a PEM nor a JWK'],
    [
      'a public PEM',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'pem', type: 'spki' }),
      'neither a PEM nor a JWK',
    ],
    ['a public JWK', (({ d, ...rest }) => rest)(p256.export({ format: 'jwk' })), 'neither a PEM nor a JWK'],
    ['RSA of 1024 bits', pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey, 'pkcs8'), '2048'],
    ['a curve that Okta does not take', pem(ec('secp256k1'), 'pkcs8'), 'P-256'],
    ['Ed25519', pem(generateKeyPairSync('ed25519').privateKey, 'pkcs8'), 'neither RSA nor EC'],
  ])('is none with %s, which is said without the key', (_, privateKey, problem) => {
    const text = JSON.stringify({ ...ID, privateKey });
    expect(said(text)).toMatch(/^ZONE006 /);
    expect(said(text)).toContain(problem);
    for (const part of text.match(/[A-Za-z0-9+/_-]{20,}/g) ?? []) expect(said(text)).not.toContain(part);
  });

  it.each([
    ['no client id', { kid: 'k' }, 'clientId'],
    ['a client id with white space', { ...ID, clientId: '0oa1 abcdef' }, 'clientId'],
    ['a client id with something before it', { ...ID, clientId: '/0oa1abcdefGHIJKLM0h7' }, 'clientId'],
    ['a client id with something behind it', { ...ID, clientId: '0oa1abcdefGHIJKLM0h7?' }, 'clientId'],
    ['no kid', { clientId: ID.clientId }, 'kid'],
    ['a kid with a line break', { ...ID, kid: 'a\nb' }, 'kid'],
    ['a shared secret instead of a key', { ...ID, clientSecret: 'MARKED' }, 'privateKey'],
  ])('is none with %s', (_, fields, problem) => {
    expect(
      said(JSON.stringify({ privateKey: 'clientSecret' in fields ? undefined : pem(p256, 'pkcs8'), ...fields })),
    ).toContain(problem);
  });

  it('has no key where that is elsewhere, and may have one all the same', () => {
    expect(asCredentials(JSON.stringify(ID), true)).toEqual({ kind: 'app', ...ID });
    expect(asCredentials(JSON.stringify({ ...ID, privateKey: pem(p256, 'pkcs8') }), true)).toHaveProperty('privateKey');
    expect(() => asCredentials(JSON.stringify({ clientId: ID.clientId }), true)).toThrow('kid is missing');
  });

  it('is looked at without being used', () => {
    expect(credentialsProblem(JSON.stringify(ID), true)).toBeUndefined();
    expect(credentialsProblem(JSON.stringify(ID))).toContain('privateKey is missing');
    expect(credentialsProblem('x'.repeat(512))).toBeUndefined();
  });
});
