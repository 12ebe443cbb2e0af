import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { OktaSignIn } from '../../../lib/okta/sign-in.ts';
import type { KeysElsewhere } from '../../../lib/ports.ts';
import { NOW } from '../../helpers/events.ts';
import { answer, RawOkta } from '../../helpers/raw-okta.ts';

const BASE = 'https://acme.okta.com';
const CLIENT = '0oa1abcdefGHIJKLM0h7';
const [KEY, OTHER, RSA] = [
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
];

/** What the secret holds. Without a key, that is in KMS. */
const app = (privateKey?: KeyObject, clientId = CLIENT) =>
  JSON.stringify({ clientId, kid: 'k1', privateKey: privateKey?.export({ format: 'pem', type: 'pkcs8' }) });
/** Signs nothing that anybody would take. */
const inKms: KeysElsewhere = () => ({ alg: 'ES256', sign: async () => Buffer.alloc(64, 7) });

/** Signs in with one after the other, in one process. @returns what Okta was shown each time */
async function shown(...secrets: readonly string[]) {
  const okta = new RawOkta();
  const signIn = new OktaSignIn(okta.http, BASE, () => NOW, { keys: inKms });
  for (const text of secrets) {
    okta.next.push(answer(400, { error: 'invalid_client' }));
    await expect(signIn.fetch(signIn.credentials(text))).rejects.toThrow('invalid_client');
  }
  return okta.requests.map(({ body = '' }) => {
    const [head = '', claims = '', signature = ''] = (new URLSearchParams(body).get('client_assertion') ?? '').split(
      '.',
    );
    const { iss }: { iss: string } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    const isBy = ({ publicKey: key }: { readonly publicKey: KeyObject }) =>
      verify(
        'sha256',
        Buffer.from(`${head}.${claims}`),
        { key, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      );
    return { iss, isBy, signature };
  });
}

describe('credentials that take the place of others of the same kid', () => {
  it.each([
    ['of the same type', OTHER],
    ['of another type', RSA],
  ])('sign with their own key from then on: %s', async (_, next) => {
    const [first, second] = await shown(app(KEY.privateKey), app(next.privateKey));
    expect([first?.isBy(KEY), second?.isBy(next), second?.isBy(KEY)]).toEqual([true, true, false]);
  });

  it('sign in as their own app', async () => {
    const other = '0oa1otherSERVICEapp0';
    const [first, second] = await shown(app(KEY.privateKey), app(KEY.privateKey, other));
    expect([first?.iss, second?.iss]).toEqual([CLIENT, other]);
  });

  it('sign where their key is: in KMS, or no longer', async () => {
    const [held, inKmsNow, heldAgain] = await shown(app(KEY.privateKey), app(), app(KEY.privateKey));
    expect([held?.isBy(KEY), heldAgain?.isBy(KEY)]).toEqual([true, true]);
    expect(inKmsNow?.signature).toBe(Buffer.alloc(64, 7).toString('base64url'));
  });
});
