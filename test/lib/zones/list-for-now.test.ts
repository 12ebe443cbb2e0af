import { describe, expect, it } from 'vitest';
import { type Block, blockOf, covers, formatBlock } from '../../../lib/addresses/address-block.ts';
import { listForNow } from '../../../lib/zones/list-for-now.ts';
import type { WriteRules } from '../../../lib/zones/next-write.ts';

const SENTINEL = '192.0.2.0/32';
const [A, B, C, D, E] = ['198.18.0.0/32', '198.18.0.2/32', '198.18.0.4/32', '198.18.0.6/32', '198.18.0.8/32'] as const;
const [LOW, HIGH, PAIR] = ['203.0.113.4/32', '203.0.113.5/32', '203.0.113.4/31'] as const;
type Lists = readonly (readonly string[])[];
/** What a zone, the first unless said otherwise, gets at this moment. */
const anybody = (_: Block): boolean => true;
const nobody = (_: Block): readonly string[] => [];
const order = (block: Block): string => String(block.first);
interface Asked extends Partial<Omit<WriteRules, 'blocked' | 'doubted'>> {
  readonly zone?: number;
  readonly known?: Lists;
}
const now = (has: Lists, desired: Lists, { zone = 0, known = [], ...rules }: Asked = {}) =>
  listForNow(
    zone,
    { has, known, desired },
    { limit: 10, sentinel: SENTINEL, holdsSomebody: anybody, fittingElsewhere: nobody, since: order, ...rules },
  ).list;

