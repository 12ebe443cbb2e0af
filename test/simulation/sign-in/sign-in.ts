import type { HttpRequest, HttpResponse } from '../../../lib/ports.ts';
import type { OktaSimulator } from '../../../local/okta-simulator/simulator.ts';
import type { Fault as OktaFault } from '../../../local/okta-simulator/types.ts';
import type { Fault } from '../faults.ts';
import type { Environment } from '../lambda.ts';
import type { Monitor } from '../monitor.ts';
import type { Surroundings } from '../sources.ts';
import type { ServiceApp } from './service-app.ts';
import { SignInCheck } from './sign-in-check.ts';

export const TOKEN_PATH = '/oauth2/v1/token';

/** Okta's clock may be behind by so much, in milliseconds: more than proofs allow for. */
const BEHIND_MS = 9_000;
/** Tokens for Okta's own API live an hour. */
const USUAL_LIFE_S = 3_600;

const STRIKING: readonly { readonly fault: Fault; readonly does: (seconds: number) => OktaFault }[] = [
  { fault: '429 for a token', does: (seconds) => ({ rateLimit: { resetInSeconds: seconds } }) },
  { fault: '5xx for a token', does: (seconds) => ({ status: 500 + (seconds % 5), body: 'html' }) },
  { fault: 'no answer for a token', does: (seconds) => (seconds % 2 === 0 ? { hang: true } : { drop: 'after' }) },
];

/** Signing in to Okta as a service app, with all that can go wrong in it. */
export class SignIn {
  readonly check: SignInCheck;
  readonly app: ServiceApp;
  readonly #okta: OktaSimulator;
  readonly #around: Surroundings;
  readonly #monitor: () => Monitor | undefined;
  #behindMs = 0;

  constructor(okta: OktaSimulator, app: ServiceApp, around: Surroundings, monitor: () => Monitor | undefined) {
    this.#okta = okta;
    this.app = app;
    this.#around = around;
    this.#monitor = monitor;
    this.check = new SignInCheck(around, (invariant, detail) => monitor()?.broken(invariant, detail));
  }

  /** How far Okta's clock is behind the schedule's just now, in milliseconds. */
  get behindMs(): number {
    return this.#behindMs;
  }

  /** The administrator makes a new key, and removes the old one. */
  rotate(): void {
    this.app.rotate();
  }

  happens(fault: 'tokens end early' | 'nonce changed'): void {
    if (fault === 'tokens end early') this.#okta.endAccessTokens();
    else this.#okta.renewNonce();
  }

  /** Begins a call, which Okta may judge by a clock of its own, or with a token that has ended just now. */
  begin<T>(what: string, begin: () => T): T {
    const { faults } = this.#around;
    if (faults.strikes('tokens end early', what)) this.happens('tokens end early');
    // A write comes after a read with the same token.
    if (what === 'PUT' && faults.strikes('token expired in mid-pass', what)) this.#okta.expireAccessTokens();
    this.#behindMs = faults.strikes('Okta behind our clock', what) ? BEHIND_MS : 0;
    try {
      return begin();
    } finally {
      this.#behindMs = 0;
    }
  }

  /** A request for a token. */
  async exchange(environment: Environment, request: HttpRequest): Promise<HttpResponse> {
    const { clock, random } = this.#around;
    const monitor = this.#monitor();
    this.check.goesOut(environment, request);
    const early = monitor?.tokenIsAskedFor(environment);
    const answer = await environment
      .call('POST', async () => {
        if (early) monitor?.broken('7 reset time kept', early.detail);
        const { method, headers, body = '' } = request;
        const restore = this.#strike();
        const call = this.begin('POST', () =>
          this.#okta.begin({ method, path: TOKEN_PATH, headers: { ...headers }, body }),
        );
        restore();
        const takesMs = random.whole(...this.#around.oktaMs);
        const outcome = call.complete();
        const isSilent = outcome.kind === 'hang' || takesMs > request.timeoutMs;
        await clock.sleep(isSilent ? request.timeoutMs : takesMs);
        call.end();
        if (isSilent) throw new Error('The operation was aborted due to timeout');
        if (outcome.kind === 'answer') return outcome;
        throw new Error('socket hang up');
      })
      .finally(() => this.check.ends(environment, request));
    this.check.answered(environment, request, answer);
    monitor?.tokenIsAnswered(environment, answer);
    return answer;
  }

  /** @returns what ends what struck this request alone */
  #strike(): () => void {
    const { faults } = this.#around;
    if (faults.strikes('nonce changed', 'POST')) this.happens('nonce changed');
    const ofSeconds = faults.strikes('token of seconds', 'POST');
    this.#okta.setTokenLife(ofSeconds ? faults.whole('token of seconds', 8, 30) : USUAL_LIFE_S);
    for (const { fault, does } of STRIKING) {
      if (!faults.strikes(fault, 'POST')) continue;
      this.#okta.addFault({ count: 1, method: 'POST', fault: does(faults.whole(fault, 1, 60)) });
      return () => {};
    }
    if (!faults.strikes('scopes dropped', 'POST')) return () => {};
    const { app } = this;
    app.grant(['okta.networkZones.read']);
    return () => app.grant(['okta.networkZones.read', 'okta.networkZones.manage']);
  }
}
