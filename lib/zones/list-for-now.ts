import {
  type Block,
  blockOf,
  commonOf,
  covers,
  formatBlock,
  isHost,
  readableBlocks,
} from '../addresses/address-block.ts';
import { sameList } from '../addresses/list-difference.ts';
import { mayHave, surelyHas } from './either-list.ts';
import type { ListsOfZones, WriteRules } from './next-write.ts';

export interface ListForNow {
  readonly list: readonly string[];
  /** Whom the zone may have and who may be in no other, but for whom it has no room beside the others who stay. */
  readonly cut: readonly string[];
}

/**
 * The list that a zone gets at this moment. It is the one that it must have, unless that would put
 * somebody out who moves to another zone and is not in there yet, or for whom another zone may have room: they stay
 * until they are, and where there is no room for that, entries that are new to the zone come later.
 * @param zone the position of the zone that is about to be written
 * @returns canonical texts, sorted; the desired list itself where nobody is on the move
 */
export function listForNow(
  zone: number,
  lists: ListsOfZones,
  rules: Omit<WriteRules, 'blocked' | 'doubted'>,
): ListForNow {
  const { limit, sentinel, holdsSomebody, fittingElsewhere } = rules;
  const { desired } = lists;
  const list = desired[zone] ?? [];
  const own = mayHave(zone, lists);
  const moving = desired.length === 1 ? [] : [...onTheMove(zone, lists, holdsSomebody)];
  const wanted = new Set(list);
  const unplaced = own.flatMap((text) => (wanted.has(text) ? [] : readableBlocks([text]).flatMap(fittingElsewhere)));
  const leaving = [...moving, ...unplaced].filter((text) => text !== sentinel);
  if (leaving.length === 0) return { list, cut: [] };
  const had = new Set(own);
  const going = readableBlocks(own.filter((text) => !wanted.has(text)));
  // What overlaps with an entry that goes lets in some of the same people: with it they stay.
  const isNew = (text: string) => !had.has(text) && !going.some((entry) => commonOf(entry, blockOf(text)));
  const there = new Set([...list.filter((text) => !isNew(text) && text !== sentinel), ...leaving]);
  const coming = list.filter((text) => isNew(text) && text !== sentinel);
  // Whoever is there stays, even where that is more than the limit: Okta has taken them before.
  const room = Math.max(limit, lists.has[zone]?.length ?? 0);
  const all = there.size > room ? inOrder([...there], zone, lists, rules) : [...there];
  const staying = all.slice(0, room);
  return {
    list: [...staying, ...coming.slice(0, Math.max(0, limit - staying.length))].sort(),
    cut: all.slice(room),
  };
}

/**
 * Who stays first where a zone has no room for both of its lists: what is always allowed, then whoever is in both, then
 * whoever was known to be there; of several, the first to come.
 */
function inOrder(
  texts: readonly string[],
  zone: number,
  { has, known = [] }: ListsOfZones,
  { since }: Pick<WriteRules, 'since'>,
): readonly string[] {
  const [shown, before] = [readableBlocks(has[zone] ?? []), readableBlocks(known[zone] ?? [])];
  const keyed = texts.map((text) => {
    const block = blockOf(text);
    const isIn = (blocks: readonly Block[]) => blocks.some((one) => covers(one, block));
    const came = since(block);
    const rank = came === '' ? 0 : isIn(before) ? (isIn(shown) ? 1 : 2) : 3;
    return { text, rank, came };
  });
  return keyed.sort((a, b) => a.rank - b.rank || (a.came < b.came ? -1 : 1)).map(({ text }) => text);
}

/** What a zone has of people who are to be in another zone, but are not in there yet. */
function onTheMove(zone: number, lists: ListsOfZones, holdsSomebody: (block: Block) => boolean): Set<string> {
  const { desired } = lists;
  const leaving = new Set<string>();
  const kept = new Set(desired[zone]);
  const going = mayHave(zone, lists).filter((text) => !kept.has(text));
  if (going.length === 0) return leaving;
  const own = readableBlocks(going);
  // Nearly all are hosts, and these need not be compared one by one.
  const hosts = new Map(own.filter(isHost).map((block) => [formatBlock(block), block]));
  const networks = own.filter((block) => !isHost(block));
  const near = (text: string, block: Block) => {
    if (!isHost(block)) return own;
    const same = hosts.get(text);
    return same ? [same, ...networks] : networks;
  };
  const staying = (desired[zone] ?? []).map(blockOf);
  for (const [other, list] of desired.entries()) {
    if (other === zone) continue;
    // Most zones gain nobody: their lists need not be read.
    const inOther = surelyHas(other, lists);
    if (sameList(inOther, list)) continue;
    const there = new Set(inOther);
    const coming = list.filter((text) => !there.has(text));
    if (coming.length === 0) continue;
    const around = [...readableBlocks(inOther), ...staying];
    for (const text of coming) {
      const block = blockOf(text);
      const isCovered = (part: Block) => around.some((one) => covers(one, part));
      for (const entry of near(text, block)) {
        // Never more of an entry than the people it is to hold: the rest of it may belong to nobody any more.
        const common = commonOf(entry, block);
        if (!common || isCovered(common)) continue;
        // All of what comes is somebody's; what it covers may be an entry that somebody else has put there.
        if (holdsSomebody(covers(block, entry) ? common : block)) leaving.add(formatBlock(common));
      }
    }
  }
  return leaving;
}
