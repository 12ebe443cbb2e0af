import { MOST_WAITING } from '../lib/names.ts';
import { batchesAtOnce } from '../lib/zones/stream-batches.ts';
import type { Deployment } from './deployment.ts';
import type { FunctionName, OptionalFunctionName } from './function-code.ts';

/** The fewest that SQS lets a mapping have. One message group keeps the grants function alone all the same. */
export const EVENTS_AT_ONCE = 2;
/** Batches of timers under way at once. A timer is handled in a fraction of a second. */
export const TIMERS_AT_ONCE = 4;
/** Batches of reads under way at once, each of up to ten lists. A server that is silent holds one up for five seconds. */
export const READS_AT_ONCE = 3;

/**
 * How many runs of each function the account keeps free for it, and lets it have at most: none of them can starve another,
 * nor the account's other functions. Each is at least the maximum concurrency of its mappings, and one more for the tick or
 * a person. Together they are at most 100, since AWS wants as many of an account's quota of 1,000 left unreserved as that.
 * @returns undefined where the configuration reserves nothing
 */
export function reservationOf(
  name: FunctionName | OptionalFunctionName,
  { config }: Pick<Deployment, 'config'>,
): number | undefined {
  if (!config.reservedConcurrency) return undefined;
  switch (name) {
    case 'webhook':
      return 25;
    case 'gatekeeper':
      // Enough for thousands of new addresses a second; more of strangers must not take the account's concurrency.
      return 5;
    case 'policies':
      return 1;
    case 'outcome':
      // Those that answer at once, while as many wait as may.
      return MOST_WAITING + 8;
    case 'grants':
      return EVENTS_AT_ONCE + 1;
    case 'expiry':
      return TIMERS_AT_ONCE + 1;
    case 'allowlist':
      return READS_AT_ONCE + 1;
    case 'zone':
      return batchesAtOnce(config) + 1;
  }
}
