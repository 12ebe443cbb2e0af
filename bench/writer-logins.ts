import { type Bench, type Cell, median, rounded } from './bench-result.ts';
import {
  accepted,
  addressOf,
  arrivalsIn,
  fill,
  LIMITS,
  limitTo,
  login,
  MINUTE_MS,
  manyZones,
  peopleIn,
  VERIFY_MINUTES,
} from './many-zones.ts';

/** What one call to Okta takes, in milliseconds. The goal for the median goes by the first. */
const GOAL_OKTA_MS = 100;
const OKTA_MS = [GOAL_OKTA_MS, 250] as const;
const CASES = [1, 10, 34].flatMap((zones) =>
  LIMITS.flatMap((limit) => OKTA_MS.map((oktaMs) => ({ zones, limit, oktaMs }))),
);
const LOGINS = 100;
const LOGIN_EVERY_MS = 3_000;

/** How long logins wait, and what they cost, where an ACL has one zone or many. */
export const run: Bench = async (progress) => {
  const rows: Cell[][] = [];
  const worst = { median: 0, longest: 0, calls: 0 };
  for (const { zones, limit, oktaMs } of CASES) {
    progress(`logins: ${zones} zones, ${limit} calls a minute, ${oktaMs} ms a call`);
    const { waits, gets, puts, refused } = await measureLogins(zones, limit, oktaMs);
    const [middle, longest] = [median(waits) / 1000, Math.max(...waits) / 1000];
    // Of each zone, one reading in `verifyMinutes` is there without any login.
    const checks = (zones * LOGINS * LOGIN_EVERY_MS) / (VERIFY_MINUTES * MINUTE_MS);
    const calls = (gets + puts - checks) / LOGINS;
    if (oktaMs === GOAL_OKTA_MS) worst.median = Math.max(worst.median, middle);
    worst.longest = Math.max(worst.longest, longest);
    worst.calls = Math.max(worst.calls, calls);
    rows.push([zones, limit, oktaMs, rounded(middle, 2), rounded(longest, 2), gets, puts, refused, rounded(calls, 2)]);
  }
  return {
    tables: [
      {
        title: 'From a login to the zone, by the number of zones',
        columns: [
          'zones',
          'calls a minute',
          'ms a call',
          'median (s)',
          'longest (s)',
          'GETs',
          'PUTs',
          '429',
          'calls per change',
        ],
        rows,
        note:
          `The production handlers on a virtual clock: ${LOGINS} logins, one every ${LOGIN_EVERY_MS / 1000} s, into zones that all hold people ` +
          `and all have room, so that each zone gets some. Table and queues take no time. Of ` +
          'each wait, 250 ms are the stand-in for the stream, which here always takes as long as Lambda does at most, and two calls are ' +
          'the least that a change takes. Zones are verified meanwhile. Calls per ' +
          `change are those beyond one reading of each zone in ${VERIFY_MINUTES} minutes.`,
      },
    ],
    goals: [
      {
        what: `login to zone, the largest median, ${GOAL_OKTA_MS} ms a call`,
        measured: rounded(worst.median, 2),
        atMost: 0.6,
        unit: 's',
      },
      { what: 'login to zone, the longest', measured: rounded(worst.longest, 2), atMost: 1.5, unit: 's' },
      { what: 'calls to Okta for a change, any number of zones', measured: rounded(worst.calls, 2), atMost: 2.2 },
    ],
  };
};

async function measureLogins(zones: number, limit: number, oktaMs: number) {
  const free = Math.ceil(LOGINS / zones);
  const gatewayLimit = free + 25;
  const world = manyZones(1, zones, gatewayLimit, oktaMs);
  const { system } = world;
  await fill(world, zones * gatewayLimit);
  const [[acl, zoneIds] = ['', []]] = world.acls;
  for (const zoneId of zoneIds) {
    const leaving = peopleIn(system, zoneId).slice(0, free);
    for (const entry of leaving) await accepted(system, 'access.revoked', { acl, ip: entry.replace('/32', '') });
  }
  await limitTo(system, limit);
  // Past the checks that all fall due together after this.
  await system.clock.advance(6 * MINUTE_MS);
  const before = system.okta.requests(0).length;
  const arrivals = arrivalsIn(system);
  const sent = new Map<string, number>();
  for (let i = 0; i < LOGINS; i += 1) {
    const began = system.clock.now();
    const ip = addressOf(200, i);
    sent.set(`${ip}/32`, began);
    await login(system, acl, ip);
    // Not at the same place between two looks at the stream each time.
    await system.clock.advance(LOGIN_EVERY_MS + (i % 7) * 37 - 111 - (system.clock.now() - began));
  }
  await system.clock.advance(MINUTE_MS / 2);
  const waits = [...sent].map(([entry, at]) => (arrivals.get(entry) ?? Number.POSITIVE_INFINITY) - at);
  const calls = system.okta.requests(0).slice(before);
  const of = (name: string) => calls.filter(({ method }) => method === name).length;
  return { waits, gets: of('GET'), puts: of('PUT'), refused: calls.filter(({ status }) => status === 429).length };
}
