import type { KeysElsewhere, Signer } from '../ports.ts';
import { OktaFailure } from './okta-failure.ts';

/** What AWS's key service says, by the name of its error (API reference of KMS: Sign). */
const MEANINGS: Readonly<Record<string, string>> = {
  AccessDeniedException: 'whoever calls has no right to sign with it (kms:Sign)',
  NotFoundException: 'there is no such key',
  ValidationException: 'its kid can be the id of no key',
  InvalidArnException: 'its kid can be the id of no key',
  InvalidKeyUsageException: 'it is not a key to sign with, or one of another kind',
  DisabledException: 'it is disabled',
  KMSInvalidStateException: 'it is disabled, or about to be deleted',
  TimeoutError: 'KMS did not answer in time',
};

/**
 * A key elsewhere whose failures have a code: what the secret names can't be used.
 * @returns a signer that throws OktaFailure ZONE006
 */
export function keyElsewhere(kid: string, keys: KeysElsewhere): Signer {
  const key = keys(kid);
  return {
    alg: key.alg,
    sign: async (input, timeoutMs) => {
      try {
        return await key.sign(input, timeoutMs);
      } catch (cause) {
        const why = whyNot(cause);
        throw new OktaFailure('ZONE006', `the key in KMS that the secret names does not sign: ${why}`, {}, { cause });
      }
    },
  };
}

/** Its text is not passed on: it may name the key. */
function whyNot(cause: unknown): string {
  if (!(cause instanceof Error)) return 'KMS failed';
  const name = 'code' in cause ? String(cause.code) : cause.name;
  return MEANINGS[name] ?? `KMS failed (${name})`;
}
