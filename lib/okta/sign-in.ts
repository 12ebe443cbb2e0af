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

/** Signs in to one org, whichever way its credentials want it. A process keeps one, and with it the token it has. */
export class OktaSignIn {
  readonly #http: HttpClient;
  readonly #baseUrl: string;
  readonly #now: () => number;
  readonly #options: SignInOptions;
  #session: { readonly app: AppCredentials; readonly service: ServiceApp } | undefined;

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
    this.#serviceOf(credentials).forget(authorization);
    return true;
  }

  #serviceOf(app: AppCredentials): ServiceApp {
    if (!this.#session || !isSame(this.#session.app, app)) {
      const { scopes } = this.#options;
      const signer = this.#signerOf(app);
      const service = new ServiceApp({ ...app, signer }, this.#http, this.#baseUrl, this.#now, scopes);
      this.#session = { app, service };
    }
    return this.#session.service;
  }

  #signerOf({ kid, privateKey }: AppCredentials): Signer {
    if (privateKey) return keyAtHand(privateKey);
    const { keys } = this.#options;
    if (!keys) throw new OktaFailure('ZONE006', 'the Okta credentials have no private key');
    return keyElsewhere(kid, keys);
  }
}

function isSame(a: AppCredentials, b: AppCredentials): boolean {
  const isSameKey = a.privateKey && b.privateKey ? a.privateKey.equals(b.privateKey) : a.privateKey === b.privateKey;
  return a.clientId === b.clientId && a.kid === b.kid && isSameKey;
}
