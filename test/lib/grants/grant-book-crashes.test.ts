import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QueuedEvent } from '../../../lib/grants/queue-message.ts';
import { ITEM } from '../../../lib/names.ts';
import type { Table } from '../../../lib/ports.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { ACL, bookOf, flushed, granted, NOW, positionAt, revoked, seenOf } from '../../helpers/events.ts';
import { Crash, FaultyTable } from '../../helpers/faulty-table.ts';
import { liveAfter, liveIn } from '../../helpers/grant-model.ts';

const ALICE = '203.0.113.1';
const BEFORE = [
  ...Array.from({ length: 30 }, (_, i) => granted(ALICE, 1, { grantId: `g${i}` })),
  granted('203.0.113.2', 1),
  granted(ALICE, 9, { grantId: 'later' }),
];

/** One batch with one event, as a process that has just begun handles it. */
async function handle(table: Table, event: QueuedEvent, at: number) {
  const book = bookOf(table);
  const outcome = await book.apply(event, positionAt(at), NOW);
  await book.announce(NOW);
  return outcome;
}

async function prepared() {
  const memory = new MemoryTable();
  const table = new FaultyTable(memory);
  for (const [index, event] of BEFORE.entries()) await handle(memory, event, index + 1);
  return { table, memory, at: BEFORE.length + 1 };
}

/** A function that dies at its n-th write, for every n until it gets through; each time the message comes again. */
async function dyingEverywhere(event: QueuedEvent, afterApplying: boolean) {
  const { memory: calm, at: place } = await prepared();
  await handle(calm, event, place);
  const undisturbed = await seenOf(bookOf(calm), event);
  expect(undisturbed).toMatchObject({ position: positionAt(place) });
  let died = 0;
  for (let crashAt = 1; ; crashAt += 1) {
    const { table, memory, at } = await prepared();
    Object.assign(table, { crashAt, afterApplying });
    try {
      await handle(table, event, at);
      return died;
    } catch (error) {
      if (!(error instanceof Crash || (error instanceof AggregateError && error.errors[0] instanceof Crash)))
        throw error;
    }
    died += 1;
    const unannounced = await bookOf(memory).position(ACL);
    await handle(memory, event, at);
    expect(await liveIn(memory)).toEqual(liveAfter([...BEFORE, event]));
    // What is told of it is what would be told without the crash.
    expect(await seenOf(bookOf(memory), event)).toEqual(undisturbed);
    const position = (await bookOf(memory).position(ACL)) ?? '';
    expect(position >= positionAt(at)).toBe(true);
    // It woke the zone function, whatever the one that died had come to.
    expect(position).not.toBe(unannounced);
  }
}

describe('a function that dies between any two writes', () => {
  it.each([
    ['a grant', granted('203.0.113.3', 5), 2],
    ['a grant that exists', granted(ALICE, 5, { grantId: 'g1' }), 2],
    ['a grant that is overtaken', granted(ALICE, 5, { grantId: 'later' }), 3],
    ['a revoke of one grant', revoked(ALICE, 5, { grantId: 'g7' }), 2],
    ['a revoke of all grants on an IP', revoked(ALICE, 5), 3],
    ['a revoke of all grants on an IP, with nothing later', revoked('203.0.113.2', 5), 3],
    ['a flush', flushed(5), 3],
    ['a flush with nothing later', flushed(20), 3],
    ['a flush of nothing', flushed(0), 3],
  ])('leaves nothing half done once the message has come again: %s', async (_, event, writes) => {
    expect(await dyingEverywhere(event, false)).toBe(writes);
    expect(await dyingEverywhere(event, true)).toBe(writes);
  });

  it('has not told anybody that an event is applied before all of it is', async () => {
    const { table, memory, at } = await prepared();
    const flush = flushed(5);
    table.crashAt = 2;
    const book = bookOf(table);
    await expect(book.apply(flush, positionAt(at), NOW)).rejects.toThrow(Crash);
    // The rest of the batch is announced all the same.
    await book.announce(NOW);
    expect(await seenOf(bookOf(memory), flush)).toBeUndefined();
    expect(await bookOf(memory).position(ACL)).toBe(positionAt(BEFORE.length));
  });

  it('has ended all in the end, and says how many, wherever a flush of more than a transaction holds was cut', async () => {
    const many = Array.from({ length: 420 }, (_, i) => granted(ALICE, 1, { grantId: `m${i}` }));
    for (let crashAt = 1; ; crashAt += 1) {
      for (const afterApplying of [false, true]) {
        const memory = new MemoryTable();
        for (const [index, event] of many.entries()) await bookOf(memory).apply(event, positionAt(index + 1), NOW);
        const table = Object.assign(new FaultyTable(memory), { crashAt, afterApplying });
        const flush = flushed(5);
        const first = await bookOf(table)
          .apply(flush, positionAt(999), NOW)
          .catch((error: unknown) => error);
        if (!(first instanceof Crash)) return expect(crashAt).toBe(7);
        await bookOf(memory).apply(flush, positionAt(999), NOW);
        expect(await seenOf(bookOf(memory), flush)).toMatchObject({ ended: many.length });
        expect(await liveIn(memory)).toEqual({});
      }
    }
  });
});

