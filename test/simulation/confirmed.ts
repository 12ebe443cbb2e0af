import { LetIn } from './inside.ts';

/**
 * Who has a place in a zone by all that Okta has told the functions. An administrator may have taken them out since: as long
 * as Okta has not shown that, nobody can know, and whoever counts on the zone is not to blame.
 */
export class Confirmed {
  readonly #byZone = new Map<string, LetIn>();

  /** An update is on its way, or Okta shows the zone: whoever is not in that list is not sure any more. */
  isAt(zoneId: string, list: LetIn): void {
    const known = this.#byZone.get(zoneId) ?? list;
    this.#byZone.set(zoneId, new LetIn(new Set([...known.entries].filter((host) => list.has(host)))));
  }

  /** Okta has carried out an update. */
  isWritten(zoneId: string, list: LetIn): void {
    this.#byZone.set(zoneId, list);
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
