import type { FunctionName } from '../cdk/function-code.ts';
import { parseConfig } from '../config/load.ts';
import { ACL, VirtualSystem } from '../test/helpers/virtual-system.ts';
import { Meter, type UsageByFunction } from './meter.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Of the night, before the first login. */
const REST_HOURS = 7;
const GATEWAYS = 150;

export interface DayUse {
  readonly people: number;
  readonly zones: number;
  readonly events: number;
  /** Grants that end by themselves. */
  readonly expiries: number;
  readonly usage: UsageByFunction;
  readonly metrics: ReadonlySet<string>;
  readonly okta: { readonly gets: number; readonly puts: number };
  /** Before the first login. */
  readonly oktaCallsPerHourAtRest: number;
  /** What a day would be if it went on as before the first login: at rest, with as many zones. */
  readonly atRest: UsageByFunction;
  /** At the day's end of events: grants, and what is remembered of events. */
  readonly storedItems: number;
}

/**
 * A day, counted from midnight to midnight: everybody logs in once between eight and ten, from an address of their
 * own, for eight hours; every second one logs out, evenly between four and six; the others' grants expire.
 */
export function workingDay(
  people: number,
): readonly { readonly at: number; readonly type: string; readonly ip: string }[] {
  const half = Math.ceil(people / 2);
  const logins = Array.from({ length: people }, (_, i) => ({
    at: 8 * HOUR_MS + Math.floor((i * 2 * HOUR_MS) / people),
    type: 'access.granted',
    ip: addressOf(i),
  }));
  const logouts = Array.from({ length: Math.floor(people / 2) }, (_, i) => ({
    at: 14 * HOUR_MS + Math.floor((i * 2 * HOUR_MS) / half),
    type: 'access.revoked',
    ip: addressOf(2 * i),
  }));
  return [...logins, ...logouts];
}

/** Far apart: no two people are neighbours whose addresses could share an entry. */
export function addressOf(person: number): string {
  return `8.${person >> 7}.${(person & 127) * 2}.${1 + ((person * 37) % 250)}`;
}

/** Runs a day through the real handlers, with everything that they ask of AWS and Okta counted. */
export async function measureDay(people: number, progress: (text: string) => void = () => {}): Promise<DayUse> {
  const world = await meteredWorld(people);
  const { system, meter } = world;
  const before = meter.calls();
  const began = system.clock.now();
  const events = workingDay(people);
  const untouched = structuredClone({ usage: meter.usage, okta: before });
  await system.clock.advance(REST_HOURS * HOUR_MS);
  const rest = minus({ usage: meter.usage, okta: meter.calls() }, untouched);
  for (const [index, { at, type, ip }] of events.entries()) {
    if (index % 500 === 0) progress(`${people} people a day: event ${index} of ${events.length}`);
    await system.clock.advance(began + at - system.clock.now());
    await world.send(type, ip);
  }
  const storedItems = system.functions.table.items().length;
  await system.clock.advance(began + 24 * HOUR_MS - system.clock.now());
  const { gets, puts } = meter.calls();
  return {
    ...dayOf(people),
    usage: meter.usage,
    metrics: meter.metrics,
    okta: { gets: gets - before.gets, puts: puts - before.puts },
    oktaCallsPerHourAtRest: (rest.okta.gets + rest.okta.puts) / REST_HOURS,
    atRest: times(rest, 24 / REST_HOURS).usage,
    storedItems,
  };
}

/** Of each two hours of logins, logouts or expiries, the share in their middle that `sampleDay` runs. */
const SAMPLE = 0.1;

/**
 * The same day, for numbers with which it would take too long: an hour at rest stands for the fourteen of the night,
 * one with everybody in for the four at noon, and the middle tenth of the logins, of the logouts and of the expiries
 * for the whole of each. What brings the system from one of these to the next is run and not counted.
 */
