import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QueuedEvent } from '../../../lib/grants/queue-message.ts';
import { ITEM } from '../../../lib/names.ts';
import type { Item, Table } from '../../../lib/ports.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { bookOf, flushed, granted, NOW, positionAt, revoked } from '../../helpers/events.ts';
import { Crash, FaultyTable } from '../../helpers/faulty-table.ts';

const ALICE = '203.0.113.1';
const BOB = '203.0.113.2';

function aBook() {
  const table = new FaultyTable(new MemoryTable());
  const book = bookOf(table);
  let count = 0;
  return {
    table,
    book,
    /** Applies in the order given, each with the next position. */
    apply: async (...events: readonly QueuedEvent[]) => {
      const outcomes: string[] = [];
      for (const event of events) {
        count += 1;
        outcomes.push((await book.apply(event, positionAt(count), NOW)).kind);
      }
      return outcomes;
    },
    live: async () => (await book.live('okta-prod', NOW)).map(({ ip, grantId }) => `${ip}#${grantId ?? ''}`).sort(),
  };
}

describe('the order of events', () => {
  it('lets the later event on a grant win, whichever comes first', async () => {
    const { apply, live } = aBook();
    await apply(revoked(ALICE, 2, { grantId: 'g' }), granted(ALICE, 1, { grantId: 'g' }));
    expect(await live()).toEqual([]);
    await apply(granted(ALICE, 3, { grantId: 'g' }));
    expect(await live()).toEqual([`${ALICE}#g`]);
  });

  it('keeps the expiry of the later grant, also where that is sooner', async () => {
    const { apply, book } = aBook();
    await apply(granted(ALICE, 2, { expiresAt: NOW + 1_000 }), granted(ALICE, 1, { expiresAt: NOW + 9_000 }));
    expect((await book.live('okta-prod', NOW)).map(({ expiresAt }) => expiresAt)).toEqual([NOW + 1_000]);
  });

  it('remembers an expired grant: an earlier event that comes late does not bring it back', async () => {
    const { apply, book, live } = aBook();
    await apply(granted(ALICE, 2, { expiresAt: NOW - 1 }));
    await book.end(await book.between('okta-prod', 0, NOW), NOW);
    expect(await apply(granted(ALICE, 1))).toEqual(['overtaken']);
    expect(await live()).toEqual([]);
  });

  it('ends every grant on the IP with a revoke without an id, and no other', async () => {
    const { apply, live } = aBook();
    await apply(granted(ALICE, 1), granted(ALICE, 1, { grantId: 'x' }), granted(BOB, 1), revoked(ALICE, 2));
    expect(await live()).toEqual([`${BOB}#`]);
  });

  it('ends only the named grant with a revoke with an id: the first to leave does not lock out the others', async () => {
    const { apply, live } = aBook();
    await apply(
      granted(ALICE, 1, { grantId: 'x' }),
      granted(ALICE, 1, { grantId: 'y' }),
      revoked(ALICE, 2, { grantId: 'x' }),
    );
    expect(await live()).toEqual([`${ALICE}#y`]);
  });

  it('lets a revoke and a flush beat earlier grants that arrive after them', async () => {
    const { apply, live } = aBook();
    expect(await apply(revoked(ALICE, 5), granted(ALICE, 4, { grantId: 'late' }))).toEqual(['applied', 'overtaken']);
    expect(await apply(flushed(8), granted(BOB, 7), granted(BOB, 9))).toEqual(['applied', 'overtaken', 'applied']);
    expect(await live()).toEqual([`${BOB}#`]);
  });

  it('with equal timestamps, lets the one queued later win', async () => {
    const { apply, live } = aBook();
    await apply(granted(ALICE, 1), revoked(ALICE, 1));
    expect(await live()).toEqual([]);
    await apply(granted(ALICE, 1));
    expect(await live()).toEqual([`${ALICE}#`]);
  });

  it('applies a webhook id once, also with another body', async () => {
    const { apply, live } = aBook();
    const first = granted(ALICE, 1);
    expect(await apply(first, revoked(ALICE, 2), first, { ...granted(BOB, 3), webhookId: first.webhookId })).toEqual([
      ...['applied', 'applied', 'duplicate', 'duplicate'],
    ]);
    expect(await live()).toEqual([]);
  });

  it('counts a grant that joins others from the first of them, and asks for few where thousands share an address', async () => {
    const rows: number[] = [];
    class Counted extends MemoryTable {
      override async *queryPrefix(...query: Parameters<Table['queryPrefix']>) {
        for await (const page of super.queryPrefix(...query)) {
          rows.push(page.length);
          yield page;
        }
      }
    }
    const shared = bookOf(new Counted());
    const office = (n: number) => granted(ALICE, n, { grantId: `session-${n}` });
    for (let n = 1; n <= 200; n += 1) await shared.apply(office(n), positionAt(n), NOW);
    expect(Math.max(...rows)).toBeLessThanOrEqual(20);
    const since = new Set((await shared.live('okta-prod', NOW)).map((grant) => grant.since));
    expect(since).toHaveProperty('size', 1);
  });

  it('counts from the first that lives, however many before it are over and not removed yet', async () => {
    const { apply, book } = aBook();
    const office = (n: number, grantId: string, more = {}) => granted(ALICE, n, { grantId, ...more });
    for (let n = 1; n <= 25; n += 1) await apply(office(n, `a-${n}`, { expiresAt: NOW - 1 }));
    await apply(office(30, 'b'), office(40, 'c'));
    const since = new Set((await book.live('okta-prod', NOW)).map((grant) => grant.since));
    expect(since).toHaveProperty('size', 1);
  });

  it('keeps since when a grant stands without a break, over extensions', async () => {
    const { apply, book } = aBook();
    await apply(granted(ALICE, 1), granted(ALICE, 5), granted(BOB, 3));
    const [alice, bob] = (await book.live('okta-prod', NOW)).sort((a, b) => (a.ip < b.ip ? -1 : 1));
    expect((alice?.since ?? '') < (bob?.since ?? '')).toBe(true);
  });

  it.each([
    ['has no page', () => []],
    ['lacks the grant', () => [[]]],
    ['shows the grant as it was before it was extended', (rows: readonly Item[]) => [rows]],
  ])('keeps since where an older answer %s', async (_, pagesOf) => {
    let stale: readonly (readonly Item[])[] | undefined;
    class Late extends MemoryTable {
      override async *queryPrefix(...query: Parameters<Table['queryPrefix']>) {
        if (stale && query[2]?.stale) yield* stale;
        else yield* super.queryPrefix(...query);
      }
    }
    const table = new Late();
    const book = bookOf(table);
    const since = async () => (await book.live('okta-prod', NOW)).map((grant) => grant.since);
    await book.apply(granted(ALICE, 1, { expiresAt: NOW - 1 }), positionAt(1), NOW - 10_000);
    stale = pagesOf(table.items().filter(({ item }) => item.startsWith(ITEM.grant)));
    await book.apply(granted(ALICE, 2), positionAt(2), NOW - 5_000);
    const before = await since();
    expect(before).toHaveLength(1);
    await book.apply(granted(ALICE, 3), positionAt(3), NOW);
    expect(await since()).toEqual(before);
  });

  it('does not remove a grant that was extended after it was found due', async () => {
    const { apply, book, live } = aBook();
    await apply(granted(ALICE, 1, { expiresAt: NOW - 1 }));
    const due = await book.between('okta-prod', 0, NOW);
    await apply(granted(ALICE, 2));
    expect(await book.end(due, NOW)).toBe(0);
    expect(await live()).toEqual([`${ALICE}#`]);
  });
});

