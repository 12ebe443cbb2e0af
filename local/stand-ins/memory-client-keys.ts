import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { KmsKeyFact } from '../../cli/target.ts';
import { KMS_CLIENT_KEY } from '../../lib/names.ts';
import type { KeysElsewhere } from '../../lib/ports.ts';

interface MemoryKey extends KmsKeyFact {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** The service app's keys as a stack has them in KMS: one for each name, made when the name is first deployed. */
export class MemoryClientKeys {
  readonly #byName = new Map<string, MemoryKey>();
  readonly #now: () => number;
  readonly #newId: (name: string) => string;

  /** @param now milliseconds since the epoch @param newId of a key of this name */
  constructor(now: () => number, newId: (name: string) => string = () => randomUUID()) {
    this.#now = now;
    this.#newId = newId;
  }

  /** @param names those that are configured; other keys are gone */
  deploy(names: readonly string[]): void {
    for (const name of this.#byName.keys()) if (!names.includes(name)) this.#byName.delete(name);
    for (const name of names) {
      if (this.#byName.has(name)) continue;
      const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
      this.#byName.set(name, { id: this.#newId(name), createdAt: this.#now(), isEnabled: true, ...pair });
    }
  }

  /** Newest first. */
  list(): readonly KmsKeyFact[] {
    return [...this.#byName.values()]
      .map(({ id, createdAt, isEnabled }) => ({ id, createdAt, isEnabled }))
      .toReversed();
  }

  publicKey(id: string): JsonWebKey {
    return this.#key(id).publicKey.export({ format: 'jwk' });
  }

  readonly signers: KeysElsewhere = (id) => ({
    alg: KMS_CLIENT_KEY.alg,
    sign: async (input) => sign('sha256', input, this.#key(id).privateKey),
  });

  #key(id: string): MemoryKey {
    const key = [...this.#byName.values()].find((one) => one.id === id);
    if (key) return key;
    throw Object.assign(new Error('no such key'), { name: 'NotFoundException' });
  }
}
