import { noticedMs, zonesOf } from './deployment.ts';
import { HEALING_MS } from './faults.ts';
import { deploymentsOf, type Plan } from './plan.ts';
import { drainMs } from './stretch-plan.ts';

export interface Bounds {
  /** How long anything may take that nothing disturbs, in milliseconds. */
  readonly boundMs: number;
  /** The same once everything is quiet. */
  readonly settledMs: number;
  /** How long a change in Okta may go unseen. */
  readonly noticedMs: number;
  readonly mostSkewMs: number;
  /** By how much longer everything takes than usual: Okta or the table is slow, or the quota is short. */
  readonly extraMs: number;
}

const GOOD_MS = 5_000;
/** Calls that a slow Okta may have under way or before it when somebody comes, for one who moves among them. */
const CALLS_AHEAD = 12;
/** Calls to the table for one event, with those that are in the same batch. */
const TABLE_CALLS = 80;
/** What is stored of one zone where every call to the table may be slow. */
const SLOW_ZONE_MS = 4_000;
/** An event, where every call may be slow: all of them are in one queue, and some come again together. */
const SLOW_EVENT_MS = 1_000;
/** For so many, the usual bounds are enough. */
const FEW_EVENTS = 20;
/** With fewer, the quota is what holds things up. */
export const AMPLE = 300;

export function boundsOf(plan: Plan): Bounds {
  const mostSkewMs = plan.rates['clock skew'] ? 2_000 : 0;
  const deployments = deploymentsOf(plan);
  const zones = zonesOf(deployments).length;
  const most = Math.max(...deployments.flatMap(({ acls }) => acls.map(({ zoneIds }) => zoneIds.length)));
  const [, oktaMs] = plan.oktaMs;
  // At first each zone is read and written, one after the other.
  const firstMs = most > 3 ? most * (2 * oktaMs + (plan.slow ? SLOW_ZONE_MS : 0)) + 5_000 : 0;
  const slowMs = oktaMs > 1_200 ? CALLS_AHEAD * oktaMs : 0;
  const tableMs = TABLE_CALLS * (plan.table?.ms[1] ?? 0);
  const events = plan.actions.filter((action) => action.do === 'event').length;
  const queueMs = plan.slow ? SLOW_EVENT_MS * Math.max(0, events - FEW_EVENTS) : 0;
  const quotaMs = plan.limit < AMPLE ? drainMs(3 * zones, plan.limit) : 0;
  const extraMs = firstMs + slowMs + tableMs + queueMs + quotaMs;
  return {
    boundMs: (plan.weather === 'good' ? GOOD_MS : HEALING_MS + 2 * mostSkewMs) + extraMs,
    settledMs: (plan.slow ? 30_000 : 10_000) + extraMs,
    noticedMs: noticedMs(deployments),
    ...{ mostSkewMs, extraMs },
  };
}

/** Whether a function may see something and be unable to remember it. */
export function losesWhatItSaw({ weather, codes }: Plan): boolean {
  return weather === 'storm' || codes.includes('STORE001') || codes.includes('STORE002');
}
