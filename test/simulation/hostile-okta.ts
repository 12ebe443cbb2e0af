import type { HttpRequest, HttpResponse } from '../../lib/ports.ts';
import { OktaSimulator } from '../../local/okta-simulator/simulator.ts';
import type { Fault as OktaFault } from '../../local/okta-simulator/types.ts';
import { AnswerTwists } from './answer-twists.ts';
import { type Fault, HEALING_MS } from './faults.ts';
import type { Environment } from './lambda.ts';
import type { Monitor } from './monitor.ts';
import { ServiceApp } from './sign-in/service-app.ts';
import { SignIn, TOKEN_PATH } from './sign-in/sign-in.ts';
import type { Surroundings } from './sources.ts';

interface Striking {
  readonly fault: Fault;
  readonly does: (seconds: number) => OktaFault;
  /** Only a PUT meets it. */
  readonly writes?: true;
}

const STRIKING: readonly Striking[] = [
  { fault: '401', does: () => ({ status: 401 }) },
  { fault: '403', does: () => ({ status: 403 }) },
  { fault: '404', does: () => ({ status: 404 }) },
  { fault: '400', does: () => ({ status: 400 }), writes: true },
  { fault: '429 with reset', does: (seconds) => ({ rateLimit: { resetInSeconds: seconds } }) },
  { fault: '429 of concurrency', does: () => ({ concurrency: true }) },
  { fault: '5xx', does: (seconds) => ({ status: 500 + (seconds % 5), body: seconds % 2 === 0 ? 'html' : 'empty' }) },
  { fault: '5xx after applying', does: () => ({ status: 503, apply: true }), writes: true },
  { fault: 'timeout before applying', does: () => ({ hang: true }) },
  { fault: 'timeout after applying', does: () => ({ hang: true, apply: true }), writes: true },
  { fault: 'timeout and applied late', does: (seconds) => ({ delayMs: seconds * 750, apply: 'end' }), writes: true },
  { fault: 'dropped before applying', does: () => ({ drop: 'before' }) },
  { fault: 'dropped after applying', does: () => ({ drop: 'after' }), writes: true },
  { fault: 'half an answer', does: () => ({ truncate: true }) },
  {
    fault: 'slow answer',
    does: (seconds) => ({ delayMs: 100 + seconds * 120, apply: seconds % 2 === 0 ? 'start' : 'end' }),
  },
];

const TWISTS: readonly Fault[] = ['stale from Okta', 'absurd header', 'other status in an answer', 'edit in mid-pass'];

export interface HostileOktaOptions {
  /** What it takes from the start; a service app where absent. */
  readonly token: string | undefined;
  /** Calls a minute. */
  readonly limit: number;
  readonly allowIpv6: boolean;
  /** How long a change in Okta may go unseen, in milliseconds. */
  readonly noticedMs: number;
  /** The same of what an answer to a write has shown. */
  readonly answerNoticedMs: number;
}

/** Okta as the zone function meets it over the network, with the monitor looking at every call. */
export class HostileOkta {
  readonly simulator: OktaSimulator;
  monitor: Monitor | undefined;
  /** Where it signs in as a service app. */
  readonly signIn: SignIn | undefined;
  readonly #around: Surroundings;
  readonly #striking: readonly Striking[];
  readonly #twists: AnswerTwists | undefined;

  constructor(around: Surroundings, options: HostileOktaOptions) {
    this.#around = around;
    this.#striking = STRIKING.filter(({ fault }) => around.faults.mayStrike(fault));
    const { limit, noticedMs, answerNoticedMs } = options;
    this.simulator = new OktaSimulator({
      ...{ now: () => around.clock.now() - (this.signIn?.behindMs ?? 0), journalSize: 100_000 },
      ...{ rateLimit: { limit }, allowIpv6: options.allowIpv6 },
      ...(options.token !== undefined && { token: options.token }),
    });
    if (options.token === undefined) {
      this.signIn = new SignIn(this.simulator, new ServiceApp(this.simulator), around, () => this.monitor);
    }
    const isTwisting = TWISTS.some((fault) => around.faults.mayStrike(fault));
    if (isTwisting)
      this.#twists = new AnswerTwists(this.simulator, around, { noticedMs, answerNoticedMs }, (zoneId) =>
        this.monitor?.zoneChanged(zoneId),
      );
  }

  /** `fetch` in one environment of the zone function. */
  async exchange(environment: Environment, request: HttpRequest): Promise<HttpResponse> {
    const { clock, random } = this.#around;
    const { signIn } = this;
    if (signIn && request.url.endsWith(TOKEN_PATH)) return signIn.exchange(environment, request);
    signIn?.check.goesOut(environment, request);
    const zoneId = request.url.slice(request.url.lastIndexOf('/') + 1);
    const early = this.monitor?.callGoesOut(environment, request.method, zoneId);
    const answer = await environment.call(request.method, async () => {
      const struck = this.#strike(request.method === 'PUT' ? 'PUT' : 'GET', zoneId);
      if (request.method === 'PUT') this.#twists?.zoneIsWritten(zoneId);
      this.monitor?.callArrives(environment, request, zoneId, early);
      const headers = { ...request.headers };
      const path = `/api/v1/zones/${zoneId}`;
      const begin = () => this.simulator.begin({ method: request.method, path, headers, body: request.body ?? '' });
      const call = signIn ? signIn.begin(request.method, begin) : begin();
      if (request.method === 'PUT') this.monitor?.putTakesEffect(request, zoneId);
      const isLate = struck === 'timeout and applied late';
      const takesMs = call.delayMs + (isLate ? request.timeoutMs : random.whole(...this.#around.oktaMs));
      if (takesMs > request.timeoutMs) {
        clock.after(takesMs, () => {
          call.complete();
          if (isLate) this.#around.faults.disturb(HEALING_MS);
          this.monitor?.zoneChanged(zoneId);
        });
        await clock.sleep(request.timeoutMs);
        call.end();
        throw new Error('The operation was aborted due to timeout');
      }
      await clock.sleep(takesMs);
      const outcome = call.complete();
      if (outcome.kind === 'hang') await clock.sleep(request.timeoutMs);
      call.end();
      const right = outcome.kind === 'answer' ? outcome : undefined;
      const said = right && (this.#twists?.twist(request.method, zoneId, right) ?? right);
      if (this.#around.oktaMs[1] > 1_000) this.#around.faults.struck('slow Okta');
      this.monitor?.callEnds(environment, request, zoneId, said);
      if (said) return { status: said.status, headers: said.headers, body: said.body };
      throw new Error(outcome.kind === 'drop' ? 'socket hang up' : 'The operation was aborted due to timeout');
    });
    this.monitor?.answerIsRead(environment, zoneId, answer);
    signIn?.check.answered(environment, request, answer);
    return answer;
  }

  #strike(method: 'GET' | 'PUT', zoneId: string): Fault | undefined {
    const { faults, random } = this.#around;
    // From a place that chance decides: one call meets one fault, and the last of the list would seldom get their turn.
    const first = random.whole(0, Math.max(0, this.#striking.length - 1));
    for (const { fault, does, writes } of [...this.#striking.slice(first), ...this.#striking.slice(0, first)]) {
      if (writes && method !== 'PUT') continue;
      if (!faults.strikes(fault, method, zoneId)) continue;
      this.simulator.addFault({ count: 1, method, zoneId, fault: does(faults.whole(fault, 1, 60)) });
      return fault;
    }
    return undefined;
  }
}
