import { Readable } from 'node:stream';
import { StandardRetryStrategy } from '@smithy/core/retry';
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';

/** How long a call to AWS may take, in milliseconds. */
export interface CallTimes {
  /** Until a connection stands. */
  readonly connectMs: number;
  /** One attempt, from the connection to the last byte of the answer. */
  readonly attemptMs: number;
  readonly attempts: number;
  /** The longest pause between two attempts. */
  readonly pauseMs: number;
}

/**
 * One packet that is lost costs an attempt, and not the run: the functions have 15 s or more, and an attempt that
 * goes well takes a tenth of a second.
 */
export const CALL_TIMES: CallTimes = { connectMs: 1_000, attemptMs: 2_500, attempts: 3, pauseMs: 250 };

/** The longest that one call can take, whatever AWS does or fails to do. Milliseconds. */
export function longestCallMs({ attemptMs, attempts, pauseMs }: CallTimes = CALL_TIMES): number {
  return attempts * attemptMs + (attempts - 1) * pauseMs;
}

/**
 * Settings of an AWS client whose calls come to an end. The SDK's own do not see to that: `requestTimeout` alone only
 * logs a warning, its timers stop with the first byte of an answer, and it waits for as long as a `Retry-After` says
 * and five seconds more for each attempt.
 */
export function awsClientSettings(times: CallTimes = CALL_TIMES, agents: Agents = {}) {
  return {
    requestHandler: new TimelyHandler(times, agents),
    retryStrategy: new TimelyRetries(times),
  };
}

/** Through which connections are made, where the SDK's own will not do. */
type Agents = Pick<NodeHttpHandlerOptions, 'httpAgent' | 'httpsAgent'>;

/** Ends an attempt whose answer is not there as a whole in time, with an error that the SDK takes as passing. */
class TimelyHandler extends NodeHttpHandler {
  readonly #attemptMs: number;

  constructor({ connectMs, attemptMs }: CallTimes, agents: Agents) {
    super({ connectionTimeout: connectMs, requestTimeout: attemptMs, throwOnRequestTimeout: true, ...agents });
    this.#attemptMs = attemptMs;
  }

  override async handle(...args: Parameters<NodeHttpHandler['handle']>): ReturnType<NodeHttpHandler['handle']> {
    const ends = performance.now() + this.#attemptMs;
    const answer = await super.handle(...args);
    const body: unknown = answer.response.body;
    if (body instanceof Readable) {
      const giveUp = () => {
        const error = new Error(`no whole answer from AWS within ${this.#attemptMs} ms`);
        body.destroy(Object.assign(error, { name: 'TimeoutError' }));
      };
      const timer = setTimeout(giveUp, Math.max(0, ends - performance.now()));
      body.once('close', () => clearTimeout(timer));
    }
    return answer;
  }
}

/** The SDK's retries, but never a longer pause than the function has time for. */
class TimelyRetries extends StandardRetryStrategy {
  constructor({ attempts, pauseMs }: CallTimes) {
    let base = 0;
    super({
      maxAttempts: attempts,
      backoff: {
        setDelayBase: (ms) => {
          base = ms;
        },
        computeNextBackoffDelay: (retries) => Math.floor(Math.random() * Math.min(pauseMs, base * 2 ** retries)),
      },
    });
  }

  override refreshRetryTokenForRetry(...[token, info]: Parameters<StandardRetryStrategy['refreshRetryTokenForRetry']>) {
    const { retryAfterHint, ...error } = info;
    return super.refreshRetryTokenForRetry(token, error);
  }
}
