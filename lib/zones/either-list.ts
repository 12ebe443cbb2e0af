import { covers, readableBlocks } from '../addresses/address-block.ts';
import type { ListsOfZones } from './next-write.ts';

/**
 * A zone that has shown a list which nobody announced has either that list or the one that was known before: Okta may have
 * given an old answer, or somebody may have changed the zone. Of other zones there is one list.
 */
type Lists = Pick<ListsOfZones, 'has' | 'known'>;

/** All that a zone may have; what was known before comes first. */
export function mayHave(zone: number, { has, known = [] }: Lists): readonly string[] {
  const [shown = [], before = []] = [has[zone], known[zone]];
  return before.length === 0 ? shown : [...new Set([...before, ...shown])];
}

/** What a zone has whichever of its lists is there. */
export function surelyHas(zone: number, { has, known: all = [] }: Lists): readonly string[] {
  const [shown = [], before = []] = [has[zone], all[zone]];
  if (before.length === 0) return shown;
  const known = new Set(before);
  return shown.filter((text) => known.has(text));
}

/**
 * By zone, whom a plan may leave there: whoever may be in it. But whoever is in one of its two lists alone is left where they
 * surely are, if that is another zone.
 */
export function placesOf(lists: Lists): readonly (readonly string[])[] {
  const { has, known = [] } = lists;
  if (known.every((list) => list.length === 0)) return has;
  const surely = has.map((_, zone) => surelyHas(zone, lists));
  return has.map((shown, zone) => {
    if ((known[zone] ?? []).length === 0) return shown;
    const sure = new Set(surely[zone]);
    const elsewhere = surely.flatMap((list, index) => (index === zone ? [] : readableBlocks(list)));
    const isElsewhere = (text: string) =>
      readableBlocks([text]).some((block) => elsewhere.some((one) => covers(one, block)));
    return mayHave(zone, lists).filter((text) => sure.has(text) || !isElsewhere(text));
  });
}
