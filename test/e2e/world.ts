import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { localTarget } from '../../cli/local-run/local-target.ts';
import { stackTarget } from '../../cli/stack-target.ts';
import type { Target } from '../../cli/target.ts';
import { askOutcome, outcomeUrl, sendEvent, type WebhookAnswer } from '../../cli/webhook-client.ts';
import { apiToken, serviceApp } from '../../local/okta-credentials.ts';
import type { SimulatorControl } from '../../local/okta-simulator/control-client.ts';
import type { LogLine, RunningSystem } from '../../local/running-system.ts';

export const OKTA_TOKEN = 'e2e-okta-token';

/** One way to sign in to Okta for each kind of system, so that the suite runs with both; or the other way round. */
const WAYS = [serviceApp(), apiToken(OKTA_TOKEN)] as const;
const [forEmbedded, forEmulator] = process.env.KNOCKNOC_E2E_CREDENTIALS === 'swapped' ? WAYS.toReversed() : WAYS;
export const CREDENTIALS = { embedded: forEmbedded ?? WAYS[0], emulator: forEmulator ?? WAYS[1] };
export const SENTINEL = '192.0.2.0/32';
/** What the customer's zones hold before the system has anything to do with them. */
export const FOUND = '198.51.100.77/32';

/**
 * Seconds that only a failure waits. A message comes again 90 s after its function ran out of time, which a machine that
 * is busy enough does to any.
 */
export const PATIENCE = 150;
/** Far from what any test needs: what a short quota leads to is no question of these tests. */
const CALLS_A_MINUTE = 10_000;
/** Seconds; no question for an outcome waits longer. */
const LONGEST_WAIT = 20;
const LOOK_EVERY_MS = 150;

/** One ACL with one zone for every test, so that they can run side by side; another one for each that is tried again. */
const ACLS = 60;
/** No event names its ACL. */
export const UNTOUCHED = zoneOf(aclName(ACLS - 1));

/** The ACL that overflows from one zone into the other. */
const TWO_ZONES = { acl: 'acl-of-two', zoneIds: ['nzo1endToEndFirst0000', 'nzo1endToEndSecond000'] } as const;

/** The ACL whose list is read. Seldom enough that the reads take little from the tests beside it. */
const LISTED = { acl: 'acl-listed', zoneIds: ['nzo1endToEndListed000'], allowlist: { pollSeconds: 10 } } as const;

export const CONFIGURATION = {
  stackName: 'KnocknocOktaTest',
  okta: { checkPolicies: true },
  acls: {
    ...Object.fromEntries(Array.from({ length: ACLS }, (_, i) => [aclName(i), { zoneIds: [zoneOf(aclName(i))] }])),
    [TWO_ZONES.acl]: { zoneIds: TWO_ZONES.zoneIds },
    [LISTED.acl]: { zoneIds: LISTED.zoneIds, allowlist: LISTED.allowlist },
  },
  // Few enough that a test fills two zones, and more than any other test needs.
  gatewayLimit: 5,
  sentinel: SENTINEL,
  retainData: false,
} as const;

function aclName(index: number): string {
  return `acl-${String(index).padStart(2, '0')}`;
}

export function zoneOf(acl: string): string {
  return `nzo1endToEnd${acl.replace('acl-', 'Zone')}0000`.slice(0, 20);
}

let used = 0;

/** An ACL of its own for one test, with a zone as a customer has it. */
export class AclUnderTest {
  readonly acl: string;
  readonly zoneId: string;
  readonly #system: RunningSystem;

  private constructor(system: RunningSystem, acl: string, zoneId = zoneOf(acl)) {
    this.#system = system;
    this.acl = acl;
    this.zoneId = zoneId;
  }

  /** The ACL whose list is read, for one test alone. */
  static listed(system: RunningSystem): AclUnderTest {
    return new AclUnderTest(system, LISTED.acl, LISTED.zoneIds[0]);
  }

  /** The ACL with two zones, once for each of them. */
  static ofTwoZones(system: RunningSystem): [AclUnderTest, AclUnderTest] {
    const [first, second] = TWO_ZONES.zoneIds;
    return [new AclUnderTest(system, TWO_ZONES.acl, first), new AclUnderTest(system, TWO_ZONES.acl, second)];
  }

  static async make(system: RunningSystem): Promise<AclUnderTest> {
    const under = new AclUnderTest(system, aclName(used));
    used += 1;
    if (used >= ACLS) throw new Error('more tests than ACLs: raise ACLS');
    return under;
  }

  get okta(): SimulatorControl {
    return this.#system.simulator;
  }

  grant(ip: string, more: Readonly<Record<string, unknown>> = {}, event: Partial<Sent> = {}): Promise<WebhookAnswer> {
    return this.send('access.granted', { ip, ...more }, event);
  }

  revoke(ip: string, more: Readonly<Record<string, unknown>> = {}, event: Partial<Sent> = {}): Promise<WebhookAnswer> {
    return this.send('access.revoked', { ip, ...more }, event);
  }

