import type { HttpClient } from '../ports.ts';
import { type Authorization, byToken } from './authorization.ts';
import type { AppCredentials, OktaCredentials } from './credentials.ts';
import { ServiceApp } from './service-app.ts';

/** Signs in to one org, whichever way its credentials want it. A process keeps one, and with it the token it has. */
export class OktaSignIn {
  readonly #http: HttpClient;
  readonly #baseUrl: string;
  readonly #now: () => number;
  readonly #scopes: readonly string[] | undefined;
  #session: { readonly app: AppCredentials; readonly service: ServiceApp } | undefined;

  /** @param baseUrl the org's, without a slash at its end @param now milliseconds since the epoch @param scopes what a service app asks for */
  constructor(http: HttpClient, baseUrl: string, now: () => number, scopes?: readonly string[]) {
    this.#http = http;
    this.#baseUrl = baseUrl;
    this.#now = now;
    this.#scopes = scopes;
  }

  /** @returns undefined where Okta has to be asked for a token first: see `fetch` */
  current(credentials: OktaCredentials): Authorization | undefined {
    return credentials.kind === 'token' ? byToken(credentials.token) : this.#serviceOf(credentials).current;
  }

  /** Asks Okta for a token, where the credentials need one. @throws {OktaFailure} */
  async fetch(credentials: OktaCredentials): Promise<Authorization> {
    return credentials.kind === 'token' ? byToken(credentials.token) : this.#serviceOf(credentials).fetch();
  }

  /** Okta has refused it. @returns whether the same credentials can come to another */
  forget(authorization: Authorization, credentials: OktaCredentials): boolean {
    if (credentials.kind === 'token') return false;
    this.#serviceOf(credentials).forget(authorization);
    return true;
  }

  #serviceOf(app: AppCredentials): ServiceApp {
    if (!this.#session || !isSame(this.#session.app, app)) {
      this.#session = { app, service: new ServiceApp(app, this.#http, this.#baseUrl, this.#now, this.#scopes) };
    }
    return this.#session.service;
  }
}

function isSame(a: AppCredentials, b: AppCredentials): boolean {
  return a.clientId === b.clientId && a.kid === b.kid && a.privateKey.equals(b.privateKey);
}
