import type { HttpClient, HttpResponse } from '../../lib/ports.ts';
import type { OktaSimulator } from '../okta-simulator/simulator.ts';
import type { SimOutcome } from '../okta-simulator/types.ts';
import type { CallbackClock } from '../stand-ins/callback-clock.ts';

export interface CallSeen {
  readonly method: string;
  readonly path: string;
  readonly outcome: string;
  readonly tookMs: number;
}

export interface OktaWatch {
  /** Told of each call once its caller has an answer, or none. */
  seen(call: CallSeen): void;
  /** Okta may have changed. */
  changed(): void;
}

/**
 * HTTP to the simulated Okta: each call takes its time, and whoever waits longer than they can gives up, while Okta
 * goes on with the call.
 */
export function oktaNetwork(okta: OktaSimulator, clock: CallbackClock, watch: OktaWatch): HttpClient {
  return (request) =>
    new Promise<HttpResponse>((resolve, reject) => {
      const { method, body = '', timeoutMs } = request;
      const { pathname, search } = new URL(request.url);
      const path = `${pathname}${search}`;
      const began = clock.now();
      const tell = (outcome: string) => watch.seen({ method, path, outcome, tookMs: clock.now() - began });
      const call = okta.begin({ method, path, headers: { ...request.headers }, body });
      watch.changed();
      let gaveUp = false;
      const stopWaiting = clock.after(timeoutMs, () => {
        gaveUp = true;
        tell('no answer in time');
        reject(new Error('The operation was aborted due to timeout'));
      });
      clock.after(call.delayMs, () => {
        const outcome: SimOutcome = call.complete();
        watch.changed();
        if (outcome.kind === 'hang') {
          clock.after(Math.max(0, timeoutMs - call.delayMs), () => call.end());
          return;
        }
        call.end();
        if (gaveUp) return;
        stopWaiting();
        tell(outcome.kind === 'answer' ? String(outcome.status) : 'connection lost');
        if (outcome.kind === 'answer')
          resolve({ status: outcome.status, headers: outcome.headers, body: outcome.body });
        else reject(new Error('socket hang up'));
      });
    });
}