  flush(event: Partial<Sent> = {}): Promise<WebhookAnswer> {
    return this.send('access.flushed', {}, event);
  }

  async send(type: string, data: Readonly<Record<string, unknown>>, event: Partial<Sent> = {}): Promise<WebhookAnswer> {
    const { at = Date.now(), id = `e2e_${randomUUID()}`, wait } = event;
    const body = { type, timestamp: new Date(at).toISOString(), data: { acl: this.acl, ...data } };
    const accepted = await sendEvent(this.#system, body, { id, now: Date.now() });
    return wait === undefined ? accepted : this.outcome(accepted, wait);
  }

  /** Asks what became of an event that was accepted, until that is known. */
  async outcome(accepted: WebhookAnswer, wait = PATIENCE): Promise<WebhookAnswer> {
    const url = outcomeUrl(this.#system, accepted);
    if (url === undefined) throw new Error(`no address of an outcome: ${accepted.status} ${accepted.body}`);
    const { id }: { readonly id: string } = JSON.parse(accepted.body);
    // Where many wait the answer comes at once, and the question is asked again.
    for (const left = patience(wait, LONGEST_WAIT); ; ) {
      const seconds = Math.min(Math.ceil(left()), LONGEST_WAIT);
      const answer = await askOutcome(this.#system, url, { id, now: Date.now(), wait: seconds });
      const isOpen = answer.status === 202 || answer.status === 429 || answer.status === 503;
      if (!isOpen || left() === 0) return answer;
      await sleep(500);
    }
  }

  async gateways(): Promise<string[]> {
    const zone = await this.okta.zone(this.zoneId);
    return (zone.gateways ?? []).map(({ value }) => value ?? '').sort();
  }

  /** Waits until the zone shows exactly these, and says what it shows instead where it never does. */
  async showsOnly(...values: readonly string[]): Promise<void> {
    const wanted = values.map((value) => (value.includes('/') ? value : `${value}/32`)).sort();
    await until(
      `zone of ${this.acl} shows ${wanted}`,
      () => this.gateways(),
      (shown) => shown.join() === wanted.join(),
    );
  }

  /** Waits for a log line with this code on this ACL. */
  async reports(code: string): Promise<LogLine> {
    const lines = await until(
      `${this.acl} reports ${code}`,
      async () => (await this.#system.logs()).filter((line) => line.code === code && line.acl === this.acl),
      (found) => found.length > 0,
    );
    return lines[0] ?? {};
  }

  async puts(): Promise<number> {
    const requests = await this.okta.requests();
    return requests.filter(({ method, zoneId }) => method === 'PUT' && zoneId === this.zoneId).length;
  }
}

export interface Sent {
  /** The event's own time, in milliseconds since the epoch. */
  readonly at: number;
  readonly id: string;
  /** Seconds to wait for its outcome, which is the answer then. */
  readonly wait: number;
}

export async function until<T>(what: string, look: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (const left = patience(PATIENCE, 1); ; ) {
    const value = await look();
    if (good(value)) return value;
    if (left() === 0) throw new Error(`waited in vain: ${what}. Last seen: ${JSON.stringify(value)}`);
    await sleep(LOOK_EVERY_MS);
  }
}

/**
 * How many seconds are left to wait. From one question to the next no more than `most` go by: a machine that stands still
 * meanwhile, or is slow, has not made what is waited for late.
 */
function patience(seconds: number, most: number): () => number {
  let left = seconds;
  let last = Date.now();
  return () => {
    const now = Date.now();
    left = Math.max(0, left - Math.min((now - last) / 1_000, most));
    last = now;
    return left;
  };
}

/** The command line's way to it. */
export function operatorOf({ run }: RunningSystem): Promise<Target> {
  return run.kind === 'embedded' ? localTarget(run.operator) : stackTarget(run.stackName, run);
}

/** Seeds the zone of every ACL as customers have them: with a list, a proxy and a name of their own. */
export async function seedZones(system: RunningSystem): Promise<void> {
  await system.simulator.setRateLimit({ limit: CALLS_A_MINUTE });
  const ids = Object.values(CONFIGURATION.acls).flatMap(({ zoneIds }) => zoneIds);
  for (const [i, id] of ids.entries()) {
    await system.simulator.seedZone(id, {
      name: `Customer zone ${i}`,
      gateways: [{ type: 'CIDR', value: FOUND }],
      proxies: [{ type: 'CIDR', value: '198.51.100.1/32' }],
    });
  }
}

/** Warnings and errors of the functions, each kind once with how often it was said: for whoever reads why a test failed. */
export async function complaints(system: RunningSystem): Promise<string> {
  const counts = new Map<string, number>();
  for (const { level, service, function_name: name, message, code } of await system.logs()) {
    if (level !== 'WARN' && level !== 'ERROR') continue;
    const kind = [level, name ?? service, code, message].filter((part) => part !== undefined).join(' ');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `  ${count} × ${kind}`).join('\n');
}
