import { type BenchResult, type BenchTable, rounded } from './bench-result.ts';
import { type Bill, DAYS, fixedPrices, insideFreeAllowance, monthlyBill, POLL_SECONDS, POLLERS } from './bill.ts';
import { type DeployedStack, deployedStack } from './deployed-stack.ts';
import { floodTable } from './flood.ts';
import { listCosts } from './list-costs.ts';
import { LATENCY_MS } from './meter.ts';
import { optionalParts } from './optional-parts.ts';
import prices from './prices.json' with { type: 'json' };
import { type DayUse, FUNCTION_NAMES, measureDay, sampleDay } from './working-day.ts';

/** People a day. The first is a system at rest, which is the baseline. */
const SIZES = [0, 50, 500, 5_000] as const;
/** A day with more people is sampled: it would take most of an hour. */
const RUN_WHOLE = 500;
/** Beyond the same system, with as many zones, at rest; by people a day. */
const MOST_DOLLARS_BY_USE = [
  [500, 0.5],
  [5_000, 7],
] as const;
/** The reads of one list, every 15 seconds. */
const MOST_DOLLARS_FOR_A_LIST = 1;
/** Every alarm costs 0.10, a custom metric 0.30: room for what guards something, none for what would be nice to have. */
const MOST_DOLLARS_FIXED = 7;

/** Okta calls, AWS requests and dollars of a month, from requests that the real handlers make on a virtual clock. */
export async function run(progress: (text: string) => void): Promise<BenchResult> {
  const stack = deployedStack();
  const days: DayUse[] = [];
  for (const people of SIZES) days.push(await (people > RUN_WHOLE ? sampleDay : measureDay)(people, progress));
  const deployed = days.map((day) => ({ day, stack: stackFor(day) }));
  const bills = deployed.map(({ day, stack }) => monthlyBill(day, stack));
  const rests = deployed.map(({ day, stack }) => monthlyBill(restOf(day), stack));
  const free = deployed.map(({ day, stack }) => insideFreeAllowance(day, stack));
  const customMetrics = days[0]?.metrics.size ?? 0;
  const fixed = fixedPrices(stack, customMetrics);
  const fixedTotal = fixed.reduce((sum, { dollars }) => sum + dollars, 0);
  const byUseAt = (people: (typeof SIZES)[number]) => {
    const index = SIZES.indexOf(people);
    return (bills[index]?.total ?? Number.NaN) - (rests[index]?.total ?? Number.NaN);
  };
  const lists = await listCosts(progress);
  return {
    tables: [
      oktaTable(days),
      requestsTable(days),
      billTable(bills, rests, free),
      unitsTable(days),
      {
        title: 'The fixed price of a month, with one ACL (US dollars)',
        columns: ['what', 'dollars'],
        rows: [...fixed.map(({ name, dollars }) => [name, rounded(dollars, 2)]), ['together', rounded(fixedTotal, 2)]],
        note:
          'Counted in the synthesised template; custom metrics are those that a system at rest sends. That of zones ' +
          'which are more than 80 % full is paid by the hour, while they are, and so is that of an error: a ' +
          `whole month of either is ${prices.perMonth.customMetric.toFixed(2)}. Not in the sum: ${stack.dashboards} dashboard, ${prices.perMonth.dashboard.toFixed(2)} where the ` +
          'account has more than the three that are free.',
      },
      optionalParts(),
      lists.table,
      floodTable({
        open: stack.requestsPerSecond,
        guarded: deployedStack({ allowFrom: ['203.0.113.0/24'] }).requestsPerSecond,
      }),
    ],
    goals: [
      ...MOST_DOLLARS_BY_USE.map(([people, atMost]) => ({
        what: `a month at ${people.toLocaleString('en-US')} people a day, beyond the same system at rest`,
        measured: rounded(byUseAt(people), 2),
        atMost,
        unit: 'dollars',
      })),
      ...[...lists.usual].map(([people, dollars]) => ({
        what: `reading a list every 15 s, a month at ${people} people a day`,
        measured: rounded(dollars, 2),
        atMost: MOST_DOLLARS_FOR_A_LIST,
        unit: 'dollars',
      })),
      {
        what: 'secrets, alarms and custom metrics with one ACL',
        measured: rounded(fixedTotal, 2),
        atMost: MOST_DOLLARS_FIXED,
        unit: 'dollars',
      },
    ],
  };
}

function oktaTable(days: readonly DayUse[]): BenchTable {
  return {
    title: 'Calls to Okta',
    columns: [
      'people a day',
      'zones',
      'changes',
      'GETs a day',
      'PUTs a day',
      'calls per change',
      'calls per hour at rest',
    ],
    rows: days.map(({ people, zones, events, expiries, okta, oktaCallsPerHourAtRest }) => [
      people,
      zones,
      events + expiries,
      okta.gets,
      okta.puts,
      events === 0 ? '-' : rounded((okta.gets + okta.puts - 24 * oktaCallsPerHourAtRest) / (events + expiries), 2),
      rounded(oktaCallsPerHourAtRest, 1),
    ]),
    note:
      'A change is a login, a logout or an expiry. At rest a zone is read once in `verifyMinutes` (5), and never written. ' +
      'Calls per change are those beyond what a day at rest costs.',
  };
}

