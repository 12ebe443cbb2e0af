import { signedHeaders } from '../cli/webhook-client.ts';
import { apiEvent } from '../local/webhook-server.ts';
import { ACL, VirtualSystem, WEBHOOK_KEY } from '../test/helpers/virtual-system.ts';
import type { Bench } from './bench-result.ts';

const COUNTS = [100, 1_000, 5_000] as const;
const SPANS = { 'a second': 1_000, 'ten seconds': 10_000, 'a minute': 60_000 } as const;
/** What one call to Okta takes. */
const OKTA_MS = 250;
/** Calls a minute that one token may make: half of the 600 that Okta last published for a smaller paid org. */
const QUOTA = 300;
const MINUTE_MS = 60_000;
/** What a write to the table may take: as it mostly is, and as it is on a bad day. */
const WRITE_MS = [10, 20] as const;
const READ_MS = 5;
const QUEUE_MS = 10;
/** Bursts that the API does not refuse a part of. */
const WITHIN_THE_LIMITS = [
  [100, 'a second'],
  [1_000, 'ten seconds'],
  [5_000, 'a minute'],
] as const satisfies readonly (readonly [number, keyof typeof SPANS])[];

interface Cost {
  readonly puts: number;
  /** From the last arrival until the last person is in the zone. */
  readonly lastMs: number;
}

/** What bursts of logins cost, and how long the last person waits, against one update for each event. */
export const run: Bench = async (progress) => {
  const rows: (string | number)[][] = [];
  let [mostPuts, longestMs] = [0, 0];
  for (const count of COUNTS) {
    for (const [name, spanMs] of Object.entries(SPANS)) {
      progress(`${count} logins within ${name}`);
      const ours = await burst(count, spanMs);
      const oneByOne = updateForEach(count, spanMs);
      if (count >= 1_000) mostPuts = Math.max(mostPuts, ours.puts / count);
      longestMs = Math.max(longestMs, ours.lastMs);
      const seconds = ({ lastMs }: Cost) => Number((lastMs / 1000).toFixed(2));
      rows.push([count.toLocaleString('en-US'), name, ours.puts, oneByOne.puts, seconds(ours), seconds(oneByOne)]);
    }
  }
  const paced: (string | number)[][] = [];
  let longestPacedMs = 0;
  for (const [count, name] of WITHIN_THE_LIMITS) {
    for (const writeMs of WRITE_MS) {
      progress(`${count} logins within ${name}, ${writeMs} ms for a write`);
      const { puts, lastMs } = await burst(count, SPANS[name], writeMs);
      if (writeMs === WRITE_MS[0]) longestPacedMs = Math.max(longestPacedMs, lastMs);
      paced.push([count.toLocaleString('en-US'), name, writeMs, puts, Number((lastMs / 1000).toFixed(2))]);
    }
  }
  return {
    tables: [
      {
        title: 'Bursts of logins',
        columns: ['logins', 'within', 'PUTs', 'PUTs, one for each', 'last one in (s)', 'last one in, one for each (s)'],
        rows,
        note: `The production handlers on a virtual clock; each call to Okta takes ${OKTA_MS} ms, and ${QUOTA} a minute are allowed. Seconds are counted from the last login. Queue and table take no time here, on both sides. The baseline rewrites the whole list for each event, one after the other, as Knocknoc's own documentation says of its agent for Okta. Here it is given one call for each event, and no refusal: it waits for the new minute when the quota is used up.`,
      },
      {
        title: 'The same where table and queue take time',
        columns: ['logins', 'within', 'ms for a write', 'PUTs', 'last one in (s)'],
        rows: paced,
        note: `A write to the table takes as long as stated, a read ${READ_MS} ms, a message to the queue ${QUEUE_MS} ms (assumed). Events are applied one after the other, so a write of ${WRITE_MS[0]} ms lets at most ${1_000 / WRITE_MS[0]} through in a second: past that, the last of a burst waits for the queue, and no longer for Okta. Only bursts that the API lets through (150 a second, 300 at once). What Lambda itself takes between two batches is not counted.`,
      },
    ],
    goals: [
      { what: 'updates for each login of a burst of 1,000 or more', measured: mostPuts, atMost: 0.05 },
      { what: 'from the last login to the last person in', measured: longestMs / 1000, atMost: 2, unit: 's' },
      {
        what: `the same, ${WRITE_MS[0]} ms for a write, 5,000 in a minute at most`,
        measured: longestPacedMs / 1000,
        atMost: 5,
        unit: 's',
      },
    ],
  };
};

