import type { Role, TokenView } from './types.ts';

/** A token dies 30 days after its creation or its last use, whichever is later (developer docs). */
const IDLE_LIFETIME_MS = 30 * 24 * 60 * 60 * 1000;

interface Token {
  role: Role;
  revoked: boolean;
  /** Milliseconds since the epoch. */
  lastUsed: number;
}

/** The org's API tokens. */
export class Tokens {
  readonly #tokens = new Map<string, Token>();

  /** Adds a token, changes its role, or restores a revoked one. */
  set(token: string, role: Role, now: number): void {
    this.#tokens.set(token, { role, revoked: false, lastUsed: now });
  }

  /** @returns false when there is no such token */
  revoke(token: string): boolean {
    const known = this.#tokens.get(token);
    if (known === undefined) return false;
    known.revoked = true;
    return true;
  }

  /** The role behind an Authorization header, or undefined; a good token counts as used. */
  use(authorization: string | undefined, now: number): Role | undefined {
    const [, secret] = /^SSWS (\S+)$/.exec(authorization ?? '') ?? [];
    const token = secret === undefined ? undefined : this.#tokens.get(secret);
    if (token === undefined || state(token, now) !== 'valid') return undefined;
    token.lastUsed = now;
    return token.role;
  }

  /** Every token's state, under a label in place of the token. */
  views(now: number): TokenView[] {
    return [...this.#tokens.values()].map((token, index) => ({
      label: `token ${index + 1}`,
      role: token.role,
      state: state(token, now),
    }));
  }
}

function state(token: Token, now: number): TokenView['state'] {
  if (token.revoked) return 'revoked';
  return now - token.lastUsed > IDLE_LIFETIME_MS ? 'expired' : 'valid';
}

/** Organisation and super administrators manage zones; a read-only administrator reads them. */
export function mayCall(role: Role, method: string): boolean {
  if (role === 'NONE') return false;
  return role !== 'READ_ONLY_ADMIN' || method === 'GET';
}