describe('the list that a zone gets at this moment', () => {
  it('is the very one that it is to have where nobody is on the move', () => {
    const desired = [[B, A], [C]];
    expect(now([[A], [C]], desired)).toBe(desired[0]);
    expect(now([[], []], desired)).toBe(desired[0]);
    expect(now([[A, D], [E]], desired)).toBe(desired[0]);
  });

  it('is the one that it is to have where there is only one zone', () => {
    const desired = [[A]];
    expect(now([[A, B]], desired)).toBe(desired[0]);
  });

  it('is empty for a zone that is not known', () => {
    expect(now([[], []], [[A], [B]], { zone: 2 })).toEqual([]);
  });

  it('holds whoever moves to another zone until they are in there, and nobody who leaves for good', () => {
    expect(now([[A, B, C], []], [[A], [B]])).toEqual([A, B]);
    expect(now([[A, B, C], [B]], [[A], [B]])).toEqual([A]);
  });

  it('holds nobody else because of those who come to it', () => {
    expect(now([[A, B], []], [[A], [B]], { zone: 1 })).toEqual([B]);
    expect(now([[A, B], []], [[A], [B], [E]], { zone: 2 })).toEqual([E]);
  });

  it('holds whoever moves, whatever the other zone gains beside them, and to whichever zone it is', () => {
    expect(now([[A, B, C], [E], []], [[A], [D, E, B], [C]])).toEqual([A, B, C]);
  });

  it('holds whoever may fit elsewhere, and of a larger network nobody else', () => {
    const network = '203.0.113.0/29';
    const fittingElsewhere = (block: Block) => (covers(block, blockOf(LOW)) ? [LOW] : []);
    expect(now([[network, A]], [[A]], { fittingElsewhere })).toEqual([A, LOW]);
  });

  it('holds nobody who stays here, or is in there already, within a larger network', () => {
    expect(now([[LOW, HIGH], []], [[PAIR], [LOW]])).toEqual([PAIR]);
    expect(now([[A, LOW], [PAIR]], [[A], [LOW, HIGH]])).toEqual([A]);
  });

  it('holds of a network only those who move, as the other zone is to have them', () => {
    expect(now([[A, PAIR], []], [[A, LOW], [HIGH]])).toEqual([A, LOW, HIGH]);
    expect(now([[A, PAIR], []], [[A], [PAIR]])).toEqual([A, PAIR]);
  });

  it('holds whoever moves into a larger network as they stood here', () => {
    expect(now([[A, LOW], []], [[A], [PAIR]])).toEqual([A, LOW]);
    expect(now([[A, LOW], [LOW]], [[A], [PAIR]])).toEqual([A]);
  });

  it('does without the sentinel while somebody is still here, and never keeps it for their sake', () => {
    expect(now([[A], []], [[SENTINEL], [A]])).toEqual([A]);
    expect(now([[A], [A]], [[SENTINEL], [A]])).toEqual([SENTINEL]);
    expect(now([[SENTINEL], [A]], [[B], [SENTINEL]])).toEqual([B]);
    expect(now([[SENTINEL, A], []], [[B], [SENTINEL, A]])).toEqual([A, B]);
  });

  it('holds nothing that somebody else has put there, though a network of another zone is to cover it', () => {
    const network = '198.51.100.0/24';
    const foreign = '198.51.100.3/32';
    const holdsSomebody = (block: Block) => [A, B].some((one) => covers(block, blockOf(one)));
    const has = [[A, B], [foreign]];
    expect(now(has, [[network, A], [B]], { zone: 1, limit: 1, holdsSomebody })).toEqual([B]);
    expect(now(has, [[network, A], [B]], { zone: 0, limit: 2, holdsSomebody })).toEqual([A, B]);
  });

  it('is no longer than the limit: what is new to the zone comes later, not who stays or moves', () => {
    const [has, desired] = [
      [[C, D], []],
      [[A, B, C], [D]],
    ];
    expect(now(has, desired, { limit: 2 })).toEqual([C, D]);
    expect(now(has, desired, { limit: 3 })).toEqual([A, C, D]);
    expect(now(has, desired, { limit: 4 })).toEqual([A, B, C, D]);
  });

  it('counts as staying what was here within a network, or with others in one', () => {
    const [split, merged] = [
      [[PAIR, D], []],
      [[LOW, HIGH, D], []],
    ];
    expect(now(split, [[A, HIGH, LOW], [D]], { limit: 3 })).toEqual([D, LOW, HIGH]);
    expect(now(merged, [[A, PAIR], [D]], { limit: 2 })).toEqual([D, PAIR]);
  });

  it('counts as staying what overlaps with an entry that goes: it lets in some of the same people', () => {
    const [before, after] = ['203.0.113.0/30', '203.0.113.3-203.0.113.6'];
    const rules = { limit: 2, fittingElsewhere: (block: Block) => (formatBlock(block) === A ? [A] : []) };
    expect(now([[before, A]], [['198.51.100.0/24', after]], rules)).toEqual([A, after]);
  });

  it('counts as new what overlaps only with an entry that stays', () => {
    const [network, beside] = ['203.0.113.0/30', '203.0.113.3-203.0.113.4'];
    const desired = [[network, beside], [A]];
    const since = (block: Block) => (formatBlock(block) === A ? '1' : '');
    expect(now([[network, A], []], desired, { limit: 2, since })).toEqual([A, network]);
  });

  it('is no longer than the limit where a network is split, though somebody else is still on the move', () => {
    const split = [[PAIR, D], []];
    const desired = [[LOW, HIGH], [D]];
    expect(now(split, desired, { limit: 2, since: order })).toEqual([D, LOW]);
    expect(now(split, desired, { limit: 3 })).toEqual([D, LOW, HIGH]);
  });

  describe('of a zone that has shown a list which nobody announced', () => {
    it('holds those on the move whom it was known to have: what it has shown may be an old answer', () => {
      expect(now([[A], []], [[A], [C]], { known: [[C], []] })).toEqual([A, C]);
      expect(now([[A], []], [[SENTINEL], [A, C]], { known: [[C], []] })).toEqual([A, C]);
    });

    it('holds first whom it was known to have, where there is no room for both', () => {
      const known = [[C, D], []];
      expect(now([[A, B], []], [[SENTINEL], [A, B, C, D]], { known, limit: 3 })).toEqual([A, C, D]);
      expect(
        now(
          [[A, B], []],
          [
            [C, E],
            [A, B, D],
          ],
          { known, limit: 2 },
        ),
      ).toEqual([C, D]);
    });

    it('holds of several the first to come, and before all what is always allowed', () => {
      const full = { known: [[A, B, C], []], limit: 3 };
      const desired = [[SENTINEL], [A, B, C, D, E]];
      const came = (order: readonly string[]) => (block: Block) => String(order.indexOf(formatBlock(block)));
      expect(now([[D, E], []], desired, { ...full, limit: 4, since: came([A, B, C, D, E]) })).toEqual([A, B, C, D]);
      expect(now([[D, E], []], desired, { ...full, limit: 4, since: came([A, B, C, E, D]) })).toEqual([A, B, C, E]);
      const isAlways = (block: Block) => (formatBlock(block) === E ? '' : '1');
      expect(now([[D, E], []], desired, { ...full, limit: 4, since: isAlways })).toEqual([A, B, C, E]);
      expect(now([[D, E], []], desired, { ...full, since: isAlways })).toContain(E);
    });

    it('is no longer than the limit, or than what it has shown, where it was known to have more', () => {
      const known = [[A, B, C], []];
      const desired = [[A, B], [C]];
      expect(now([[A], []], desired, { limit: 2, known })).toEqual([A, B]);
      expect(now([[A, D, E], []], desired, { limit: 2, known })).toEqual([A, B, C]);
    });

    it('holds more than the limit by none of both lists together, though a zone may that has one', () => {
      expect(now([[A, B, C], []], [[SENTINEL], [A, B, C]], { limit: 2 })).toEqual([A, B, C]);
      expect(now([[A, B], []], [[SENTINEL], [A, B, C]], { limit: 2, known: [[A, C], []] })).toEqual([A, C]);
      const known = [[A, C], []];
      // Somebody has put what is to come into the zone beside whom it had.
      expect(now([[A, C, LOW], []], [[A, PAIR], [C]], { limit: 2, known })).toEqual([A, C, PAIR]);
    });

    it('is relied on by another only for those who are in both of its lists', () => {
      expect(now([[A, B], [A]], [[SENTINEL], [A, B]], { known: [[], [B]] })).toEqual([A, B]);
      expect(
        now(
          [
            [A, B],
            [A, E],
          ],
          [[SENTINEL], [A, B]],
          { known: [[], [A, D]] },
        ),
      ).toEqual([B]);
    });
  });

  it('passes over what it can’t read, and what is not known of a zone', () => {
    expect(now([[A, B, 'unreadable:any'], ['unreadable:x']], [[A], [B]])).toEqual([A, B]);
    expect(now([[A, B]], [[A], [B]])).toEqual([A, B]);
    expect(now([], [[A], [B]])).toEqual([A]);
  });
});
