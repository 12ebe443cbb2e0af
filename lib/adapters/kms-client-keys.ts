import { KMSClient, SignCommand, type SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import type { Algorithm, KeysElsewhere } from '../ports.ts';
import { awsClientSettings } from './aws-client-defaults.ts';
import { joseSignature } from './ecdsa-signature.ts';

/** What KMS calls an algorithm. */
const SPECS: Readonly<Record<Algorithm, SigningAlgorithmSpec>> = {
  RS256: 'RSASSA_PKCS1_V1_5_SHA_256',
  ES256: 'ECDSA_SHA_256',
  ES384: 'ECDSA_SHA_384',
  ES512: 'ECDSA_SHA_512',
};

/**
 * Keys in KMS, each by its id. Their private parts never leave it.
 * @param alg that of all of them
 */
export function kmsClientKeys(alg: Algorithm, client = new KMSClient(awsClientSettings())): KeysElsewhere {
  return (kid) => ({
    alg,
    sign: async (input, timeoutMs) => {
      // The client looks at a signal between its attempts, but not in the pauses, nor while it reads an answer.
      const signal = AbortSignal.timeout(timeoutMs);
      const request = new SignCommand({
        KeyId: kid,
        Message: input,
        MessageType: 'RAW',
        SigningAlgorithm: SPECS[alg],
      });
      const { Signature } = await inTime(client.send(request, { abortSignal: signal }), signal);
      if (!Signature) throw new Error('KMS answered without a signature');
      return joseSignature(Signature, alg);
    },
  });
}

function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
