import { type Bench, type BenchResult, type Cell, rounded } from './bench-result.ts';
import {
  accepted,
  addressOf,
  allEmpty,
  arrivalsIn,
  fill,
  LIMITS,
  limitTo,
  login,
  type ManyZones,
  MINUTE_MS,
  manyZones,
  VERIFY_MINUTES,
} from './many-zones.ts';
import { run as logins } from './writer-logins.ts';

/** What one call to Okta takes where it is not slow. */
const OKTA_MS = 250;

/** How fast, and with how many calls to Okta, the zones get what they must have, where there are many of them. */
export const run: Bench = async (progress) => {
  const parts: BenchResult[] = [];
  for (const measure of [logins, atRest, herds, slowOkta]) parts.push(await measure(progress));
  return { tables: parts.flatMap(({ tables }) => tables), goals: parts.flatMap(({ goals }) => goals) };
};

type Progress = Parameters<Bench>[0];

async function atRest(progress: Progress): Promise<BenchResult> {
  const rows: Cell[][] = [];
  let [mostGets, mostShare] = [0, 0];
  for (const [acls, zones, limit] of [
    [1, 34, 300],
    [10, 34, 300],
    [10, 34, 100],
  ] as const) {
    progress(`at rest: ${acls} ACLs of ${zones} zones, ${limit} calls a minute`);
    const world = manyZones(acls, zones, 2, OKTA_MS);
    const { system } = world;
    await fill(world, zones);
    await limitTo(system, limit);
    await system.clock.advance(2 * VERIFY_MINUTES * MINUTE_MS);
    const from = system.clock.now();
    const periods = 4;
    await system.clock.advance(periods * VERIFY_MINUTES * MINUTE_MS);
    const calls = system.okta.requests(0).filter(({ at }) => at >= from);
    const gets = calls.length / (acls * zones * periods);
    const share = mostInAMinute(calls.map(({ at }) => at)) / limit;
    mostGets = Math.max(mostGets, gets);
    mostShare = Math.max(mostShare, share);
    const puts = calls.filter(({ method }) => method === 'PUT').length;
    rows.push([acls, zones, limit, rounded(gets, 2), puts, rounded(share, 2)]);
  }
  return {
    tables: [
      {
        title: 'At rest',
        columns: [
          'ACLs',
          'zones each',
          'calls a minute',
          `GETs of a zone in ${VERIFY_MINUTES} min`,
          'PUTs',
          'most of a minute’s quota',
        ],
        rows,
        note: 'Nobody comes or goes. The last column is the busiest of Okta’s own minutes, which begin with a call.',
      },
    ],
    goals: [
      { what: `at rest, GETs of a zone in ${VERIFY_MINUTES} minutes`, measured: rounded(mostGets, 2), atMost: 1.1 },
      { what: 'at rest, share of the quota in the busiest minute', measured: rounded(mostShare, 2), atMost: 0.5 },
    ],
  };
}

/**
 * Of Okta's own minutes, which begin with a call and end on a whole second, the one with the most calls.
 * @param moments sorted, in milliseconds
 */
function mostInAMinute(moments: readonly number[]): number {
  let [most, count, end] = [0, 0, 0];
  for (const at of moments) {
    if (at >= end) [count, end] = [0, Math.floor(at / 1_000) * 1_000 + MINUTE_MS];
    count += 1;
    most = Math.max(most, count);
  }
  return most;
}

async function herds(progress: Progress): Promise<BenchResult> {
  const rows: Cell[][] = [];
  let worst = 0;
  for (const limit of LIMITS) {
    const [acls, zones] = [10, 34];
    progress(`herd: ${acls} ACLs of ${zones} zones, ${limit} calls a minute`);
    const world = manyZones(acls, zones, 2, OKTA_MS);
    const { system } = world;
    await fill(world, 2 * zones);
    await limitTo(system, limit);
    const before = system.okta.requests(0).length;
    const began = system.clock.now();
    for (const acl of world.acls.keys()) await accepted(system, 'access.flushed', { acl });
    const doneMs = await timeUntil(world, allEmpty, began);
    const calls = system.okta.requests(0).slice(before);
    const refused = calls.filter(({ status }) => status === 429).length;
    const needed = 2 * acls * zones;
    const bound = needed / limit;
    const minutes = doneMs / MINUTE_MS;
    worst = Math.max(worst, minutes / bound);
    rows.push([
      acls,
      zones,
      limit,
      needed,
      calls.length,
      refused,
      rounded(bound, 2),
      rounded(minutes, 2),
      rounded(minutes / bound, 2),
    ]);
  }
  return {
    tables: [
      {
        title: 'A herd: every zone of every ACL changes at once',
        columns: [
          'ACLs',
          'zones each',
          'calls a minute',
          'calls needed',
          'calls made',
          '429',
          'needed / limit (min)',
          'all right (min)',
          'ratio',
        ],
        rows,
        note: 'Each ACL is flushed, ten events in a row, so that each zone loses everybody. Needed is a GET and a PUT of each zone.',
      },
    ],
    goals: [
      { what: 'a herd: time to the last zone / (calls needed / limit)', measured: rounded(worst, 2), atMost: 1.5 },
    ],
  };
}

/** @returns milliseconds since `began`, on the half second; at most an hour */
async function timeUntil(world: ManyZones, is: (world: ManyZones) => boolean, began: number): Promise<number> {
  const { clock } = world.system;
  while (!is(world) && clock.now() < began + 60 * MINUTE_MS) await clock.advance(500);
  return is(world) ? clock.now() - began : Number.POSITIVE_INFINITY;
}

async function slowOkta(progress: Progress): Promise<BenchResult> {
  const [zones, latencyMs] = [34, 2_400];
  progress(`slow Okta: ${zones} zones, ${latencyMs} ms a call`);
  const { system, acls } = manyZones(1, zones, 150, latencyMs);
  const [acl = ''] = acls.keys();
  const arrivals = arrivalsIn(system);
  const began = system.clock.now();
  await login(system, acl, addressOf(0, 0));
  await system.clock.advance(10 * MINUTE_MS);
  const firstMs = (arrivals.get(`${addressOf(0, 0)}/32`) ?? Number.POSITIVE_INFINITY) - began;
  const calls = system.okta.requests(0);
  const read = new Set(calls.filter(({ method }) => method === 'GET').map(({ zoneId }) => zoneId)).size;
  return {
    tables: [
      {
        title: 'Slow Okta',
        columns: ['zones', 'a call takes (s)', 'first login is in (s)', 'zones read in ten minutes'],
        rows: [[zones, latencyMs / 1000, rounded(firstMs / 1000, 2), read]],
        note: 'Nothing is known of any zone when the login comes.',
      },
    ],
    goals: [{ what: 'slow Okta: the first needed write', measured: rounded(firstMs / 1000, 2), atMost: 10, unit: 's' }],
  };
}