async function burst(count: number, spanMs: number, writeMs = 0): Promise<Cost> {
  const system = new VirtualSystem();
  system.latencyMs = OKTA_MS;
  system.okta.setRateLimit({ limit: QUOTA });
  // The first grant adopts the zone; its update is not part of the burst.
  await system.grant('203.0.113.7', { durationSeconds: 86_400 });
  await system.clock.advance(70_000);
  const putsBefore = system.puts();
  const began = system.clock.now();
  if (writeMs > 0) slowDown(system, writeMs);
  const answers: Promise<unknown>[] = [];
  const stepMs = Math.max(1, Math.floor(spanMs / count));
  for (let sent = 0; sent < count; ) {
    const due = Math.min(count, Math.floor(((system.clock.now() - began) / spanMs) * count) + 1);
    for (; sent < due; sent += 1) answers.push(post(system, sent));
    await system.clock.advance(stepMs);
  }
  const lastArrival = system.clock.now() - stepMs;
  await system.clock.advance(1_000);
  await Promise.all(answers);
  await system.clock.advance(120_000);
  const inZone = system.gateways().reduce((sum, cidr) => sum + 2 ** (32 - Number(cidr.split('/')[1])), 0);
  if (inZone !== count + 1) throw new Error(`${inZone - 1} of ${count} are in the zone`);
  const puts = system.okta.requests(0).filter(({ method }) => method === 'PUT');
  return { puts: puts.length - putsBefore, lastMs: (puts.at(-1)?.at ?? Number.NaN) + OKTA_MS - lastArrival };
}

/** From now on, what AWS does takes time on the virtual clock. */
export function slowDown(system: VirtualSystem, writeMs: number): void {
  const { clock, functions } = system;
  const { table, events } = functions;
  const plain = { get: table.get.bind(table), write: table.write.bind(table), expiry: table.queryExpiry.bind(table) };
  table.get = async (...args) => {
    await clock.sleep(READ_MS);
    return plain.get(...args);
  };
  table.write = async (...args) => {
    await clock.sleep(writeMs);
    return plain.write(...args);
  };
  table.queryExpiry = async function* (...args) {
    await clock.sleep(READ_MS);
    yield* plain.expiry(...args);
  };
  const send = events.send.bind(events);
  events.send = async (message) => {
    await clock.sleep(QUEUE_MS);
    return send(message);
  };
}

function post(system: VirtualSystem, index: number): Promise<unknown> {
  const now = system.clock.now();
  const ip = `203.1.${index >> 8}.${index & 255}`;
  const timestamp = new Date(now).toISOString();
  const body = JSON.stringify({ type: 'access.granted', timestamp, data: { acl: ACL, ip } });
  const headers = signedHeaders(WEBHOOK_KEY, `burst-${index}`, Math.floor(now / 1000), body);
  const request = apiEvent('/webhook', { 'content-type': 'application/json', ...headers }, Buffer.from(body));
  return system.functions.webhook(request);
}

/** One call for each event, one after the other, no more than the quota in any minute from the first call on. */
function updateForEach(count: number, spanMs: number): Cost {
  let free = 0;
  let windowEnd = MINUTE_MS;
  let left = QUOTA;
  for (let i = 0; i < count; i += 1) {
    let at = Math.max(free, (i * spanMs) / count);
    if (at < windowEnd && left === 0) at = windowEnd;
    if (at >= windowEnd) {
      windowEnd = at + MINUTE_MS;
      left = QUOTA;
    }
    left -= 1;
    free = at + OKTA_MS;
  }
  return { puts: count, lastMs: free - ((count - 1) * spanMs) / count };
}
