import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type {
  DescribeKeyCommandOutput,
  GetPublicKeyCommandOutput,
  SignCommandOutput,
  SigningAlgorithmSpec,
} from '@aws-sdk/client-kms';
import type { AwsAnswer, AwsCall } from './fake-aws.ts';

/** What KMS takes of each kind of key (its developer guide: key spec reference). */
const SPECS = {
  RSA_2048: [
    () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    { RSASSA_PKCS1_V1_5_SHA_256: 'sha256', RSASSA_PKCS1_V1_5_SHA_512: 'sha512' },
  ],
  ECC_NIST_P256: [() => generateKeyPairSync('ec', { namedCurve: 'P-256' }), { ECDSA_SHA_256: 'sha256' }],
  ECC_NIST_P384: [() => generateKeyPairSync('ec', { namedCurve: 'P-384' }), { ECDSA_SHA_384: 'sha384' }],
  ECC_NIST_P521: [() => generateKeyPairSync('ec', { namedCurve: 'P-521' }), { ECDSA_SHA_512: 'sha512' }],
} as const;
export type Spec = keyof typeof SPECS;

interface FakeKey {
  readonly spec: Spec;
  readonly createdAt: number;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  state: 'Enabled' | 'Disabled' | 'PendingDeletion';
}

/** KMS's answers as its API reference has them, with Node's own cryptography behind them. Bytes go as base64. */
export class FakeKms {
  readonly keys = new Map<string, FakeKey>();
  signed = 0;

  /** @param createdAt milliseconds since the epoch @returns its id */
  add(spec: Spec, createdAt = 0): string {
    const digits = createHash('sha256').update(`${this.keys.size}`).digest('hex');
    const id = digits.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    this.keys.set(id, { spec, createdAt, state: 'Enabled', ...SPECS[spec][0]() });
    return id;
  }

  set(id: string, state: FakeKey['state']): void {
    const key = this.keys.get(id);
    if (key) key.state = state;
  }

  readonly answer = ({ operation, input }: AwsCall): AwsAnswer | undefined => {
    if (!['Sign', 'GetPublicKey', 'DescribeKey'].includes(operation)) return undefined;
    const KeyId = String(input.KeyId);
    const key = this.keys.get(KeyId);
    if (!key) return failure('NotFoundException');
    const { spec, state, createdAt, publicKey } = key;
    if (operation === 'DescribeKey') {
      const KeyMetadata = {
        KeyId,
        KeyState: state,
        KeySpec: spec,
        KeyUsage: 'SIGN_VERIFY',
        CreationDate: createdAt / 1000,
      };
      return good<Pick<DescribeKeyCommandOutput, 'KeyMetadata'>>({ KeyMetadata });
    }
    if (state === 'Disabled') return failure('DisabledException');
    if (state !== 'Enabled') return failure('KMSInvalidStateException');
    if (operation === 'GetPublicKey') {
      const PublicKey = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
      return good<Pick<GetPublicKeyCommandOutput, 'KeySpec' | 'PublicKey'>>({ KeySpec: spec, PublicKey });
    }
    return this.#sign(KeyId, key, input);
  };

  #sign(KeyId: string, { spec, privateKey }: FakeKey, input: AwsCall['input']): AwsAnswer {
    const digests: Readonly<Partial<Record<SigningAlgorithmSpec, string>>> = SPECS[spec][1];
    const [, digest] = Object.entries(digests).find(([name]) => name === input.SigningAlgorithm) ?? [];
    if (digest === undefined) return failure('InvalidKeyUsageException');
    const message = Buffer.from(String(input.Message), 'base64');
    if (input.MessageType !== 'RAW' || message.length > 4096) return failure('ValidationException');
    this.signed += 1;
    const Signature = sign(digest, message, privateKey).toString('base64');
    return good<Pick<SignCommandOutput, 'KeyId' | 'Signature'>>({ KeyId, Signature });
  }
}

/** The names are those of the SDK's own types; on the wire bytes are text, and moments numbers. */
function good<Output>(body: { readonly [Name in keyof Output]: unknown }): AwsAnswer {
  return { body };
}

function failure(name: string): AwsAnswer {
  return { status: 400, body: { __type: name, message: `arn:aws:kms:eu-central-1:111122223333:key/x: ${name}` } };
}
