import { type Block, blockOf, commonOf, covers, formatBlock, readableBlocks } from '../addresses/address-block.ts';
import { sameList } from '../addresses/list-difference.ts';
import type { ListsOfZones, WriteRules } from './next-write.ts';

/**
 * The list that a zone gets at this moment. It is the one that it must have, unless that would put
 * somebody out who moves to another zone and is not in there yet, or for whom another zone may have room: they stay
 * until they are, and where there is no room for that, entries that are new to the zone come later.
 * @param zone the position of the zone that is about to be written
 * @returns canonical texts, sorted; the desired list itself where nobody is on the move
 */
export function listForNow(
  zone: number,
  { has, desired }: ListsOfZones,
  { limit, sentinel, holdsSomebody, fittingElsewhere }: Omit<WriteRules, 'blocked' | 'doubted' | 'since'>,
): readonly string[] {
  const list = desired[zone] ?? [];
  const moving = desired.length === 1 ? [] : [...onTheMove(zone, has, desired, holdsSomebody)];
  const wanted = new Set(list);
  const unplaced = (has[zone] ?? []).flatMap((text) =>
    wanted.has(text) ? [] : readableBlocks([text]).flatMap(fittingElsewhere),
  );
  const leaving = [...moving, ...unplaced].filter((text) => text !== sentinel);
  if (leaving.length === 0) return list;
  const own = readableBlocks(has[zone] ?? []);
  const isNew = (text: string) => !own.some((entry) => touch(entry, blockOf(text)));
  const there = new Set([...list.filter((text) => !isNew(text) && text !== sentinel), ...leaving]);
  const coming = list.filter((text) => isNew(text) && text !== sentinel && !there.has(text));
  // Whoever is there stays, even where that is more than the limit: Okta has taken them before.
  return [...there, ...coming.slice(0, Math.max(0, limit - there.size))].sort();
}

/** What a zone has of people who are to be in another zone, but are not in there yet. */
function onTheMove(
  zone: number,
  has: readonly (readonly string[])[],
  desired: readonly (readonly string[])[],
  holdsSomebody: (block: Block) => boolean,
): Set<string> {
  const leaving = new Set<string>();
  const kept = new Set(desired[zone]);
  const going = (has[zone] ?? []).filter((text) => !kept.has(text));
  if (going.length === 0) return leaving;
  const own = going.flatMap((text) => readableBlocks([text]).map((block) => ({ text, block })));
  const staying = (desired[zone] ?? []).map(blockOf);
  for (const [other, list] of desired.entries()) {
    // Most zones gain nobody: their lists need not be read.
    if (other === zone || sameList(has[other] ?? [], list)) continue;
    const there = new Set(has[other]);
    const coming = list.filter((text) => !there.has(text));
    if (coming.length === 0) continue;
    const inOther = readableBlocks(has[other] ?? []);
    for (const text of coming) {
      const block = blockOf(text);
      const isCovered = (part: Block) => [...inOther, ...staying].some((around) => covers(around, part));
      for (const entry of own) {
        // Never more of an entry than the people it is to hold: the rest of it may belong to nobody any more.
        const common = commonOf(entry.block, block);
        if (!common || isCovered(common)) continue;
        // All of what comes is somebody's; what it covers may be an entry that somebody else has put there.
        if (holdsSomebody(covers(block, entry.block) ? common : block)) leaving.add(formatBlock(common));
      }
    }
  }
  return leaving;
}

function touch(a: Block, b: Block): boolean {
  return covers(a, b) || covers(b, a);
}
