import { VirtualSystem, ZONE } from '../helpers/virtual-system.ts';

export interface Figure {
  readonly what: string;
  readonly measured: number;
  readonly allowed: number;
  readonly unit: 'PUTs' | 'ms' | 'refusals';
}

/** A post takes this long on the virtual clock: a hundred a second. */
const POST_MS = 10;
const addresses = (count: number) => Array.from({ length: count }, (_, i) => `203.0.${100 + (i >> 8)}.${i & 255}`);

/** People covered by a zone's list: past 150 entries neighbours share one. */
function covered(system: VirtualSystem): number {
  return system.gateways().reduce((sum, cidr) => sum + 2 ** (32 - Number(cidr.split('/')[1])), 0);
}

/** How many updates a burst of grants costs, at a hundred a second, until everybody is in. */
export async function putsOfBurst(count: number): Promise<number> {
  const system = new VirtualSystem();
  for (const ip of addresses(count)) await system.grant(ip);
  await system.clock.advance(30_000);
  const inZone = covered(system);
  if (inZone !== count) throw new Error(`${inZone} of ${count} are in the zone`);
  return system.puts();
}

/** From the first grant until Okta has it, with so many grants behind it at a hundred a second. */
export async function firstWaitMs(others: number): Promise<number> {
  const system = new VirtualSystem();
  const [first = '', ...rest] = addresses(others + 1);
  const began = system.clock.now();
  await system.grant(first);
  for (const ip of rest) await system.grant(ip);
  await system.clock.advance(10_000);
  const put = system.okta
    .requests(0)
    .find(({ method, body }) => method === 'PUT' && JSON.stringify(body).includes(`${first}/32`));
  if (!put) throw new Error('the first grant never came to Okta');
  return put.at + system.latencyMs - began;
}

/** Updates that so many looks at a zone that is as it should be cost. */
export async function putsOfVerifications(count: number): Promise<number> {
  const system = new VirtualSystem({ verifyMinutes: 1 });
  await system.grant('203.0.113.7', { durationSeconds: 86_400 });
  await system.clock.advance(5_000);
  const before = system.puts();
  const looks = () => system.okta.requests(0).filter(({ method }) => method === 'GET').length;
  for (const began = looks(); looks() - began < count; ) await system.clock.advance(60_000);
  return system.puts() - before;
}

export interface Slowdown {
  /** Updates in each ten seconds of the window, from a full quota on. */
  readonly putsInTenSeconds: readonly number[];
  readonly refusals: number;
  readonly lowestRemaining: number;
}

/** A grant each second for a minute against a quota of so many calls in that minute. */
export async function slowdown(limit: number): Promise<Slowdown> {
  const system = new VirtualSystem();
  system.okta.setRateLimit({ limit });
  const began = system.clock.now();
  let lowestRemaining = limit;
  for (const ip of addresses(60)) {
    await system.grant(ip);
    await system.clock.advance(1_000 - POST_MS);
    lowestRemaining = Math.min(lowestRemaining, system.okta.rateLimit().remaining);
  }
  const calls = system.okta.requests(0);
  const puts = calls.filter(({ method, zoneId }) => method === 'PUT' && zoneId === ZONE);
  const putsInTenSeconds = Array.from(
    { length: 6 },
    (_, i) => puts.filter(({ at }) => Math.floor((at - began) / 10_000) === i).length,
  );
  return { putsInTenSeconds, refusals: calls.filter(({ status }) => status === 429).length, lowestRemaining };
}

/** All that is promised of bursts, measured. */
export async function measure(): Promise<readonly Figure[]> {
  const alone = await firstWaitMs(0);
  return [
    { what: '100 grants in one second', measured: await putsOfBurst(100), allowed: 2, unit: 'PUTs' },
    { what: '1,000 grants in ten seconds', measured: await putsOfBurst(1_000), allowed: 12, unit: 'PUTs' },
    { what: 'wait of the first of 1,000', measured: await firstWaitMs(999), allowed: alone, unit: 'ms' },
    {
      what: '1,000 verifications of an equal zone',
      measured: await putsOfVerifications(1_000),
      allowed: 0,
      unit: 'PUTs',
    },
    {
      what: 'a minute of grants, a quota of 40',
      measured: (await slowdown(40)).refusals,
      allowed: 0,
      unit: 'refusals',
    },
  ];
}
