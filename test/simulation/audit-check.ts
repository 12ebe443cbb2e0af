import { canonicalGateways } from '../../lib/addresses/address-block.ts';
import { AUDIT } from '../../lib/names.ts';
import type { Fields } from '../../lib/ports.ts';
import type { OktaSimulator } from '../../local/okta-simulator/simulator.ts';
import { viewOf } from './inside.ts';
import type { WatchedAcl } from './monitor.ts';
import type { Plan } from './plan.ts';
import type { Invariant } from './violation.ts';

/** What a line says that tells of an event which the table has. */
const OF_EVENTS: readonly unknown[] = [AUDIT.granted, AUDIT.revoked, AUDIT.flushed, AUDIT.overtaken];
/** Others change lists in these, or a list changes long after the write that nobody knows of any more. */
const OTHERS = [
  'edit in mid-pass',
  'other status in an answer',
  'stale from Okta',
  'timeout and applied late',
] as const;

interface ZoneLine {
  readonly write: number;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Whether the lines of the audit tell all that has happened: of each event one, and of each zone how its list came about. */
export class AuditCheck {
  lines = 0;
  readonly #plan: Plan;
  readonly #events = new Set<string>();
  readonly #repeated: string[] = [];
  readonly #zones = new Map<string, Map<number, ZoneLine>>();
  readonly #seeds = new Map<string, readonly string[]>();

  /** @param zoneIds all that there are */
  constructor(plan: Plan, okta: OktaSimulator, zoneIds: readonly string[]) {
    this.#plan = plan;
    for (const zoneId of zoneIds) this.#seeds.set(zoneId, listOf(okta, zoneId) ?? []);
  }

  said({ action, acl, webhookId, zoneId, write, added, removed }: Fields): void {
    if (OF_EVENTS.includes(action)) {
      this.lines += 1;
      const event = `${acl} ${webhookId}`;
      if (this.#events.has(event)) this.#repeated.push(event);
      this.#events.add(event);
    }
    if (action !== AUDIT.zoneUpdated || typeof zoneId !== 'string' || typeof write !== 'number') return;
    this.lines += 1;
    const lines = this.#zones.get(zoneId) ?? new Map<number, ZoneLine>();
    // Whoever died after the line, or could not store that it was said, says it again.
    if (lines.has(write)) this.#repeated.push(`${zoneId} ${write}`);
    this.#zones.set(zoneId, lines.set(write, { write, added: texts(added), removed: texts(removed) }));
  }

  /** Once nothing has happened for long enough. */
  checkSettled(
    acls: readonly WatchedAcl[],
    okta: OktaSimulator,
    broken: (what: Invariant, detail: string) => void,
  ): void {
    const invariant = 'every change is in the audit';
    for (const { name, model } of acls) {
      for (const webhookId of model.appliedIds) {
        if (!this.#events.has(`${name} ${webhookId}`)) broken(invariant, `${name}: ${webhookId} has no line`);
      }
    }
    if (this.#isCalm()) for (const twice of this.#repeated) broken(invariant, `${twice} has two lines`);
    if (!this.#isAlone()) return;
    for (const [zoneId, lines] of this.#zones) {
      const list = new Set(this.#seeds.get(zoneId));
      for (const { added, removed } of [...lines.values()].sort((a, b) => a.write - b.write)) {
        for (const text of removed) list.delete(text);
        for (const text of added) list.add(text);
      }
      const [told, found] = [[...list].sort().join(), (listOf(okta, zoneId) ?? []).join()];
      if (told !== found) broken(invariant, `${zoneId} has ${found}; by the lines it has ${told}`);
    }
  }

  /** Whether nobody dies here, and the table keeps what is stored. */
  #isCalm(): boolean {
    const { actions, rates, weather } = this.#plan;
    const isTableDown = rates['table throttled'] || actions.some(({ do: what }) => what === 'table out');
    return weather === 'good' && !isTableDown && !actions.some(({ do: what }) => what === 'spoil');
  }

  /** Whether nobody else changes lists here, and all changes are few enough to be named. */
  #isAlone(): boolean {
    const { actions, oddZones, rates } = this.#plan;
    const isOther = actions.some(
      (action) =>
        action.do === 'turn lists round' ||
        action.do === 'spoil' ||
        (action.do === 'admin' && ['adds', 'removes', 'wipes'].includes(action.edit)),
    );
    return !isOther && !OTHERS.some((fault) => rates[fault]) && !Object.values(oddZones).includes('foreign');
  }
}

function listOf(okta: OktaSimulator, zoneId: string): readonly string[] | undefined {
  const zone = viewOf(okta, zoneId);
  return zone && canonicalGateways(zone.gateways ?? []);
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
