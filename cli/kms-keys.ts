import { createPublicKey } from 'node:crypto';
import { DescribeKeyCommand, GetPublicKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { kmsClientKeys } from '../lib/adapters/kms-client-keys.ts';
import { KMS_CLIENT_KEY } from '../lib/names.ts';
import type { StackDescription } from './stack-description.ts';
import type { KmsKeyFact, KmsKeys } from './target.ts';

/** The service app's keys, by the beginning of their logical ids. */
const CLIENT_KEYS = 'OktaClientKeys';

/** The keys of a stack's service app, with the rights of whoever asks. */
export function kmsKeys({ resources }: Pick<StackDescription, 'resources'>, client: KMSClient): KmsKeys {
  const ids = resources
    .filter(({ type, logicalId }) => type === 'AWS::KMS::Key' && logicalId.startsWith(CLIENT_KEYS))
    .map(({ physicalId }) => physicalId);
  const fact = async (KeyId: string): Promise<KmsKeyFact> => {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
    const createdAt = KeyMetadata?.CreationDate?.getTime() ?? 0;
    return { id: KeyId, createdAt, isEnabled: KeyMetadata?.KeyState === 'Enabled' };
  };
  return {
    list: async () => (await Promise.all(ids.map(fact))).toSorted((a, b) => b.createdAt - a.createdAt),
    publicKey: async (KeyId) => {
      const { PublicKey = new Uint8Array() } = await client.send(new GetPublicKeyCommand({ KeyId }));
      return createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' }).export({ format: 'jwk' });
    },
    signers: kmsClientKeys(KMS_CLIENT_KEY.alg, client),
  };
}