function requestsTable(days: readonly DayUse[]): BenchTable {
  const rows = FUNCTION_NAMES.flatMap((name) =>
    days.map(({ people, usage }) => {
      const use = usage[name];
      return [
        name,
        people,
        use.invocations,
        rounded(use.invocations === 0 ? 0 : use.runMs / use.invocations),
        use.writeUnits,
        rounded(use.readUnits),
        use.fifoRequests + use.standardRequests,
        use.secretReads,
        rounded(use.logBytes / 1024),
      ];
    }),
  );
  return {
    title: 'AWS requests of a day',
    columns: [
      'function',
      'people a day',
      'runs',
      'ms a run',
      'write units',
      'read units',
      'queue',
      'secrets',
      'log KB',
    ],
    rows,
    note:
      'Counted where the real handlers make them, over 24 hours of a virtual clock. Everybody logs in between 8 and 10 ' +
      'from an address of their own, for 8 hours; every second one logs out between 14 and 16, the others expire. The ' +
      `time of a run is assumed, from its calls: ${LATENCY_MS.read} ms for a read of the table, ${LATENCY_MS.write} for ` +
      `a write, ${LATENCY_MS.queue} for a queue, ${LATENCY_MS.secret} for a secret, ${LATENCY_MS.okta} for Okta, ` +
      `${LATENCY_MS.ownWork} of its own, ${LATENCY_MS.coldStart} more after five minutes of rest.`,
  };
}

/** What each function's reads and writes of each kind of item cost. */
function unitsTable(days: readonly DayUse[]): BenchTable {
  const { tableReadUnits, tableWriteUnits } = prices.perMillion;
  const rows = FUNCTION_NAMES.flatMap((name) => {
    const kinds = [...new Set(days.flatMap(({ usage }) => Object.keys(usage[name].units)))].sort();
    return kinds.map((kind) => {
      const price = kind.startsWith('w ') ? tableWriteUnits : tableReadUnits;
      const cells = days.map(({ usage }) =>
        rounded((DAYS * price * (usage[name].units[kind] ?? 0)) / 1_000_000, 3).toFixed(3),
      );
      return [name, kind.startsWith('w ') ? 'writes' : 'reads', kind.slice(2), ...cells];
    });
  });
  return {
    title: 'Where the units of the table go (US dollars a month)',
    columns: ['function', '', 'items', ...SIZES.map((people) => `${people.toLocaleString('en-US')} people a day`)],
    rows,
    note: 'By the name that an item begins with; a write in a transaction counts twice, and with its entry in the index.',
  };
}

/** The same system on a day on which nobody comes or goes. */
/** What a system with the day's zones is deployed with. */
function stackFor({ zones }: DayUse): DeployedStack {
  const zoneIds = Array.from({ length: zones }, (_, i) => `nzo${i}`);
  return deployedStack({ acls: { 'okta-prod': { zoneIds } } });
}

function restOf(day: DayUse): DayUse {
  return { ...day, events: 0, expiries: 0, usage: day.atRest, storedItems: 0 };
}

function billTable(bills: readonly Bill[], atRest: readonly Bill[], free: readonly number[]): BenchTable {
  const names = bills[0]?.stages.map(({ name }) => name) ?? [];
  const cells = (of: (bill: Bill, index: number) => number) =>
    bills.map((bill, index) => rounded(of(bill, index), 3).toFixed(3));
  return {
    title: 'What a month costs beyond the fixed price (US dollars)',
    columns: ['stage', ...SIZES.map((people) => `${people.toLocaleString('en-US')} people a day`)],
    rows: [
      ...names.map((name) => [
        name,
        ...cells(({ stages }) => stages.find((stage) => stage.name === name)?.dollars ?? 0),
      ]),
      ['together', ...cells(({ total }) => total)],
      ['of it at rest, with as many zones', ...atRest.map(({ total }) => rounded(total, 3).toFixed(3))],
      ['less what is free each month', ...cells(({ total }, index) => total - (free[index] ?? 0))],
    ],
    note:
      `${prices.source} (${prices.date}). ${DAYS} such days, no free tier. Empty polls: Lambda is taken to hold ${POLLERS} requests ` +
      `of ${POLL_SECONDS} seconds open on each of the two queues, day and night. Lambda's reads of the table's stream are ` +
      'free. The last line is for an account that uses what AWS gives every account each month (`freePerMonth` in ' +
      'bench/prices.json) for nothing else. At rest a zone is read once in `verifyMinutes`, so more zones cost more. Left out: traffic out of AWS (some MB to Okta), mails of the alarm topic, storage of logs and code, ' +
      'retries after failures, requests that are refused, senders that ask for the outcomes of their events.',
  };
}
