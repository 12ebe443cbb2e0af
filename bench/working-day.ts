import { parseConfig } from '../cdk/config.ts';
import type { FunctionName } from '../cdk/function-code.ts';
import { ACL, VirtualSystem } from '../test/helpers/virtual-system.ts';
import { Meter, type UsageByFunction } from './meter.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
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
function addressOf(person: number): string {
  return `8.${person >> 7}.${(person & 127) * 2}.${1 + ((person * 37) % 250)}`;
}

/** Runs a day through the real handlers, with everything that they ask of AWS and Okta counted. */
export async function measureDay(people: number, progress: (text: string) => void = () => {}): Promise<DayUse> {
  const zones = Math.max(1, Math.ceil(people / GATEWAYS));
  const zoneIds = Array.from({ length: zones }, (_, i) => `nzo1bench${String(i).padStart(11, '0')}`);
  const settings = { acls: { [ACL]: { zoneIds } } };
  const system = new VirtualSystem(settings);
  for (const [index, id] of zoneIds.entries()) {
    system.okta.seedZone(id, { name: `Zone ${index}`, gateways: [{ type: 'CIDR', value: '192.0.2.0/32' }] });
  }
  // The ACL is in use already: it has had its first event, and is at rest.
  const okta = { domain: 'acme.okta.com' };
  const handlers = system.functions.deploy(parseConfig({ okta, ...settings }));
  await system.grant('8.255.255.1', { durationSeconds: 60 });
  await system.timers.advance(20 * MINUTE_MS);
  const meter = new Meter(system, handlers);
  const callsBefore = system.okta.requests(0).length;
  const began = system.timers.now();
  const events = workingDay(people);
  for (const [index, { at, type, ip }] of events.entries()) {
    if (index % 500 === 0) progress(`${people} people a day: event ${index} of ${events.length}`);
    await system.timers.advance(began + at - system.timers.now());
    const { status } = await system.send(type, { ip, user: `person-${ip}@example.com`, grantId: `session-${ip}` });
    if (status !== 202) throw new Error(`an event was answered with ${status}`);
  }
  const storedItems = system.functions.table.items().length;
  await system.timers.advance(began + 24 * HOUR_MS - system.timers.now());
  const calls = system.okta.requests(0).slice(callsBefore);
  const restHours = 7;
  const atRest = calls.filter(({ at }) => at < began + restHours * HOUR_MS);
  return {
    people,
    zones,
    events: events.length,
    expiries: people - events.filter(({ type }) => type === 'access.revoked').length,
    oktaCallsPerHourAtRest: atRest.length / restHours,
    usage: meter.usage,
    metrics: meter.metrics,
    okta: {
      gets: calls.filter(({ method }) => method === 'GET').length,
      puts: calls.filter(({ method }) => method === 'PUT').length,
    },
    storedItems,
  };
}

export const FUNCTION_NAMES = ['webhook', 'grants', 'zone', 'expiry'] as const satisfies readonly FunctionName[];
