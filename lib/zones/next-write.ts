import { type Block, blockOf, commonOf, covers, readableBlocks } from '../addresses/address-block.ts';
import { sameList } from '../addresses/list-difference.ts';
import { mayHave } from './either-list.ts';
import { listForNow } from './list-for-now.ts';

/** The lists of an ACL's usable zones, each as canonical sorted texts, in the order of the zones. */
export interface ListsOfZones {
  /** What each zone has, as far as is known. */
  readonly has: readonly (readonly string[])[];
  /** What a zone had before it showed a list that nobody announced: that may be an old answer, and all of it still there. */
  readonly known?: readonly (readonly string[])[];
  /** What each must have in the end. */
  readonly desired: readonly (readonly string[])[];
}

export interface WriteRules {
  /** Entries that one zone can hold. */
  readonly limit: number;
  /** The entry that is only there while nothing else is. */
  readonly sentinel: string;
  /** Whether anybody who may be in is in a block: nobody else is waited for. */
  readonly holdsSomebody: (block: Block) => boolean;
  /** What of a block is somebody for whom there may be room in a zone of which nothing is known yet; canonical texts. */
  readonly fittingElsewhere: (block: Block) => readonly string[];
  /** When whoever is in a block came, as sortable text; of several, the first. */
  readonly since: (block: Block) => string;
  /** Zones that can't be written now. */
  readonly blocked: ReadonlySet<number>;
  /** Zones that must be written although they seem to be right. */
  readonly doubted: ReadonlySet<number>;
}

export interface NextWrite {
  /** The position of the zone. */
  readonly zone: number;
  readonly list: readonly string[];
  /** Who may be in no zone until the write after this one: see `parting`, and `cut` of the list for now. */
  readonly parted: readonly string[];
}

/**
 * The next step from the lists that the zones have to those that they must have. Each is one write of one zone, after
 * which the same question is asked again. Nobody who moves from zone to zone is in none meanwhile: the zone that gains
 * them comes first. Then come those that have shown a list which nobody announced, those that must lose somebody, and
 * those that only gain.
 * @returns undefined where nothing is left to write, or nothing that can be written now
 */
export function nextWrite(lists: ListsOfZones, rules: WriteRules): NextWrite | undefined {
  const { has, desired } = lists;
  const zones = desired.map((_, zone) => zone).filter((zone) => !rules.blocked.has(zone));
  const steps = zones.flatMap((zone) => {
    const { list, cut } = listForNow(zone, lists, rules);
    const isDue = rules.doubted.has(zone) || !sameList(has[zone] ?? [], list);
    const rank = cut.length > 0 ? LAST : rankOf(zone, list, lists, rules);
    return isDue ? [{ zone, list, parted: cut, rank }] : [];
  });
  const [first] = steps.sort((a, b) => a.rank - b.rank);
  if (first) return { zone: first.zone, list: first.list, parted: first.parted };
  return parting(zones, lists, rules);
}

/** Whoever has no room may get some first in another zone that can be written. */
const LAST = 4;

/**
 * 0: somebody moves into the zone. 1: it has shown what nobody announced, which is forgotten with the rebuild unless the zone
 * is written: the next one would plan by the old list again, and write the others back. 2: somebody must leave it. 3: it only
 * gains.
 */
function rankOf(zone: number, list: readonly string[], lists: ListsOfZones, rules: WriteRules): number {
  const { has } = lists;
  const own = readableBlocks(has[zone] ?? []);
  const gains = list.map(blockOf).filter((block) => !own.some((entry) => covers(entry, block)));
  if (gains.length > 0) {
    const others = has.flatMap((_, index) => (index === zone ? [] : readableBlocks(mayHave(index, lists))));
    const moves = gains.some((block) => others.some((entry) => commonOf(entry, block)) && rules.holdsSomebody(block));
    if (moves) return 0;
  }
  if (rules.doubted.has(zone)) return 1;
  const kept = new Set(list);
  return (has[zone] ?? []).some((entry) => !kept.has(entry)) ? 2 : 3;
}

/** Somebody who is to be in another zone, with the positions of zones that would do. */
interface Mover {
  readonly zone: number;
  readonly text: string;
  readonly block: Block;
  readonly goesTo: readonly number[];
  readonly since: string;
}

/**
 * People who change places between full zones wait for each other for ever. Somebody has to be in no zone for one write:
 * the latest to come of those who wait in a circle.
 */
function parting(zones: readonly number[], { has, desired }: ListsOfZones, rules: WriteRules): NextWrite | undefined {
  const leaving = zones.flatMap((zone) => {
    const staying = new Set(desired[zone]);
    return (has[zone] ?? []).flatMap((text) => (staying.has(text) ? [] : [{ zone, text }]));
  });
  // Mostly nobody does, and then the lists need not be read.
  if (leaving.length === 0) return undefined;
  const targets = new Map(zones.map((zone) => [zone, (desired[zone] ?? []).map(blockOf)]));
  const movers = leaving.flatMap(({ zone, text }) => {
    const [block] = readableBlocks([text]);
    if (!block || !rules.holdsSomebody(block)) return [];
    const goesTo = [...targets].filter(([, blocks]) => blocks.some((one) => covers(one, block))).map(([to]) => to);
    return goesTo.length > 0 && !goesTo.includes(zone)
      ? [{ zone, text, block, goesTo, since: rules.since(block) }]
      : [];
  });
  const waiting = inCircles(movers);
  const [first] = waiting;
  if (!first) return undefined;
  const { zone, text } = waiting.reduce((latest, one) => (one.since > latest.since ? one : latest), first);
  const left = (has[zone] ?? []).filter((entry) => entry !== text);
  const had = new Set(left);
  const coming = (desired[zone] ?? []).filter((entry) => !had.has(entry) && entry !== rules.sentinel);
  // Whoever waits in a circle comes first: with another one in that place, the circle would still be closed.
  const awaited = waiting.filter(({ goesTo }) => goesTo.includes(zone));
  const isAwaited = (entry: string) => awaited.some(({ block }) => covers(blockOf(entry), block));
  const inTurn = [...coming.filter(isAwaited), ...coming.filter((entry) => !isAwaited(entry))];
  const list = [...left, ...inTurn.slice(0, Math.max(0, rules.limit - left.length))].sort();
  return { zone, list: list.length > 0 ? list : [rules.sentinel], parted: [text] };
}

/** Whoever is in no circle waits for something else, such as a zone of which nothing is known yet: parting them helps nobody. */
function inCircles(movers: readonly Mover[]): readonly Mover[] {
  const ways = new Map<number, Set<number>>();
  for (const { zone, goesTo } of movers) ways.set(zone, new Set([...(ways.get(zone) ?? []), ...goesTo]));
  const reached = new Map([...ways.keys()].map((zone) => [zone, reachedFrom(zone, ways)]));
  return movers.filter(({ zone, goesTo }) => goesTo.some((to) => reached.get(to)?.has(zone)));
}

/** The zones that people of a zone wait for, those that people in these wait for, and so on. */
function reachedFrom(zone: number, ways: ReadonlyMap<number, ReadonlySet<number>>): ReadonlySet<number> {
  const reached = new Set(ways.get(zone));
  // What is added meanwhile is visited too.
  for (const one of reached) for (const to of ways.get(one) ?? []) reached.add(to);
  return reached;
}
