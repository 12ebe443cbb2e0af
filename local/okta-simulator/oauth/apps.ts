import type { JsonWebKey } from 'node:crypto';
import type { Role } from '../types.ts';

/** A service app, as an administrator has set it up. */
export interface ServiceAppSeed {
  /** By `kid`; only active ones count. */
  readonly keys: readonly { readonly kid: string; readonly jwk: JsonWebKey; readonly status?: 'ACTIVE' | 'INACTIVE' }[];
  /** What was granted to it. Default: reading and managing zones. */
  readonly scopes?: readonly string[];
  /** Default ORG_ADMIN. */
  readonly role?: Role;
  /** "Require DPoP header in token requests". Default true, as in the console. */
  readonly dpop?: boolean;
  readonly status?: 'ACTIVE' | 'INACTIVE';
}

export type ServiceAppView = Required<Omit<ServiceAppSeed, 'keys'>> & {
  readonly clientId: string;
  readonly kids: readonly string[];
};

export const ZONE_SCOPES = ['okta.networkZones.manage', 'okta.networkZones.read'] as const;

/** The org's service apps, by client id. */
export class Apps {
  readonly #apps = new Map<string, Required<ServiceAppSeed>>();

  /** Adds an app, or changes all of it. */
  set(clientId: string, seed: ServiceAppSeed): void {
    const usual = { scopes: ZONE_SCOPES, role: 'ORG_ADMIN', dpop: true, status: 'ACTIVE' } as const;
    this.#apps.set(clientId, { ...usual, ...seed });
  }

  get(clientId: string): Required<ServiceAppSeed> | undefined {
    return this.#apps.get(clientId);
  }

  /** @returns false where there is none */
  remove(clientId: string): boolean {
    return this.#apps.delete(clientId);
  }

  views(): ServiceAppView[] {
    return [...this.#apps].map(([clientId, { keys, ...app }]) => ({
      ...{ clientId, ...app },
      kids: keys.map(({ kid }) => kid),
    }));
  }
}
