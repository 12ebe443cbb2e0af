import type { KeyObject } from 'node:crypto';
import type { HttpClient, KeysElsewhere, Signer } from '../ports.ts';
import { type Authorization, byToken } from './authorization.ts';
import { type AppCredentials, asCredentials, type OktaCredentials } from './credentials.ts';
import { keyAtHand } from './jwt.ts';
import { keyElsewhere } from './key-elsewhere.ts';
import { OktaFailure } from './okta-failure.ts';
import { ServiceApp } from './service-app.ts';

export interface SignInOptions {
  /** What a service app asks for; the scopes of zones where absent. */
  readonly scopes?: readonly string[];
  /** Where keys are that no secret holds; absent where every key is in the secret. */
  readonly keys?: KeysElsewhere | undefined;
}

/** The credentials that the secret holds, and those that it held before. */
const SESSIONS = 2;

/** Signs in to one org, whichever way its credentials want it. A process keeps one, and with it the token it has. */
export class OktaSignIn {
  readonly #http: HttpClient;
  readonly #baseUrl: string;
  readonly #now: () => number;
  readonly #options: SignInOptions;
  /** The latest first. */
  #sessions: readonly { readonly app: AppCredentials; readonly service: ServiceApp }[] = [];
  readonly #refused = new WeakSet<Authorization>();

  /** @param baseUrl the org's, without a slash at its end @param now milliseconds since the epoch */
  constructor(http: HttpClient, baseUrl: string, now: () => number, options: SignInOptions = {}) {
    this.#http = http;
    this.#baseUrl = baseUrl;
    this.#now = now;
    this.#options = options;
  }

  /** What the secret holds, as something to sign in with. @throws {OktaFailure} ZONE006 */
  credentials(text: string | undefined): OktaCredentials {
    return asCredentials(text, this.#options.keys !== undefined);
  }

  /** @returns undefined where Okta has to be asked for a token first: see `fetch` */
  current(credentials: OktaCredentials): Authorization | undefined {
    return credentials.kind === 'token' ? byToken(credentials.token) : this.#serviceOf(credentials).current;
  }

  /**
   * Asks Okta for a token, where the credentials need one.
   * @param assertMayAskAgain that takes several requests: rejects where Okta wants no further one
   * @throws {OktaFailure}
   */
  async fetch(credentials: OktaCredentials, assertMayAskAgain?: () => Promise<unknown>): Promise<Authorization> {
    if (credentials.kind === 'token') return byToken(credentials.token);
    return this.#serviceOf(credentials).fetch(assertMayAskAgain);
  }

  /** Okta has refused it. @returns whether the same credentials can come to another */
  forget(authorization: Authorization, credentials: OktaCredentials): boolean {
    if (credentials.kind === 'token') return false;
    this.#refused.add(authorization);
    this.#serviceOf(credentials).forget(authorization);
    return true;
  }

  /** Okta forbids what it is for: a right that is given meanwhile may come with another token alone. */
  renew(authorization: Authorization, credentials: OktaCredentials): void {
    if (credentials.kind === 'app') this.#serviceOf(credentials).forget(authorization);
  }

  /** Whether Okta has refused a token, also where somebody took it up before that. */
  isRefused(authorization: Authorization): boolean {
    return this.#refused.has(authorization);
  }

  #serviceOf(app: AppCredentials): ServiceApp {
    const known = this.#sessions.find((session) => isSame(session.app, app));
    if (known) return known.service;
    const { scopes } = this.#options;
    const signer = this.#signerOf(app);
    const service = new ServiceApp({ ...app, signer }, this.#http, this.#baseUrl, this.#now, scopes);
    // Whoever has begun with the credentials before must not cost the new ones their token.
    this.#sessions = [{ app, service }, ...this.#sessions].slice(0, SESSIONS);
    return service;
  }

  #signerOf({ kid, privateKey }: AppCredentials): Signer {
    if (privateKey) return keyAtHand(privateKey);
    const { keys } = this.#options;
    if (!keys) throw new OktaFailure('ZONE006', 'the Okta credentials have no private key');
    return keyElsewhere(kid, keys);
  }
}

function isSame(a: AppCredentials, b: AppCredentials): boolean {
  return a.clientId === b.clientId && a.kid === b.kid && isSameKey(a.privateKey, b.privateKey);
}

function isSameKey(a: KeyObject | undefined, b: KeyObject | undefined): boolean {
  if (!a || !b) return a === b;
  // Comparing keys of two types leaves an error behind in OpenSSL, for which Node then refuses the next key that it reads.
  return a.asymmetricKeyType === b.asymmetricKeyType && a.equals(b);
}
