import * as v from 'valibot';
import type { HttpRequest, HttpResponse } from '../../../lib/ports.ts';
import { HEALING_MS } from '../faults.ts';
import type { Environment } from '../lambda.ts';
import type { Surroundings } from '../sources.ts';
import type { Invariant } from '../violation.ts';

/** A token is good until so long before its end, or half of its life. Milliseconds. */
const RENEWED_BEFORE_MS = 120_000;
/** A request may be on its way for so long before it is answered. */
const ON_THE_WAY_MS = 7_000;
const MANAGE = 'okta.networkZones.manage';

const claimsSchema = v.object({ jti: v.string() });
const tokenSchema = v.object({ access_token: v.string(), expires_in: v.number(), scope: v.string() });

/** What one process has, as far as it can be seen from outside. */
interface Held {
  readonly refused: Set<string>;
  /** The newest token, as it is shown. */
  newest: string;
  /** The moment up to which its token must do, in milliseconds since the epoch. */
  goodUntil: number;
  isAsking: boolean;
}

/** Looks at what is shown to Okta to prove who calls, and says which promise was broken. */
export class SignInCheck {
  readonly #around: Surroundings;
  readonly #broken: (invariant: Invariant, detail: string) => void;
  readonly #used = new Set<string>();
  readonly #held = new Map<Environment, Held>();

  constructor(around: Surroundings, broken: (invariant: Invariant, detail: string) => void) {
    this.#around = around;
    this.#broken = broken;
  }

  /** Whoever has a token has it by credentials that are the right ones no more. */
  credentialsChange(): void {
    for (const held of this.#held.values()) held.goodUntil = 0;
  }

  /** A process sends a request. */
  goesOut(environment: Environment, request: HttpRequest): void {
    const { headers, body = '', method } = request;
    const held = this.#of(environment);
    const assertions = method === 'POST' ? [new URLSearchParams(body).get('client_assertion')] : [];
    for (const jwt of [headers.dpop, ...assertions]) {
      const id = idOf(jwt ?? '');
      if (id === undefined) this.#broken('each attempt has proofs of its own', `${method} comes with none`);
      else if (this.#used.has(id)) this.#broken('each attempt has proofs of its own', `${method} shows one again`);
      if (id !== undefined) this.#used.add(id);
    }
    if (method !== 'POST') {
      // One that another has replaced may have been taken up before it was refused.
      const isRefused = held.newest === headers.authorization && held.refused.has(held.newest);
      if (isRefused) this.#broken('a refused token is not shown again', `${method} shows it`);
      return;
    }
    if (held.isAsking) this.#broken('one request for a token at a time', 'another is under way');
    held.isAsking = true;
    const now = this.#around.clock.now();
    if (now + ON_THE_WAY_MS < held.goodUntil) this.#broken('a good token is kept', 'another is asked for');
  }

  ends(environment: Environment): void {
    this.#of(environment).isAsking = false;
  }

  /** A process reads the answer. */
  answered(environment: Environment, { method, headers }: HttpRequest, { status, ...answer }: HttpResponse): void {
    const held = this.#of(environment);
    if (method !== 'POST' && (status === 401 || status === 400)) {
      held.goodUntil = 0;
      if (status === 401) held.refused.add(headers.authorization ?? '');
      const isExpired = answer.headers['www-authenticate']?.includes('expired') === true;
      if (isExpired) this.#around.faults.disturb(HEALING_MS);
    }
    if (method !== 'POST' || status !== 200) return;
    const { access_token: token, expires_in: life, scope } = v.parse(tokenSchema, JSON.parse(answer.body));
    held.newest = `DPoP ${token}`;
    const lifeMs = life * 1000;
    const now = this.#around.clock.now();
    held.goodUntil = scope.includes(MANAGE) ? now + lifeMs - Math.min(RENEWED_BEFORE_MS, lifeMs / 2) : 0;
  }

  #of(environment: Environment): Held {
    const held = this.#held.get(environment) ?? { refused: new Set(), newest: '', goodUntil: 0, isAsking: false };
    this.#held.set(environment, held);
    return held;
  }
}

/** @returns undefined where it is no JWT with an id */
function idOf(jwt: string): string | undefined {
  const [, claims = ''] = jwt.split('.');
  try {
    return v.parse(claimsSchema, JSON.parse(Buffer.from(claims, 'base64url').toString())).jti;
  } catch {
    return undefined;
  }
}
