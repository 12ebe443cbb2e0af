import { MEMORY_SECONDS } from '../lib/grants/event-order.ts';
import type { DeployedStack } from './deployed-stack.ts';
import type { Usage } from './meter.ts';
import { LATENCY_MS } from './meter.ts';
import prices from './prices.json' with { type: 'json' };
import { type DayUse, FUNCTION_NAMES } from './working-day.ts';

/** Every day of the month is a working day: what is counted is rather too much. */
export const DAYS = 30;
/** Lambda holds this many requests open on each queue that it reads, and each of them waits this long. */
export const POLLERS = 5;
export const POLL_SECONDS = 20;
/** What the API writes to its access log for each request. */
const ACCESS_LOG_BYTES = 360;
const GB = 2 ** 30;
/** With what DynamoDB adds to each item for its own use. What is remembered of an event lies there for `MEMORY_SECONDS`. */
const ITEM_BYTES = 400;

export interface Stage {
  readonly name: string;
  /** US dollars a month. */
  readonly dollars: number;
}

export interface Bill {
  readonly stages: readonly Stage[];
  readonly total: number;
}

/** What a month of such days costs beyond the fixed prices, by stage. US dollars, no free tier. */
export function monthlyBill(day: DayUse, { functions }: DeployedStack): Bill {
  const { usage, events, storedItems } = day;
  const { webhook, grants, zone, expiry } = usage;
  const perDay = {
    'HTTP API': perMillion(events, 'apiRequests'),
    'webhook function': compute(webhook, functions.webhook.memoryMb) + perMillion(webhook.secretReads, 'secretReads'),
    // Sent, received and deleted; the two of the mapping are for a batch.
    'events queue': perMillion(webhook.fifoRequests + 2 * grants.invocations, 'fifoQueueRequests'),
    'events queue: empty polls': perMillion(emptyPolls(grants.invocations), 'fifoQueueRequests'),
    'grants function': compute(grants, functions.grants.memoryMb),
    'zone function': compute(zone, functions.zone.memoryMb) + perMillion(zone.secretReads, 'secretReads'),
    'expiry function': compute(expiry, functions.expiry.memoryMb),
    'minute schedule': perMillion(TICKS, 'scheduledInvocations'),
    'timer queue': perMillion(
      grants.standardRequests + zone.standardRequests + expiry.standardRequests + 2 * timerRuns(expiry),
      'standardQueueRequests',
    ),
    'timer queue: empty polls': perMillion(emptyPolls(timerRuns(expiry)), 'standardQueueRequests'),
    'table: events': table(grants) + table(webhook),
    'table: zone states and lists of grants': table(zone),
    'table: expiry and ticks': table(expiry),
    logs: logGb(day) * prices.logGb,
  };
  const stages = Object.entries(perDay).map(([name, dollars]) => ({ name, dollars: DAYS * dollars }));
  const remembered = storedItems * ITEM_BYTES * (MEMORY_SECONDS / 86_400);
  const stored = (remembered / GB) * (prices.tableStorageGbMonth + prices.tableBackupGbMonth);
  stages.push({ name: 'table: storage and backup', dollars: stored });
  return { stages, total: stages.reduce((sum, { dollars }) => sum + dollars, 0) };
}

/**
 * What of such a bill is inside what AWS gives every account each month without an end, if the account uses it for
 * nothing else. US dollars. The queues' allowance is counted at the lower of their two prices.
 */
export function insideFreeAllowance(day: DayUse, { functions }: DeployedStack): number {
  const { usage } = day;
  const { freePerMonth: free, perMillion: price } = prices;
  const { grants, expiry } = usage;
  const all = Object.values(usage);
  const runs = sum(all, ({ invocations }) => invocations);
  const gbSeconds = sum(FUNCTION_NAMES, (name) => gbSecondsOf(usage[name], functions[name].memoryMb));
  const own = sum(all, ({ fifoRequests, standardRequests }) => fifoRequests + standardRequests);
  const batches = [grants.invocations, timerRuns(expiry)];
  const queue = own + sum(batches, (count) => 2 * count + emptyPolls(count));
  return (
    perMillion(Math.min(free.lambdaRequests, DAYS * runs), 'lambdaRequests') +
    Math.min(free.lambdaGbSeconds, DAYS * gbSeconds) * prices.lambdaGbSecondArm +
    (Math.min(free.queueRequests, DAYS * queue) / 1_000_000) * price.standardQueueRequests +
    perMillion(Math.min(free.scheduledInvocations, DAYS * TICKS), 'scheduledInvocations') +
    Math.min(free.logGb, DAYS * logGb(day)) * prices.logGb
  );
}

/** What is logged in a day. */
function logGb({ usage, events }: DayUse): number {
  return (sum(Object.values(usage), ({ logBytes }) => logBytes) + events * ACCESS_LOG_BYTES) / GB;
}

function sum<T>(of: readonly T[], value: (each: T) => number): number {
  return of.reduce((total, each) => total + value(each), 0);
}

/** What a month costs whatever happens. */
export function fixedPrices(stack: DeployedStack, customMetrics: number): readonly Stage[] {
  const { secret, alarmMetric, compositeAlarm, customMetric } = prices.perMonth;
  return [
    { name: `${stack.secrets} secrets`, dollars: stack.secrets * secret },
    { name: `${stack.alarms} alarms`, dollars: stack.alarmMetrics * alarmMetric },
    { name: `${stack.compositeAlarms} composite alarm`, dollars: stack.compositeAlarms * compositeAlarm },
    { name: `${customMetrics} custom metrics`, dollars: customMetrics * customMetric },
  ];
}

const TICKS = 24 * 60;

export function perMillion(count: number, price: keyof typeof prices.perMillion): number {
  return (count / 1_000_000) * prices.perMillion[price];
}

/** Runs of the expiry function for messages of the timer queue. */
function timerRuns({ invocations }: Usage): number {
  return Math.max(0, invocations - TICKS);
}

/** Requests a day that Lambda holds open on one queue. A poll that brings a message has waited for half of its time, on average: its place is not that of a whole empty one. */
export function emptyPolls(batches: number): number {
  return (POLLERS * 24 * 3_600) / POLL_SECONDS - batches / 2;
}

/** What runs of a function cost. */
export function compute(use: Usage, memoryMb: number): number {
  return perMillion(use.invocations, 'lambdaRequests') + gbSecondsOf(use, memoryMb) * prices.lambdaGbSecondArm;
}

function gbSecondsOf({ runMs, coldStarts }: Usage, memoryMb: number): number {
  return ((runMs + coldStarts * LATENCY_MS.coldStart) / 1_000) * (memoryMb / 1_024);
}

/** What the table's units cost. */
export function table({ writeUnits, readUnits }: Usage): number {
  return perMillion(writeUnits, 'tableWriteUnits') + perMillion(readUnits, 'tableReadUnits');
}
