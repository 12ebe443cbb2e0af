import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { CliFailure, usageFailure } from '../cli-failure.ts';
import type { Surroundings } from '../command.ts';
import type { CredentialsSecret, KmsKeys, SecretVersion, Target } from '../target.ts';

/** A key that is there and not in use: Okta is told of it before it takes the place of another. */
export interface NextKey {
  readonly kid: string;
  /** Its public part, as Okta takes it. */
  readonly jwk: JsonWebKey & { readonly kid: string };
  /** What the secret holds when the key is in use. */
  readonly credentials: (clientId: string) => string;
  /** It waits no longer, since it is in use or not wanted. */
  readonly drop: () => Promise<void>;
}

/** Where next keys are. */
export interface KeyPlace {
  /** The key that waits. @param present the `kid` of the one in use */
  waiting(present: string | undefined): Promise<NextKey | undefined>;
  /** Makes one. @returns false where somebody else was faster @throws {CliFailure} where none can be made here */
  make(here: Surroundings): Promise<boolean>;
  /** Makes sure that the one that waits can be dropped. @throws {CliFailure} */
  judgeDrop(): void;
}

/** Okta's least, and what its console makes. */
const RSA_BITS = 2048;

export function keyPlaceOf({ oktaCredentials, kms }: Target): KeyPlace {
  return kms ? inKms(kms) : inSecret(oktaCredentials);
}

/** In the secret with the credentials, beside those in use. */
function inSecret(secret: CredentialsSecret): KeyPlace {
  return {
    waiting: async () => {
      const next = await secret.next();
      return next && nextKeyOf(next, secret);
    },
    make: async ({ clock, randomBytes }) => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
      const day = new Date(clock.now()).toISOString().slice(0, 10);
      const kid = `knocknoc-${day}-${randomBytes(4).toString('hex')}`;
      return secret.addNext(JSON.stringify({ kid, privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }) }));
    },
    judgeDrop: () => {},
  };
}

function nextKeyOf(next: SecretVersion, secret: CredentialsSecret): NextKey {
  const { kid, privateKey } = readNext(next.text);
  const jwk = createPublicKey(createPrivateKey(privateKey)).export({ format: 'jwk' });
  return {
    kid,
    jwk: publicJwk(jwk, kid),
    credentials: (clientId) => JSON.stringify({ clientId, kid, privateKey }),
    drop: () => secret.dropNext(next),
  };
}

/** As `make` has written it. What a library says of a text that is not so may quote it. */
function readNext(text: string): { readonly kid: string; readonly privateKey: string } {
  try {
    const { kid, privateKey } = JSON.parse(text);
    createPrivateKey(privateKey);
    return { kid: String(kid), privateKey };
  } catch {
    throw new CliFailure(
      'the next key in the secret with the Okta credentials cannot be read',
      'It was not stored by this command. Drop it with --drop-next, and make another.',
    );
  }
}

/** Those that the stack has. The one that waits was made after the one in use: it is not the one that was in use before. */
function inKms(kms: KmsKeys): KeyPlace {
  return {
    waiting: async (present) => {
      const keys = await kms.list();
      const inUse = keys.find(({ id }) => id === present);
      const next = keys.find((key) => key.isEnabled && (!inUse || key.createdAt > inUse.createdAt));
      if (!next) return undefined;
      const { id: kid } = next;
      const jwk = publicJwk(await kms.publicKey(kid), kid);
      return { kid, jwk, credentials: (clientId) => JSON.stringify({ clientId, kid }), drop: async () => {} };
    },
    make: async () => {
      const advice = 'Add a new name to okta.clientKeyNames, such as ["1", "2"], deploy, and run this again.';
      throw new CliFailure('the stack has no key in KMS that is newer than the one in use', advice);
    },
    judgeDrop: () => {
      throw usageFailure(
        'keys in KMS are a part of the stack',
        'Take its name out of okta.clientKeyNames, and deploy.',
      );
    },
  };
}

function publicJwk({ kty = '', n = '', e = '' }: JsonWebKey, kid: string) {
  return { kty, kid, use: 'sig', alg: 'RS256', n, e };
}