/** What the contract says the end must be, told in the simplest way: by time, then by position. */
function model(events: readonly QueuedEvent[]): string[] {
  const inOrder = events.map((event, index) => ({ event, index }));
  inOrder.sort((a, b) => Number(a.event.timestamp - b.event.timestamp) || a.index - b.index);
  const live = new Set<string>();
  for (const { event } of inOrder) {
    const name = `${event.ip}#${event.grantId ?? ''}`;
    if (event.type === 'access.granted') live.add(name);
    else if (event.type === 'access.flushed') live.clear();
    else if (event.grantId !== undefined) live.delete(name);
    else for (const other of live) if (other.startsWith(`${event.ip}#`)) live.delete(other);
  }
  return [...live].sort();
}

const anEvent = fc
  .record({
    kind: fc.constantFrom('grant', 'grant', 'revoke', 'flush'),
    ip: fc.constantFrom(ALICE, BOB),
    grantId: fc.constantFrom(undefined, 'x', 'y'),
    at: fc.integer({ min: 0, max: 6 }),
  })
  .map(({ kind, ip, grantId, at }) => {
    const id = grantId === undefined ? {} : { grantId };
    if (kind === 'grant') return granted(ip, at, id);
    return kind === 'revoke' ? revoked(ip, at, id) : flushed(at);
  });

describe('any events', () => {
  it('end as the contract says, in whatever order they come, with repeats', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anEvent, { maxLength: 12 }), fc.infiniteStream(fc.nat()), async (events, random) => {
        const { apply, live } = aBook();
        const repeats = events.flatMap((event) => (Number(random.next().value) % 3 === 0 ? [event, event] : [event]));
        await apply(...repeats);
        expect(await live()).toEqual(model(events));
      }),
      { numRuns: 300 },
    );
  });

  it('end the same when the function dies at any write, before or after it was applied, and the message comes again', async () => {
    const crash = fc.record({ at: fc.integer({ min: 1, max: 30 }), afterApplying: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(anEvent, { minLength: 1, maxLength: 8 }),
        crash,
        async (events, { at, afterApplying }) => {
          const { book, table, live } = aBook();
          Object.assign(table, { crashAt: at, afterApplying });
          for (const [index, event] of events.entries()) {
            try {
              await book.apply(event, positionAt(index + 1), NOW);
            } catch (error) {
              if (!(error instanceof Crash)) throw error;
              await book.apply(event, positionAt(index + 1), NOW);
            }
          }
          expect(await live()).toEqual(model(events));
        },
      ),
      { numRuns: 300 },
    );
  });
});