/** A table whose n-th write waits until it is let go, as when a function freezes and thaws later. */
class FreezingTable extends FaultyTable {
  freezeAt = Number.POSITIVE_INFINITY;
  thaw = () => {};
  #count = 0;

  override async write(...args: Parameters<FaultyTable['write']>) {
    this.#count += 1;
    if (this.#count === this.freezeAt) {
      await new Promise<void>((resolve) => {
        this.thaw = resolve;
      });
    }
    return super.write(...args);
  }
}

/** All that is stored. That the zones were asked for once more does no harm. */
function itemsButRequests(memory: MemoryTable) {
  return memory.items().map(({ reason: _, changes: _changes, asked: _asked, ...rest }) => rest);
}

const anEvent = fc
  .record({
    kind: fc.constantFrom('grant', 'grant', 'revoke', 'flush'),
    ip: fc.constantFrom(ALICE, '203.0.113.2'),
    id: fc.constantFrom({}, { grantId: 'x' }),
    at: fc.nat(5),
  })
  .map(({ kind, ip, id, at }) => {
    if (kind === 'grant') return granted(ip, at, id);
    return kind === 'revoke' ? revoked(ip, at, id) : flushed(at);
  });

describe('a function that seemed dead and goes on later', () => {
  it('undoes nothing of what was applied meanwhile, at whichever write it froze', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anEvent, { minLength: 1, maxLength: 8 }),
        fc.nat(7),
        fc.integer({ min: 1, max: 4 }),
        async (events, who, freezeAt) => {
          const memory = new MemoryTable();
          const frozen = new FreezingTable(memory);
          frozen.freezeAt = freezeAt;
          const runs: Promise<unknown>[] = [];
          for (const [index, event] of events.entries()) {
            const at = index + 1;
            if (index === who % events.length) runs.push(handle(frozen, event, at));
            // Let the frozen run come as far as it can before the message is delivered again.
            await new Promise((resolve) => setImmediate(resolve));
            await handle(memory, event, at);
          }
          const items = JSON.stringify(itemsButRequests(memory));
          const position = (await bookOf(memory).position(ACL)) ?? '';
          frozen.thaw();
          await Promise.all(runs);
          expect(await liveIn(memory)).toEqual(liveAfter(events));
          expect(position >= positionAt(events.length)).toBe(true);
          expect(await bookOf(memory).position(ACL)).toBe(position);
          expect(JSON.stringify(itemsButRequests(memory))).toBe(items);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('cannot bring back a grant that was revoked meanwhile', async () => {
    const memory = new MemoryTable();
    const frozen = new FreezingTable(memory);
    frozen.freezeAt = 1;
    const grant = granted(ALICE, 1);
    const late = bookOf(frozen).apply(grant, positionAt(1), NOW);
    await bookOf(memory).apply(grant, positionAt(1), NOW);
    await bookOf(memory).apply(revoked(ALICE, 2), positionAt(2), NOW);
    frozen.thaw();
    // It was applied, by this very message.
    expect((await late).kind).toBe('applied');
    expect(memory.items().filter(({ item }) => item.startsWith(ITEM.grant))).toEqual([]);
  });
});
