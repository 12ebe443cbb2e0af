import { differenceOf } from '../../lib/addresses/list-difference.ts';
import { grantKey } from '../../lib/grants/grant-items.ts';
import { AUDIT, ITEM } from '../../lib/names.ts';
import type { Fields } from '../../lib/ports.ts';
import type { Change } from '../../local/stand-ins/memory-table.ts';

/** Lines that say what became of an event, but of one that was applied before. */
const OF_EVENTS: readonly unknown[] = [AUDIT.granted, AUDIT.revoked, AUDIT.flushed, AUDIT.overtaken];

/**
 * Whether the lines of the audit are those of what has happened: each event that was applied, each grant that has left the
 * table and each list that Okta has replaced has one, and nothing else has.
 */
export class AuditCheck {
  /** By what happened: how often it did, less how often it was said. */
  readonly #open = new Map<string, number>();

  /** A message of the events queue will be handled. One that repeats another is a duplicate, whichever comes first. */
  queued(webhookId: string): void {
    const name = `event ${webhookId}`;
    this.#count(this.#open.has(name) ? `repetition of ${webhookId}` : name, 1);
  }

  changed({ eventName, key }: Change): void {
    if (eventName === 'REMOVE' && key.item.startsWith(ITEM.grant)) this.#count(`end of ${key.acl} ${key.item}`, 1);
  }

  put(zoneId: string, before: readonly string[], after: readonly string[]): void {
    const { added, removed } = differenceOf(before, after);
    if (added.length + removed.length > 0) this.#count(putName(zoneId, added, removed), 1);
  }

  said(line: Fields): void {
    const { action, acl, webhookId, zoneId, added, removed } = line;
    if (OF_EVENTS.includes(action)) this.#count(`event ${webhookId}`, -1);
    if (action === AUDIT.duplicate) this.#count(`repetition of ${webhookId}`, -1);
    const isOfOne = action === AUDIT.revoked && line.grantId !== undefined && line.ended === 1;
    if (action === AUDIT.ended || action === AUDIT.expired || isOfOne) {
      const grant = {
        acl: String(acl),
        ip: String(line.ip),
        ...(line.grantId !== undefined && { grantId: String(line.grantId) }),
      };
      this.#count(`end of ${acl} ${line.item ?? grantKey(grant).item}`, -1);
    }
    if (action === AUDIT.zoneUpdated && Array.isArray(added) && Array.isArray(removed)) {
      // A list that was doubted is written although it is the same.
      if (added.length + removed.length > 0) this.#count(putName(String(zoneId), added, removed), -1);
    }
  }

  /** What was not said, or said too often. */
  problems(): string[] {
    return [...this.#open].flatMap(([name, open]) => {
      if (open === 0) return [];
      return [open > 0 ? `missing: ${name}${open > 1 ? ` (${open} times)` : ''}` : `said ${-open} too often: ${name}`];
    });
  }

  #count(name: string, by: number): void {
    this.#open.set(name, (this.#open.get(name) ?? 0) + by);
  }
}

/**
 * Lines without those that only repeat another: a process that dies, or fails over and over, at the wrong moment leaves
 * two with the same ids.
 */
export function withoutRepetitions(lines: readonly Fields[]): Fields[] {
  const ids = new Set<string>();
  return lines.filter(({ action, webhookId, position, acl, ip, grantId, item, change, zoneId, write }) => {
    const ofEvent = action === AUDIT.zoneUpdated ? [] : [webhookId, position, acl, ip, grantId, item, change];
    const id = JSON.stringify([action, ...ofEvent, zoneId, write]);
    if (action !== undefined && ids.has(id)) return false;
    ids.add(id);
    return true;
  });
}

function putName(zoneId: string, added: readonly unknown[], removed: readonly unknown[]): string {
  return `zone ${zoneId} +[${[...added].sort()}] -[${[...removed].sort()}]`;
}
