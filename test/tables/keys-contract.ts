import { createHash, createPublicKey, verify } from 'node:crypto';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { beforeAll, describe, expect, it } from 'vitest';
import { kmsKeys } from '../../cli/kms-keys.ts';
import { awsClientSettings } from '../../lib/adapters/aws-client-defaults.ts';
import { kmsClientKeys } from '../../lib/adapters/kms-client-keys.ts';
import { keyElsewhere } from '../../lib/okta/key-elsewhere.ts';
import { ServiceApp } from '../../lib/okta/service-app.ts';
import type { Algorithm } from '../../lib/ports.ts';
import { NOW } from '../helpers/events.ts';
import { StrictOkta } from '../helpers/strict-okta.ts';

const SPECS = { RS256: 'RSA_2048', ES256: 'ECC_NIST_P256', ES384: 'ECC_NIST_P384', ES512: 'ECC_NIST_P521' } as const;
const DIGESTS = { RS256: 'sha256', ES256: 'sha256', ES384: 'sha384', ES512: 'sha512' } as const;
const CLIENT = '0oa1abcdefGHIJKLM0h7';

/** What the adapter for keys asks of KMS, against one that nobody here wrote. */
export function keysContract(name: string, endpoint: () => Promise<string>): void {
  describe(`KMS as ${name} has it`, () => {
    let client: KMSClient;
    beforeAll(async () => {
      const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
      client = new KMSClient({
        endpoint: await endpoint(),
        region: 'eu-central-1',
        credentials,
        ...awsClientSettings(),
      });
    });

    async function made(alg: Algorithm): Promise<string> {
      const { KeyMetadata } = await client.send(new CreateKeyCommand({ KeySpec: SPECS[alg], KeyUsage: 'SIGN_VERIFY' }));
      return KeyMetadata?.KeyId ?? '';
    }
    const publicOf = (id: string) => kmsKeys({ resources: [] }, client).publicKey(id);

    it.each(Object.keys(SPECS) as Algorithm[])(
      'signs with %s, which Node.js can check in the form of JOSE',
      async (alg) => {
        const id = await made(alg);
        const key = createPublicKey({ key: await publicOf(id), format: 'jwk' });
        const { sign } = kmsClientKeys(alg, client)(id);
        for (let each = 0; each < 20; each += 1) {
          const input = createHash('sha512').update(`${each}`).digest();
          const signature = await sign(input, 4_000);
          expect(verify(DIGESTS[alg], input, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
        }
      },
    );

    it('signs a service app in, by the word of another library', async () => {
      const kid = await made('RS256');
      const okta = new StrictOkta({ [kid]: { ...(await publicOf(kid)) } as never }, () => NOW);
      const signer = keyElsewhere(kid, kmsClientKeys('RS256', client));
      const app = new ServiceApp({ clientId: CLIENT, kid, signer }, okta.http, 'https://acme.okta.com', () => NOW);
      expect((await app.fetch()).granted?.isBound).toBe(true);
    });
  });
}
