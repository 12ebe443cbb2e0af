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
const keySchema = v.object({ kid: v.string() });
const tokenSchema = v.object({ access_token: v.string(), expires_in: v.number(), scope: v.string() });

/** What one process has by one key, as far as it can be seen from outside. */
interface Held {
  /** The newest token, as it is shown. */
  newest: string;
  /** The moment up to which its token must do, in milliseconds since the epoch. */
  goodUntil: number;
  isAsking: boolean;
}

/** What one process has: whoever has begun with the key before goes on beside the new one. */
interface Process {
  readonly refused: Set<string>;
  readonly byKey: Map<string, Held>;
}

/** Looks at what is shown to Okta to prove who calls, and says which promise was broken. */
export class SignInCheck {
  readonly #around: Surroundings;
  readonly #broken: (invariant: Invariant, detail: string) => void;
  readonly #used = new Set<string>();
  readonly #processes = new Map<Environment, Process>();

  constructor(around: Surroundings, broken: (invariant: Invariant, detail: string) => void) {
    this.#around = around;
    this.#broken = broken;
  }

  /** A process sends a request. */
  goesOut(environment: Environment, request: HttpRequest): void {
    const { headers, method } = request;
    const assertions = method === 'POST' ? [assertionIn(request)] : [];
    for (const jwt of [headers.dpop, ...assertions]) {
      const id = idOf(jwt ?? '');
      if (id === undefined) this.#broken('each attempt has proofs of its own', `${method} comes with none`);
      else if (this.#used.has(id)) this.#broken('each attempt has proofs of its own', `${method} shows one again`);
      if (id !== undefined) this.#used.add(id);
    }
    if (method !== 'POST') {
      const isRefused = this.#of(environment).refused.has(headers.authorization ?? '');
      if (isRefused) this.#broken('a refused token is not shown again', `${method} shows it`);
      return;
    }
    const held = this.#heldBy(environment, request);
    if (held.isAsking) this.#broken('one request for a token at a time', 'another is under way');
    held.isAsking = true;
    const now = this.#around.clock.now();
    if (now + ON_THE_WAY_MS < held.goodUntil) this.#broken('a good token is kept', 'another is asked for');
  }

  ends(environment: Environment, request: HttpRequest): void {
    this.#heldBy(environment, request).isAsking = false;
  }

  /** A process reads the answer. */
  answered(environment: Environment, request: HttpRequest, { status, ...answer }: HttpResponse): void {
    const { method, headers } = request;
    if (method !== 'POST' && [400, 401, 403].includes(status)) {
      const { refused, byKey } = this.#of(environment);
      for (const held of byKey.values()) if (held.newest === headers.authorization) held.goodUntil = 0;
      if (status === 401) refused.add(headers.authorization ?? '');
      const isExpired = answer.headers['www-authenticate']?.includes('expired') === true;
      if (isExpired) this.#around.faults.disturb(HEALING_MS);
    }
    if (method !== 'POST' || status !== 200) return;
    const { access_token: token, expires_in: life, scope } = v.parse(tokenSchema, JSON.parse(answer.body));
    const held = this.#heldBy(environment, request);
    held.newest = `DPoP ${token}`;
    const lifeMs = life * 1000;
    const now = this.#around.clock.now();
    held.goodUntil = scope.includes(MANAGE) ? now + lifeMs - Math.min(RENEWED_BEFORE_MS, lifeMs / 2) : 0;
  }

  #of(environment: Environment): Process {
    const process = this.#processes.get(environment) ?? { refused: new Set(), byKey: new Map() };
    this.#processes.set(environment, process);
    return process;
  }

  /** @param request for a token */
  #heldBy(environment: Environment, request: HttpRequest): Held {
    const { byKey } = this.#of(environment);
    const key = v.parse(keySchema, partOf(assertionIn(request), 0)).kid;
    const held = byKey.get(key) ?? { newest: '', goodUntil: 0, isAsking: false };
    byKey.set(key, held);
    return held;
  }
}

function assertionIn({ body = '' }: HttpRequest): string {
  return new URLSearchParams(body).get('client_assertion') ?? '';
}

/** @returns undefined where it is no JWT with an id */
function idOf(jwt: string): string | undefined {
  try {
    return v.parse(claimsSchema, partOf(jwt, 1)).jti;
  } catch {
    return undefined;
  }
}

function partOf(jwt: string, part: number): unknown {
  return JSON.parse(Buffer.from(jwt.split('.')[part] ?? '', 'base64url').toString());
}
