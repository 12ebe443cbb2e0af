import { KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awsClientSettings } from '../../../lib/adapters/aws-client-defaults.ts';
import { kmsClientKeys } from '../../../lib/adapters/kms-client-keys.ts';
import { OktaZones } from '../../../lib/okta/client.ts';
import type { Algorithm } from '../../../lib/ports.ts';
import { NOW } from '../../helpers/events.ts';
import { startFakeAws } from '../../helpers/fake-aws.ts';
import { FakeKms, type Spec } from '../../helpers/fake-kms.ts';
import { StrictOkta } from '../../helpers/strict-okta.ts';

const kms = new FakeKms();
let aws: Awaited<ReturnType<typeof startFakeAws>>;
let client: KMSClient;
beforeAll(async () => {
  aws = await startFakeAws((call) => kms.answer(call));
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  client = new KMSClient({ endpoint: aws.url, region: 'eu-central-1', credentials, ...awsClientSettings() });
});
afterAll(() => aws.close());

/** A service app of this client id, whose key is in KMS, and what it asks Okta for. */
function appWith(alg: Algorithm, kid: string) {
  const jwk = kms.keys.get(kid)?.publicKey.export({ format: 'jwk' });
  const okta = new StrictOkta({ [kid]: { ...jwk } as never }, () => NOW);
  const zones = new OktaZones(okta.http, 'https://acme.okta.com', () => NOW, kmsClientKeys(alg, client));
  const text = JSON.stringify({ clientId: '0oa1abcdefGHIJKLM0h7', kid });
  return { okta, signIn: zones.signIn, credentials: zones.signIn.credentials(text), zones };
}

describe('a service app with its key in KMS', () => {
  it.each<[Algorithm, Spec]>([
    ['RS256', 'RSA_2048'],
    ['ES256', 'ECC_NIST_P256'],
    ['ES384', 'ECC_NIST_P384'],
    ['ES512', 'ECC_NIST_P521'],
  ])('signs in with %s, by the word of another library', async (alg, spec) => {
    const { zones, signIn, credentials, okta } = appWith(alg, kms.add(spec));
    const { zone } = await zones.get('nzo1', await signIn.fetch(credentials));
    expect([zone.id, okta.tokensGiven]).toEqual(['nzo1', 1]);
  });

  it('has KMS sign once for each request for a token, and for no call', async () => {
    const { zones, signIn, credentials } = appWith('RS256', kms.add('RSA_2048'));
    const before = kms.signed;
    const by = await signIn.fetch(credentials);
    for (let call = 0; call < 5; call += 1) await zones.get('nzo1', by);
    // The first request learns the nonce.
    expect(kms.signed - before).toBe(2);
    signIn.forget(by, credentials);
    await signIn.fetch(credentials);
    expect(kms.signed - before).toBe(3);
  });

  it.each<[string, Spec, (kid: string) => void, string]>([
    ['is disabled', 'RSA_2048', (kid) => kms.set(kid, 'Disabled'), 'it is disabled'],
    ['is about to be deleted', 'RSA_2048', (kid) => kms.set(kid, 'PendingDeletion'), 'about to be deleted'],
    ['is gone', 'RSA_2048', (kid) => kms.keys.delete(kid), 'no such key'],
    ['is of another kind', 'ECC_NIST_P256', () => {}, 'another kind'],
  ])('says ZONE006 and why where it %s, and nothing is asked of Okta', async (_, spec, happens, why) => {
    const kid = kms.add(spec);
    const { signIn, credentials, okta } = appWith('RS256', kid);
    happens(kid);
    const failure = signIn.fetch(credentials);
    await expect(failure).rejects.toMatchObject({ code: 'ZONE006', message: expect.stringContaining(why) });
    await expect(failure).rejects.not.toThrow('arn:aws');
    expect(okta.requests).toEqual([]);
  });

  it('says ZONE006 and what is in the way where KMS is out of reach', async () => {
    const nowhere = { endpoint: 'http://127.0.0.1:9', region: 'eu-central-1', maxAttempts: 1 };
    const away = new KMSClient({ ...nowhere, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
    const { signIn } = new OktaZones(unreachable, 'https://acme.okta.com', () => NOW, kmsClientKeys('RS256', away));
    const failure = signIn.fetch(signIn.credentials('{"clientId":"0oa1abcdefGHIJKLM0h7","kid":"k"}'));
    await expect(failure).rejects.toMatchObject({ code: 'ZONE006', message: expect.stringContaining('ECONNREFUSED') });
  });
});

async function unreachable(): Promise<never> {
  throw new Error('Okta is not to be asked');
}
