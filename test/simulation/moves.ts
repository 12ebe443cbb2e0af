import { letsIn } from './gateways.ts';
import type { LetIn } from './inside.ts';

/** Watches that nobody who moves from zone to zone of an ACL is in none of them in between. */
export class Moves<Run extends object> {
  /** By run and ACL: whom the present look at grants and zones has put out. */
  readonly #out = new WeakMap<Run, Map<string, Set<string>>>();

  /** By run and ACL: whom it said that it puts out for one update. */
  readonly #parted = new WeakMap<Run, Map<string, Set<string>>>();

  /** By ACL: whom some list of its own has let in so far. Whoever an administrator has put into a zone has no place there. */
  readonly #placed = new Map<string, Set<string>>();

  /** A run looks at an ACL, of which it may do several one after the other, and several ACLs side by side. */
  lookBegins(run: Run, acl: string): void {
    const out = this.#out.get(run) ?? new Map<string, Set<string>>();
    this.#out.set(run, out.set(acl, new Set()));
  }

  /** A list is on its way to Okta. */
  sent(acl: string, list: LetIn): void {
    const placed = this.#placed.get(acl) ?? new Set<string>();
    for (const host of list.entries) placed.add(host);
    this.#placed.set(acl, placed);
  }

  partingIsSaid(run: Run, acl: string, entries: readonly string[]): void {
    const parted = this.#parted.get(run) ?? new Map<string, Set<string>>();
    const all = new Set([...(parted.get(acl) ?? []), ...entries.flatMap(letsIn)]);
    this.#parted.set(run, parted.set(acl, all));
  }

  /**
   * A zone was written.
   * @param before who was in any of the ACL's zones
   * @param after who is now
   * @param isElsewhere whether the list, or another zone as far as anybody knows, has somebody who is in none after it: then
   * it was an administrator who put them out
   * @returns those whom the same look put out before and let in again: its own list had them all along
   */
  written(run: Run, acl: string, before: LetIn, after: LetIn, isElsewhere: (host: string) => boolean): string[] {
    const out = this.#out.get(run)?.get(acl) ?? new Set<string>();
    const placed = this.#placed.get(acl);
    const went = [...before.entries].filter((host) => !after.has(host) && !isElsewhere(host));
    for (const host of went) if (placed?.has(host)) out.add(host);
    const parted = this.#parted.get(run)?.get(acl);
    const back = [...after.entries].filter((host) => !before.has(host) && out.has(host));
    return back.filter((host) => !parted?.delete(host));
  }
}