export async function sampleDay(people: number, progress: (text: string) => void = () => {}): Promise<DayUse> {
  const world = await meteredWorld(people);
  const { system, meter } = world;
  const parts: { readonly use: Counted; readonly weight: number }[] = [];
  const count = async (what: string, weight: number, work: () => Promise<void>) => {
    progress(`${people} people a day: ${what}`);
    await system.clock.advance(5 * MINUTE_MS);
    const before = structuredClone({ usage: meter.usage, okta: meter.calls() });
    await work();
    const use = minus({ usage: meter.usage, okta: meter.calls() }, before);
    parts.push({ use, weight });
    return use;
  };
  const sendAll = async (type: string, from: number, to: number, data: (i: number) => object = () => STAYS) => {
    for (let i = from; i < to; i += 1) await world.send(type, addressOf(i), type === 'access.granted' ? data(i) : {});
  };
  /** In the middle tenth of two hours, evenly; then what is left of it. */
  const spread = async (type: string, from: number, to: number) => {
    const began = system.clock.now();
    const span = SAMPLE * 2 * HOUR_MS;
    for (let i = from; i < to; i += 1) {
      await system.clock.advance(began + (span * (i - from)) / (to - from) - system.clock.now());
      await sendAll(type, i, i + 1);
    }
    await system.clock.advance(began + span - system.clock.now());
  };
  const share = (part: number) => Math.round(part * people);
  const sampled = 1 / SAMPLE;

  const atRest = await count('at rest', 14, () => system.clock.advance(HOUR_MS));
  await sendAll('access.granted', 0, share(0.5));
  await count('logins', sampled, () => spread('access.granted', share(0.5), share(0.6)));
  await sendAll('access.granted', share(0.6), people);
  await count('everybody is in', 4, () => system.clock.advance(HOUR_MS));
  await sendAll('access.revoked', 0, share(0.25));
  await count('logouts', sampled, () => spread('access.revoked', share(0.25), share(0.3)));
  // Of the half that stays until the end a quarter of all is left in the middle, and a twentieth of all is due in it.
  await sendAll('access.revoked', share(0.3), share(0.75));
  const due = share(0.8) - share(0.75);
  // Longer than it takes to send them and the rest before the count; then one after the other.
  const first = system.clock.now() + 5 * MINUTE_MS + (due * 100 + 60_000);
  const expiresAt = (i: number) => first + (SAMPLE * 2 * HOUR_MS * (i - share(0.75))) / due;
  await sendAll('access.granted', share(0.75), share(0.8), (i) => ({
    expiresAt: new Date(expiresAt(i)).toISOString(),
  }));
  await system.clock.advance(Math.max(0, first - 5 * MINUTE_MS - system.clock.now()));
  await count('expiries', sampled, () => system.clock.advance(SAMPLE * 2 * HOUR_MS));

  const { usage, okta } = parts.reduce((sum, { use, weight }) => plus(sum, times(use, weight)), times(atRest, 0));
  return {
    ...dayOf(people),
    usage,
    metrics: meter.metrics,
    okta,
    oktaCallsPerHourAtRest: atRest.okta.gets + atRest.okta.puts,
    atRest: times(atRest, 24).usage,
    storedItems: system.functions.table.items().length,
  };
}

/** Nobody of these is to expire while something else is counted. */
const STAYS = { durationSeconds: 23 * 3600 };

function dayOf(people: number) {
  const events = workingDay(people);
  const logouts = events.filter(({ type }) => type === 'access.revoked').length;
  return { people, zones: zonesFor(people), events: events.length, expiries: people - logouts };
}

export function zonesFor(people: number): number {
  return Math.max(1, Math.ceil(people / GATEWAYS));
}

/** An ACL that is in use already: it has had its first event, and is at rest. */
async function meteredWorld(people: number) {
  const zoneIds = Array.from({ length: zonesFor(people) }, (_, i) => `nzo1bench${String(i).padStart(11, '0')}`);
  const settings = { acls: { [ACL]: { zoneIds } } };
  const system = new VirtualSystem(settings);
  for (const [index, id] of zoneIds.entries()) {
    system.okta.seedZone(id, { name: `Zone ${index}`, gateways: [{ type: 'CIDR', value: '192.0.2.0/32' }] });
  }
  const handlers = system.functions.deploy(parseConfig({ okta: { domain: 'acme.okta.com' }, ...settings }));
  await system.grant('8.255.255.1', { durationSeconds: 60 });
  await system.clock.advance(20 * MINUTE_MS);
  const send = async (type: string, ip: string, more: object = {}) => {
    const who = { ip, user: `person-${ip}@example.com`, grantId: `session-${ip}` };
    const { status } = await system.send(type, { ...who, ...more });
    if (status !== 202) throw new Error(`an event was answered with ${status}`);
  };
  return { system, meter: new Meter(system, handlers), send };
}

interface Counted {
  readonly usage: UsageByFunction;
  readonly okta: { readonly gets: number; readonly puts: number };
}

/** Combines two trees of numbers of the same shape, number by number. */
function combined<T extends object>(a: T, b: T, how: (x: number, y: number) => number): T {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const entries = names.map((name) => {
    const [one, other]: unknown[] = [Reflect.get(a, name) ?? 0, Reflect.get(b, name) ?? 0];
    const isTree = typeof one === 'object' && typeof other === 'object';
    return [name, isTree ? combined(one as object, other as object, how) : how(Number(one), Number(other))];
  });
  return Object.fromEntries(entries);
}

const plus = (a: Counted, b: Counted) => combined(a, b, (x, y) => x + y);
const minus = (a: Counted, b: Counted) => combined(a, b, (x, y) => x - y);
const times = (a: Counted, factor: number) => combined(a, a, (x) => x * factor);

export const FUNCTION_NAMES = [
  'webhook',
  'outcome',
  'grants',
  'zone',
  'expiry',
] as const satisfies readonly FunctionName[];
