import { type BenchTable, rounded } from './bench-result.ts';
import prices from './prices.json' with { type: 'json' };

/** What one request leaves behind in the access log, and a run of each function in its own: bytes. */
const LOG_BYTES = { access: 360, webhook: 1_600, gatekeeper: 900 } as const;
/** Seconds of one run at 512 MB: the webhook refuses by the signature, the gatekeeper by the address. */
const RUN_SECONDS = { webhook: 0.01, gatekeeper: 0.003 } as const;
const MEMORY_GB = 0.5;
/** Events a second that come at the same time: 5,000 people log in within a minute. */
const EVENTS = 5_000 / 60;
/** As often as Knocknoc's script tries an `add` by default: for a minute, after pauses of 1, 2, 4 and then always 8 seconds. */
export const TRIES = 10;
const HOUR = 3_600;

export interface Flood {
  /** Requests a second of strangers, for an hour. */
  readonly requests: number;
  /** Addresses that they come from. */
  readonly addresses: number;
}

export interface Throttles {
  readonly open: number;
  readonly guarded: number;
}

export interface FloodOutcome {
  /** Runs in the hour. */
  readonly webhookRuns: number;
  readonly gatekeeperRuns: number;
  /** US dollars for the hour, at most: each request is taken to be charged, also one that is refused. */
  readonly dollars: number;
  /** Share of events that are refused at one try, and at every try, at most: refused strangers count for the throttle. */
  readonly refusedOnce: number;
  readonly lost: number;
}

/**
 * What an hour of strangers' requests does, by a model: the throttle lets through its rate, strangers and events alike.
 * @param rate requests a second that the API lets through
 * @param guarded whether the gatekeeper refuses strangers
 */
export function floodOutcome({ requests, addresses }: Flood, rate: number, guarded: boolean): FloodOutcome {
  const through = Math.min(1, rate / (requests + EVENTS));
  const webhookRuns = guarded ? 0 : requests * through * HOUR;
  const gatekeeperRuns = guarded ? addresses : 0;
  const dollars =
    (requests * HOUR * prices.perMillion.apiRequests) / 1_000_000 +
    logged(requests * HOUR * LOG_BYTES.access) +
    runs(webhookRuns, 'webhook') +
    runs(gatekeeperRuns, 'gatekeeper');
  const refusedOnce = 1 - through;
  return { webhookRuns, gatekeeperRuns, dollars, refusedOnce, lost: refusedOnce ** TRIES };
}

export function floodTable({ open, guarded }: Throttles): BenchTable {
  const floods: readonly Flood[] = [100, 1_000, 10_000].map((requests) => ({ requests, addresses: 10_000 }));
  const percent = (share: number) => `${rounded(100 * share)} %`;
  return {
    title: "An hour of strangers' requests",
    columns: ['requests a second', 'allowFrom', 'webhook runs', 'gatekeeper runs', 'dollars', 'refused once', 'lost'],
    rows: floods.flatMap((flood) =>
      [false, true].map((isGuarded) => {
        const outcome = floodOutcome(flood, isGuarded ? guarded : open, isGuarded);
        return [
          flood.requests.toLocaleString('en-US'),
          isGuarded ? 'set' : 'none',
          Math.round(outcome.webhookRuns).toLocaleString('en-US'),
          outcome.gatekeeperRuns.toLocaleString('en-US'),
          outcome.dollars.toFixed(2),
          percent(outcome.refusedOnce),
          percent(outcome.lost),
        ];
      }),
    ),
    note:
      'A model, for the worst that AWS leaves open: each request is charged, and counts for the throttle, also one that is ' +
      `refused. The strangers come from 10,000 addresses; at the same time ${Math.round(EVENTS)} events a second do. "Lost" is ` +
      `refused at each of ${TRIES} tries, as often as Knocknoc's script tries an "add" by default.`,
  };
}

function runs(count: number, name: keyof typeof RUN_SECONDS): number {
  const compute = count * RUN_SECONDS[name] * MEMORY_GB * prices.lambdaGbSecondArm;
  return (count * prices.perMillion.lambdaRequests) / 1_000_000 + compute + logged(count * LOG_BYTES[name]);
}

function logged(bytes: number): number {
  return (bytes / 2 ** 30) * prices.logGb;
}
