import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Block, blockOf, covers, readableBlocks } from '../../../lib/addresses/address-block.ts';
import { type ListsOfZones, nextWrite, type WriteRules } from '../../../lib/zones/next-write.ts';

const SENTINEL = '192.0.2.0/32';
const person = (n: number) => `198.18.0.${2 * n}/32`;
const [A, B, C, D, E, GONE] = [1, 2, 3, 4, 5, 90].map(person) as [string, string, string, string, string, string];
const NETWORK = '198.51.100.0/24';

/** Everybody but those who are gone has a grant; whoever has the higher number came later. */
const holdsSomebody = (block: Block) => !covers(block, blockOf(GONE));
const since = (block: Block) => String(block.first);
const rules = (more: Partial<WriteRules> = {}): WriteRules => ({
  limit: 2,
  sentinel: SENTINEL,
  fittingElsewhere: () => [],
  holdsSomebody,
  since,
  blocked: new Set(),
  doubted: new Set(),
  ...more,
});
type Lists = readonly (readonly string[])[];
const next = (has: Lists, desired: Lists, more: Partial<WriteRules> = {}) => nextWrite({ has, desired }, rules(more));

describe('the next write', () => {
  it('is none where every zone has its list', () => {
    expect(next([[A], [B]], [[A], [B]])).toBeUndefined();
  });

  it('asks for nobody but those who leave a zone, however many zones and people there are', () => {
    const lists = Array.from({ length: 34 }, (_, zone) =>
      Array.from({ length: 150 }, (_, n) => `8.${zone}.${n}.1/32`).sort(),
    );
    const asked: Block[] = [];
    const asks = { limit: 150, holdsSomebody: (block: Block) => asked.push(block) > 0 };
    expect(next(lists, lists, asks)).toBeUndefined();
    const [first = [], ...others] = lists;
    expect(next([first.slice(1), ...others], lists, asks)).toMatchObject({ zone: 0 });
    expect(next([[...first, A].sort(), ...others], lists, asks)).toMatchObject({ zone: 0, list: first });
    expect(asked.length).toBeLessThan(10);
  });

  it('is the list of the only zone that differs', () => {
    expect(next([[A], [SENTINEL]], [[A], [B]])).toEqual({ zone: 1, list: [B], parted: [] });
  });

  it('is one that must lose somebody before one that only gains', () => {
    expect(next([[A], [B, GONE]], [[A, C], [B]])).toMatchObject({ zone: 1, list: [B] });
  });

  it('is the zone that somebody moves into before the one that they leave, and before all that must lose somebody', () => {
    const has = [[A, B], [C], [GONE]];
    expect(next(has, [[A], [B, C], [SENTINEL]])).toMatchObject({ zone: 1, list: [B, C] });
  });

  it('counts nobody as moving who is in the zone already, though another one has them too, or has less of them', () => {
    const both = [
      [A, B],
      [A, B, GONE],
    ];
    expect(next(both, [[A, B, C], [D]], { limit: 3 })).toMatchObject({ zone: 1, list: [D] });
    expect(next([[GONE], ['198.18.1.2/32']], [[SENTINEL], ['198.18.1.2/31']])).toMatchObject({ zone: 0 });
  });

  it('is the zone that somebody moves into also where it gains others with them', () => {
    const has = [[A, B], [C], [GONE]];
    expect(next(has, [[A], [B, C, E], [SENTINEL]], { limit: 3 })).toMatchObject({ zone: 1, list: [B, C, E] });
  });

  it('keeps whoever moves where they are until the other zone has them', () => {
    expect(
      next(
        [
          [A, B],
          [C, D],
        ],
        [
          [A, E],
          [B, C],
        ],
      ),
    ).toMatchObject({ zone: 1, list: [B, C] });
    // The other zone can't be written: nobody is put out for its sake, and the room comes later.
    expect(
      next(
        [
          [A, B],
          [C, D],
        ],
        [
          [A, E],
          [B, C],
        ],
        { blocked: new Set([1]) },
      ),
    ).toBeUndefined();
  });

  it('moves what is always allowed as it moves people', () => {
    expect(next([[NETWORK, A], [B]], [[A], [B, NETWORK].sort()])).toMatchObject({ zone: 1 });
  });

  it('leaves out a zone that refused a write', () => {
    expect(next([[A], [B]], [[C], [D]], { blocked: new Set([0]) })).toMatchObject({ zone: 1 });
  });

  it('is of a zone that is in doubt, though it seems to be right', () => {
    expect(next([[A], [B]], [[A], [B]], { doubted: new Set([1]) })).toEqual({ zone: 1, list: [B], parted: [] });
  });

  it('puts nobody out for whom there may be room in a zone of which nothing is known', () => {
    const fittingElsewhere = (block: Block) => (covers(block, blockOf(B)) ? [B] : []);
    expect(next([[A, B]], [[A, C]], { fittingElsewhere })).toBeUndefined();
    expect(next([[A, B]], [[A, C]])).toMatchObject({ list: [A, C].sort() });
  });

  it('keeps whoever is on the move where the limit was lowered under them', () => {
    const write = next([[A, B, C], [D]], [[A], [D, B, C]], { limit: 2, blocked: new Set([1]) });
    expect(write).toBeUndefined();
  });

  it('of two who change places between full zones parts the latest to come, and says so', () => {
    const has = [
      [A, D],
      [B, C],
    ];
    const desired = [
      [A, C],
      [B, D],
    ];
    const first = next(has, desired);
    expect(first).toEqual({ zone: 0, list: [A, C].sort(), parted: [D] });
    expect(next([first?.list ?? [], [B, C]], desired)).toEqual({ zone: 1, list: [B, D], parted: [] });
  });

  it('parts the latest to come wherever they are, and the first zone’s where all came at once', () => {
    const F = person(6);
    const has = [[A, C].sort(), [B, E].sort(), [D, F].sort()];
    const desired = [[A, D].sort(), [B, C].sort(), [E, F].sort()];
    const later = (block: Block) => (covers(blockOf(E), block) ? '2' : '1');
    expect(next(has, desired, { since: later })).toEqual({ zone: 1, list: [B, C].sort(), parted: [E] });
    expect(next(has, desired, { since: () => 'then' })).toEqual({ zone: 0, list: [A, D].sort(), parted: [C] });
    expect(next([[A], [B]], [[B], [A]], { limit: 1 })).toEqual({ zone: 1, list: [A], parted: [B] });
  });

  it('gives the place of who parts to who waits in a circle, and not to somebody by whom it would stay closed', () => {
    const [U, V, X] = [6, 7, 8].map(person) as [string, string, string];
    // A waits for that place too, in the third zone. That one refuses, so the circle would stay closed.
    const has = [
      [E, U],
      [B, V],
      [A, X],
    ].map((list) => list.sort());
    const desired = [
      [A, B],
      [E, V],
      [U, X],
    ].map((list) => list.sort());
    const write = next(has, desired, {
      blocked: new Set([2]),
      since: (block) => (covers(block, blockOf(E)) ? '2' : '1'),
    });
    expect(write).toEqual({ zone: 0, list: [B, U].sort(), parted: [E] });
    expect(next([write?.list ?? [], [B, V], [A, X]], desired, { blocked: new Set([2]) })).toMatchObject({ zone: 1 });
  });

  it('gives the place of who parts to those who come, in the order of the list', () => {
    const has = [
      [B, D],
      [A, C],
    ];
    const desired = [
      [A, B],
      [C, D],
    ];
    expect(next(has, desired)).toEqual({ zone: 0, list: [A, B], parted: [D] });
  });

  it('parts nobody who may not be in, for whom nobody has to wait', () => {
    expect(next([[A, GONE], [B]], [[A, B].sort(), [GONE]], { limit: 2 })).toMatchObject({ zone: 0, parted: [] });
  });

  it('is that of the first of two zones that differ alike', () => {
    expect(next([[A], [B]], [[C], [D]])).toMatchObject({ zone: 0, list: [C] });
    expect(
      next(
        [[A], [B]],
        [
          [A, C],
          [B, D],
        ],
      ),
    ).toMatchObject({ zone: 0, list: [A, C] });
  });

  it('is last where somebody has no room beside the two lists of a zone, and names them: another zone may take them first', () => {
    const doubted = { limit: 2, doubted: new Set([0, 1]) };
    const known = [[A, B], [GONE]];
    const desired = [[A, B], [C]];
    expect(nextWrite({ known, has: [[B, C], [A]], desired }, rules(doubted))).toMatchObject({ zone: 1, list: [A, C] });
    const full = { known: [[A, B], []], has: [[C, D], []], desired: [[SENTINEL], [A, B, C, D]] };
    const blocked = { blocked: new Set([1]), doubted: new Set([0]) };
    expect(nextWrite(full, rules(blocked))).toEqual({ zone: 0, list: [A, B], parted: [C, D] });
  });

  it('parts nobody while there is room for one step', () => {
    expect(next([[A, D], [C]], [[A, C], [D]])).toMatchObject({ zone: 1, list: [C, D].sort(), parted: [] });
  });

  it('parts nobody who waits for others to leave for a zone of which nothing is known, or for one that refuses', () => {
    const F = person(6);
    const has = [[A, B], [C, D], [E]];
    const fittingElsewhere = (block: Block) => (covers(block, blockOf(D)) ? [D] : []);
    expect(next(has, [[A, F], [B, C], [E]], { fittingElsewhere })).toBeUndefined();
    expect(
      next(
        has,
        [
          [A, F],
          [B, C],
          [D, E],
        ],
        { blocked: new Set([2]) },
      ),
    ).toBeUndefined();
    const chain = [[A], [B], [C], [D]];
    const moved = [[F], [A], [B], [C]];
    expect(next(chain, moved, { fittingElsewhere, limit: 1 })).toBeUndefined();
    expect(next(chain, moved, { limit: 1 })).toMatchObject({ zone: 3, list: [C], parted: [] });
  });

  it('parts nobody who stands between two circles', () => {
    const [F, G, H] = [6, 7, 8].map(person) as [string, string, string];
    const [I, stays, latest] = [9, 10, 20].map(person) as [string, string, string];
    const has = [[A, stays], [B, F], [latest, I], [C, G], [D, H], [E]].map((list) => list.sort());
    // From the second zone somebody waits for the third, and from there for the fourth; the last one refuses.
    const desired = [[B, stays], [A], [F, I], [D, latest], [C, G], [E, H]].map((list) => list.sort());
    const write = next(has, desired, { blocked: new Set([5]) });
    expect(write).toEqual({ zone: 3, list: [C, D].sort(), parted: [G] });
  });

  it('parts nobody whose zone can’t be written', () => {
    expect(
      next(
        [
          [A, D],
          [B, C],
        ],
        [
          [A, C],
          [B, D],
        ],
        { blocked: new Set([1]) },
      ),
    ).toBeUndefined();
  });
});

