import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QueuedEvent } from '../../../lib/grants/queue-message.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { ACL, bookOf, flushed, granted, NOW, positionAt, revoked } from '../../helpers/events.ts';
import { liveAfter, liveIn } from '../../helpers/grant-model.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.10'];

async function stateAfter(events: readonly QueuedEvent[]): Promise<Record<string, number>> {
  const table = new MemoryTable();
  const book = bookOf(table);
  for (const [index, event] of events.entries()) await book.apply(event, positionAt(index + 1), NOW);
  return liveIn(table);
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first, at) => permutations(items.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}

const aChoice = fc.record({
  kind: fc.constantFrom('grant', 'grant', 'revoke', 'flush'),
  ip: fc.constantFrom(ALICE, BOB),
  id: fc.constantFrom({}, { grantId: 'x' }, { grantId: 'y' }),
  lasts: fc.constantFrom(-1, 0, 1, 60_000, 3_600_000),
});
/** Events of different times: the n-th is the n-th in time. */
const someEvents = (maxLength: number) =>
  fc.array(aChoice, { minLength: 1, maxLength }).map((choices) =>
    choices.map(({ kind, ip, id, lasts }, at) => {
      if (kind === 'grant') return granted(ip, at, { ...id, expiresAt: NOW + lasts });
      return kind === 'revoke' ? revoked(ip, at, id) : flushed(at);
    }),
  );

describe('events of different times', () => {
  it('end the same in every order', async () => {
    await fc.assert(
      fc.asyncProperty(someEvents(4), async (events) => {
        const expected = liveAfter(events);
        for (const order of permutations(events)) expect(await stateAfter(order)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('end the same in any order with any repeats between them', async () => {
    const shuffled = someEvents(10).chain((events) =>
      fc.tuple(
        fc.constant(events),
        fc
          .array(fc.nat(events.length - 1), { maxLength: 8 })
          .chain((repeats) => shuffle([...events, ...repeats.flatMap((at) => events[at] ?? [])])),
      ),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([events, order]) => {
        expect(await stateAfter(order)).toEqual(liveAfter(events));
      }),
      { numRuns: 200 },
    );
  });

  it('end the same, and come to the same, when every message of the queue is applied twice in a row, as after a lost answer', async () => {
    await fc.assert(
      fc.asyncProperty(someEvents(8), async (events) => {
        const table = new MemoryTable();
        const book = bookOf(table);
        for (const [index, event] of events.entries()) {
          const first = await book.apply(event, positionAt(index + 1), NOW);
          expect(await book.apply(event, positionAt(index + 1), NOW)).toEqual(first);
        }
        expect(await liveIn(table)).toEqual(liveAfter(events));
      }),
      { numRuns: 100 },
    );
  });
});

describe('times that differ by a nanosecond', () => {
  const at = (more: bigint) => ({ timestamp: BigInt(NOW) * 1_000_000n + more });

  it('decide, against the order of the queue', async () => {
    const revoke = revoked(ALICE, 0, at(2n));
    expect(await stateAfter([revoke, granted(ALICE, 0, at(1n))])).toEqual({});
    expect(Object.keys(await stateAfter([revoke, granted(ALICE, 0, at(3n))]))).toEqual([`${ALICE}#`]);
  });

  it('that are equal leave it to the queue, also where its numbers get longer', async () => {
    const table = new MemoryTable();
    const book = bookOf(table);
    await book.apply(revoked(ALICE, 0, at(1n)), positionAt(9), NOW);
    await book.apply(granted(ALICE, 0, at(1n)), positionAt(10), NOW);
    expect(Object.keys(await liveIn(table))).toEqual([`${ALICE}#`]);
    await book.apply(flushed(0, at(1n)), positionAt(100), NOW);
    expect(await liveIn(table)).toEqual({});
  });
});

describe('what an event covers', () => {
  it('is one IP, not those whose text begins alike', async () => {
    expect(Object.keys(await stateAfter([granted(BOB, 1), revoked(ALICE, 2)]))).toEqual([`${BOB}#`]);
  });

  it('is one ACL', async () => {
    const table = new MemoryTable();
    const book = bookOf(table);
    await book.apply(granted(ALICE, 1, { acl: 'other' }), positionAt(1), NOW);
    await book.apply(flushed(2), positionAt(2), NOW);
    await book.apply(revoked(ALICE, 3), positionAt(3), NOW);
    expect(await book.live('other', NOW)).toHaveLength(1);
    expect(await book.live(ACL, NOW)).toEqual([]);
  });

  it('is the anonymous grant alone for a revoke of no other id, whatever characters ids are made of', async () => {
    const tricky = ['#', 'x#y', `${BOB}#`, 'x'];
    const grants = tricky.map((grantId) => granted(ALICE, 1, { grantId }));
    expect(Object.keys(await stateAfter([...grants, revoked(ALICE, 2, { grantId: 'x' })]))).toHaveLength(3);
    expect(await stateAfter([...grants, revoked(ALICE, 2)])).toEqual({});
  });
});

/** All of the items, in any order. */
function shuffle<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });
}
