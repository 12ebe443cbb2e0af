import { parseConfig } from '../config/load.ts';
import { ACL, VirtualSystem } from '../test/helpers/virtual-system.ts';
import { type BenchTable, rounded } from './bench-result.ts';
import { compute, DAYS, emptyPolls, perMillion, table } from './bill.ts';
import { deployedStack } from './deployed-stack.ts';
import { LATENCY_MS, Meter } from './meter.ts';
import prices from './prices.json' with { type: 'json' };
import { addressOf, workingDay, zonesFor } from './working-day.ts';

const HOUR_MS = 3_600_000;
const STAY_MS = 8 * HOUR_MS;
const POLLS = [5, 15, 60] as const;
const PEOPLE = [50, 500] as const;
/** The one that has a goal. */
const USUAL_POLL = 15;
const GB = 2 ** 30;

interface Part {
  readonly name: string;
  readonly dollars: number;
}

export interface ListCosts {
  readonly table: BenchTable;
  /** What the reads cost a month, by people a day, where the list is read as often as usual. */
  readonly usual: ReadonlyMap<number, number>;
}

/**
 * What it costs a month to read the list of one ACL, beside what is fixed: days through the real handlers, on which nobody posts anything and
 * people come and go by the list alone.
 */
export async function listCosts(progress: (text: string) => void): Promise<ListCosts> {
  const days: { readonly people: number; readonly poll: number; readonly parts: readonly Part[] }[] = [];
  for (const people of PEOPLE) {
    for (const poll of POLLS) {
      progress(`${people} people a day, read every ${poll} s`);
      days.push({ people, poll, parts: await measure(people, poll) });
    }
  }
  const names = days[0]?.parts.map(({ name }) => name) ?? [];
  const cells = (of: (parts: readonly Part[]) => number) => days.map(({ parts }) => rounded(of(parts), 3).toFixed(3));
  return {
    usual: new Map(days.filter(({ poll }) => poll === USUAL_POLL).map(({ people, parts }) => [people, sum(parts)])),
    table: {
      title: 'What reading the list of one ACL costs a month (US dollars)',
      columns: ['part', ...days.map(({ people, poll }) => `${people} people, every ${poll} s`)],
      rows: [
        ...names.map((name) => [name, ...cells((parts) => parts.find((part) => part.name === name)?.dollars ?? 0)]),
        ['together', ...cells(sum)],
      ],
      note:
        'Days as above, on which nobody posts anything: people are on the list while they are in. Counted where the real ' +
        `handlers ask for it. A read of the list is taken to last ${LATENCY_MS.knocknoc} ms at Knocknoc, and brings a tag. ` +
        'What comes of the list costs what it costs where a sender posts it. The requests that Lambda holds open on the ' +
        'queue of reads are paid once, however many ACLs have lists; so is what is fixed: the table above.',
    },
  };
}

async function measure(people: number, pollSeconds: number): Promise<readonly Part[]> {
  const zoneIds = Array.from({ length: zonesFor(people) }, (_, i) => `nzo1bench${String(i).padStart(11, '0')}`);
  const settings = {
    okta: { domain: 'acme.okta.com' },
    acls: { [ACL]: { zoneIds, defaultGrantMinutes: STAY_MS / 60_000, allowlist: { pollSeconds } } },
  };
  const system = new VirtualSystem(settings);
  for (const id of zoneIds) system.okta.seedZone(id, { gateways: [{ type: 'CIDR', value: '192.0.2.0/32' }] });
  const handlers = system.functions.deploy(parseConfig(settings));
  const meter = new Meter(system, handlers);
  const before = structuredClone({ lists: meter.usage.allowlist, arming: meter.armingRequests });
  const began = system.clock.now();
  const listed = new Set<string>();
  for (const { at, ip, isIn } of changesOf(people)) {
    await system.clock.advance(began + at - system.clock.now());
    if (isIn) listed.add(ip);
    else listed.delete(ip);
    system.knocknoc.publish(ACL, [...listed]);
  }
  await system.clock.advance(began + 24 * HOUR_MS - system.clock.now());
  const { memoryMb = Number.NaN } = deployedStack(settings).allowlist ?? {};
  const use = meter.usage.allowlist;
  const reads = use.invocations - before.lists.invocations;
  const perDay = {
    'messages: sent, received, deleted': perMillion(meter.armingRequests + 2 * reads, 'standardQueueRequests'),
    'empty polls of the queue': perMillion(emptyPolls(reads), 'standardQueueRequests'),
    'runs of the function': compute(use, memoryMb),
    'the secret, read': perMillion(use.secretReads, 'secretReads'),
    'reads and writes of the table': table(use),
    'events of the list, sent': perMillion(use.fifoRequests, 'fifoQueueRequests'),
    logs: (use.logBytes / GB) * prices.logGb,
  };
  return Object.entries(perDay).map(([name, dollars]) => ({ name, dollars: DAYS * dollars }));
}

/** Who is on the list from when to when: everybody is for eight hours, or until they log out. */
function changesOf(people: number): { readonly at: number; readonly ip: string; readonly isIn: boolean }[] {
  const changes = workingDay(people).map(({ at, type, ip }) => ({ at, ip, isIn: type === 'access.granted' }));
  const leaving = new Set(changes.filter(({ isIn }) => !isIn).map(({ ip }) => ip));
  for (let i = 0; i < people; i += 1) {
    const ip = addressOf(i);
    const came = changes.find((change) => change.ip === ip)?.at ?? 0;
    if (!leaving.has(ip)) changes.push({ at: came + STAY_MS, ip, isIn: false });
  }
  return changes.sort((a, b) => a.at - b.at);
}

function sum(parts: readonly Part[]): number {
  return parts.reduce((total, { dollars }) => total + dollars, 0);
}