describe('write after write', () => {
  const PEOPLE = Array.from({ length: 12 }, (_, n) => person(n + 1));
  const placing = fc.array(fc.nat({ max: 3 }), { minLength: 12, maxLength: 12 });
  /** 3 zones; place 3 is outside. At most `limit` in each. */
  const listsOf = (places: readonly number[], limit: number): string[][] => {
    const lists: string[][] = [[], [], []];
    for (const [n, place] of places.entries()) {
      const list = lists[place];
      if (list && list.length < limit) list.push(PEOPLE[n] as string);
    }
    return lists.map((list) => (list.length > 0 ? list.sort() : [SENTINEL]));
  };

  it('comes to its end, puts nobody out on the way who stays in, and lets in nobody else', () => {
    fc.assert(
      fc.property(placing, placing, (before, after) => {
        const limit = 4;
        const lists: { -readonly [Name in keyof ListsOfZones]: string[][] } = {
          has: listsOf(before, limit),
          desired: listsOf(after, limit),
        };
        const isIn = (text: string, of: readonly (readonly string[])[]) =>
          of.some((list) => readableBlocks(list).some((one) => covers(one, blockOf(text))));
        const [began, wanted] = [lists.has.map((list) => [...list]), lists.desired];
        const throughout = PEOPLE.filter((one) => isIn(one, began) && isIn(one, wanted));
        const atMost = new Set([...began.flat(), ...wanted.flat()]);
        let partings = 0;
        for (let steps = 0; ; steps += 1) {
          const write = nextWrite(
            lists,
            rules({ limit, holdsSomebody: (block) => throughout.some((one) => covers(block, blockOf(one))) }),
          );
          if (!write) break;
          lists.has[write.zone] = [...write.list];
          partings += write.parted.length;
          expect(write.list.length).toBeLessThanOrEqual(limit);
          expect(write.list.filter((one) => !atMost.has(one))).toEqual([]);
          expect(
            throughout.filter((one) => !isIn(one, lists.has) && !write.parted.includes(one)).length,
          ).toBeLessThanOrEqual(partings);
          expect(steps).toBeLessThan(40);
        }
        expect(lists.has.map((list) => [...list].sort())).toEqual(wanted.map((list) => [...list].sort()));
      }),
      { numRuns: 2_000 },
    );
  });
});
