import { LetIn } from './inside.ts';

interface Open {
  readonly list: LetIn;
  since: LetIn;
}

/**
 * Who has a place in a zone by all that Okta has told the functions. An administrator may have taken them out since: as long
 * as Okta has not shown that, nobody can know, and whoever counts on the zone is not to blame.
 */
export class Confirmed {
  readonly #byZone = new Map<string, LetIn>();

  /** By zone: the updates of which nobody knows yet what became of them, and who was sure ever since. They may be carried out late. */
  readonly #open = new Map<string, Map<object, Open>>();

  /** An update is on its way: whoever is not in its list is not sure any more. */
  isSent(zoneId: string, update: object, list: LetIn): void {
    this.#isIn(zoneId, list);
    this.#open.set(zoneId, (this.#open.get(zoneId) ?? new Map<object, Open>()).set(update, { list, since: list }));
  }

  /** Okta has carried it out, or refused it; and shows this list, if it shows one. */
  isAnswered(zoneId: string, update: object, list: LetIn | undefined): void {
    const open = this.#open.get(zoneId) ?? new Map<object, Open>();
    const { since } = open.get(update) ?? {};
    open.delete(update);
    if (!list) return;
    const others = [...open.values()].map((other) => other.list);
    this.#byZone.set(zoneId, [...(since ? [since] : []), ...others].reduce(common, list));
  }

  /** Okta shows a zone: whoever is not in that list is not sure any more. */
  isShown(zoneId: string, list: LetIn): void {
    this.#isIn(zoneId, list);
    if (!this.#byZone.has(zoneId)) this.#byZone.set(zoneId, list);
  }

  #isIn(zoneId: string, list: LetIn): void {
    const known = this.#byZone.get(zoneId);
    if (known) this.#byZone.set(zoneId, common(known, list));
    for (const open of this.#open.get(zoneId)?.values() ?? []) open.since = common(open.since, list);
  }

  /** Nobody looks after other zones than these from now on. */
  keep(zoneIds: readonly string[]): void {
    for (const zoneId of this.#byZone.keys()) if (!zoneIds.includes(zoneId)) this.#byZone.delete(zoneId);
  }

  /** @param zoneIds where somebody may have a place */
  has(zoneIds: readonly string[], host: string): boolean {
    return zoneIds.some((zoneId) => this.#byZone.get(zoneId)?.has(host));
  }
}

function common(one: LetIn, other: LetIn): LetIn {
  return new LetIn(new Set([...one.entries].filter((host) => other.has(host))));
}
