import { createPublicKey, verify } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kmsKeys } from '../../cli/kms-keys.ts';
import { startFakeAws } from '../helpers/fake-aws.ts';
import { FakeKms } from '../helpers/fake-kms.ts';

const kms = new FakeKms();
let aws: Awaited<ReturnType<typeof startFakeAws>>;
let client: KMSClient;
beforeAll(async () => {
  aws = await startFakeAws((call) => kms.answer(call));
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  client = new KMSClient({ endpoint: aws.url, region: 'eu-central-1', credentials });
});
afterAll(() => aws.close());

it('the keys of a stack are those of its service app, newest first, with what Okta and doctor are told of them', async () => {
  const [old, young, others] = [
    kms.add('RSA_2048', 1_000),
    kms.add('RSA_2048', 2_000),
    kms.add('ECC_NIST_P256', 3_000),
  ];
  kms.set(old, 'Disabled');
  const key = (logicalId: string, physicalId: string) => ({ logicalId, physicalId, type: 'AWS::KMS::Key' });
  const resources = [key('OktaClientKeys1AB', old), key('OktaClientKeys2CD', young), key('OtherKey', others)];
  const keys = kmsKeys({ resources }, client);
  expect(await keys.list()).toEqual([
    { id: young, createdAt: 2_000, isEnabled: true },
    { id: old, createdAt: 1_000, isEnabled: false },
  ]);
  const jwk = await keys.publicKey(young);
  expect(jwk).toEqual({ kty: 'RSA', n: expect.any(String), e: 'AQAB' });
  const input = Buffer.from('input');
  const signature = await keys.signers(young).sign(input, 5_000);
  expect(verify('sha256', input, createPublicKey({ key: jwk, format: 'jwk' }), signature)).toBe(true);
});
