import { beforeEach, describe, expect, it } from 'vitest';
import { eventOrder } from '../../../lib/grants/event-order.ts';
import { GrantBook } from '../../../lib/grants/grant-book.ts';
import type { QueuedEvent } from '../../../lib/grants/queue-message.ts';
import { seenKey } from '../../../lib/grants/seen-event.ts';
import { WakeItem } from '../../../lib/grants/wake-item.ts';
import { ITEM } from '../../../lib/names.ts';
import type { Fields, Item, Value } from '../../../lib/ports.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { ACL, flushed, granted, NOW, positionAt, revoked, seenOf } from '../../helpers/events.ts';

const [ALICE, BOB, CAROL] = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
const ORDER = eventOrder(BigInt(NOW - 1_000) * 1_000_000n, positionAt(1));
let table: MemoryTable;
let book: GrantBook;
let said: Fields[];
let at: number;
beforeEach(() => {
  table = new MemoryTable();
  said = [];
  at = 0;
  begin();
});
/** As a new process does. */
function begin() {
  const error = (code: string, detail: string, fields?: Fields) => void said.push({ code, detail, ...fields });
  book = new GrantBook(table, { allowPrivate: false, allowIpv6: false }, { error });
}
async function apply(...events: readonly QueuedEvent[]) {
  const kinds: string[] = [];
  for (const event of events) {
    at += 1;
    kinds.push((await book.apply(event, positionAt(at), NOW)).kind);
  }
  await book.announce(NOW);
  return kinds;
}
const put = (item: string, rest: Readonly<Record<string, Value>>, acl = ACL) =>
  table.write([{ put: { acl, item, ...rest } }]);
const live = async () => (await book.live(ACL, NOW)).map(({ ip }) => ip).sort();
const names = (prefix: string) => table.items().flatMap(({ item }) => (item.startsWith(prefix) ? [item] : []));

/** What may lie among the grants, by its sort key. */
const GARBAGE: Readonly<Record<string, Readonly<Record<string, Value>>>> = {
  'GRANT#0.0.0.0/0#': { ip: '0.0.0.0/0', expiresAt: NOW + 60_000, order: ORDER },
  'GRANT#not an ip#': { ip: 'not an ip', expiresAt: NOW + 60_000, order: ORDER },
  'GRANT#10.0.0.1#': { ip: '10.0.0.1', expiresAt: NOW + 60_000, order: ORDER },
  'GRANT#203.0.113.9#': { ip: 9, expiresAt: NOW + 60_000, order: { deep: 1 } },
  'GRANT#203.0.113.8#': { expiresAt: NOW + 60_000 },
};
const putGarbage = async () => {
  for (const [item, rest] of Object.entries(GARBAGE)) await put(item, rest);
};

describe('rows that are no grants', () => {
  it('are left out of what is live, each named by its key with STORE002, and everybody else is in', async () => {
    await apply(granted(ALICE, 0), granted(BOB, 0, { grantId: 'x' }));
    await putGarbage();
    expect(await live()).toEqual([ALICE, BOB]);
    expect(said.map(({ code, acl, item }) => [code, acl, item])).toEqual(
      Object.keys(GARBAGE)
        .sort()
        .map((item) => ['STORE002', ACL, item]),
    );
  });

  it('are named one by one up to ten, and counted beyond', async () => {
    for (let n = 0; n < 25; n += 1) await put(`GRANT#x${n}#`, { ip: `x${n}`, expiresAt: NOW + 60_000, order: ORDER });
    expect(await live()).toEqual([]);
    expect(said).toHaveLength(11);
    expect(said.at(-1)).toMatchObject({ code: 'STORE002', acl: ACL, more: 15 });
  });

  it('go when they are due', async () => {
    await putGarbage();
    const rows = await book.between(ACL, Number.MIN_SAFE_INTEGER, NOW + 60_000);
    expect(await book.end(rows, NOW)).toBe(5);
    expect(names(ITEM.grant)).toEqual([]);
  });

  it('do not keep a flush from ending the others, and go with it where their order can be read', async () => {
    await apply(granted(ALICE, 0), granted(BOB, 0));
    await putGarbage();
    expect(await book.apply(flushed(1), positionAt(9), NOW)).toEqual({ kind: 'applied', ended: 2 });
    expect(names(ITEM.grant)).toEqual(['GRANT#203.0.113.8#', 'GRANT#203.0.113.9#']);
    expect(await live()).toEqual([]);
  });

  it('do not keep a revoke of the IP from ending the others on it', async () => {
    await apply(granted(ALICE, 0));
    await put(`GRANT#${ALICE}#y`, { ip: 7, expiresAt: NOW + 60_000 });
    expect(await apply(revoked(ALICE, 1))).toEqual(['applied']);
    expect(await live()).toEqual([]);
  });

  it.each([
    [{}, { ip: 7, grantId: 7, since: 7, order: 7, user: 7, ttl: 'x', expiresAt: NOW + 60_000 }],
    [
      { grantId: 'x', user: 'alice' },
      { grantId: ['x'], since: {}, order: 'zzz', user: 7, expiresAt: 5 },
    ],
  ])('become one with the next event on that grant', async (more, stored) => {
    const grant = granted(ALICE, 0, more);
    await put(`GRANT#${ALICE}#${grant.grantId ?? ''}`, stored);
    expect(await apply(grant)).toEqual(['applied']);
    expect(await book.live(ACL, NOW)).toMatchObject([{ ip: ALICE, ...more }]);
    expect(said).toEqual([]);
  });
});

describe('what remembers an order, and holds none that an event can have', () => {
  const SPOILED: readonly (readonly [string, Readonly<Record<string, Value>>])[] = [
    ['another kind of value', { order: 7 }],
    ['nested', { order: { deep: ['x'] } }],
    ['text that sorts above all', { order: 'zzz' }],
    ['a time to come', { order: eventOrder(BigInt(NOW + 600_000) * 1_000_000n, positionAt(1)) }],
    ['no order', {}],
  ];

  it.each(SPOILED)('guards nothing: %s', async (_, spoiled) => {
    await put(ITEM.flushed, spoiled);
    await put(`${ITEM.revoked}${ALICE}`, spoiled);
    await put(`${ITEM.last}${ALICE}#`, spoiled);
    expect(await apply(granted(ALICE, 0), granted(BOB, 0))).toEqual(['applied', 'applied']);
    expect(await live()).toEqual([ALICE, BOB]);
    expect(await apply(revoked(ALICE, 1, { grantId: 'none' }), revoked(ALICE, 1), granted(ALICE, 0))).toEqual([
      ...['applied', 'applied', 'overtaken'],
    ]);
    expect(await apply(flushed(2), granted(CAROL, 1))).toEqual(['applied', 'overtaken']);
    expect(await live()).toEqual([]);
  });

  it('is named with STORE002 until an event of its kind has taken its place', async () => {
    await put(ITEM.flushed, { order: 'zzz' });
    await apply(granted(ALICE, 0));
    expect(said).toEqual([
      { code: 'STORE002', acl: ACL, item: ITEM.flushed, detail: expect.stringContaining('order') },
    ]);
    await apply(flushed(1));
    said.length = 0;
    await apply(granted(BOB, 2));
    expect(said).toEqual([]);
  });

  it('leaves the others their say: the one that stands names what overtook the event', async () => {
    await apply(revoked(ALICE, 5));
    await put(ITEM.flushed, { order: 7 });
    at += 1;
    expect(await book.apply(granted(ALICE, 1), positionAt(at), NOW)).toEqual({
      kind: 'overtaken',
      by: 'a later revoke',
    });
  });

  it('stops no event as one that was seen: a grant, a flush, one that is overtaken', async () => {
    await apply(revoked(BOB, 5));
    const events = [granted(ALICE, 1), granted(BOB, 1), flushed(0)];
    for (const event of events) {
      const { acl, item } = seenKey(event);
      await put(item, { order: 'zzz', position: 7 }, acl);
      expect(await seenOf(book, event)).toBeUndefined();
    }
    expect(await apply(...events)).toEqual(['applied', 'overtaken', 'applied']);
    expect(await live()).toEqual([ALICE]);
    expect(await apply(...events)).toEqual(['duplicate', 'duplicate', 'duplicate']);
    for (const event of events) expect(await seenOf(book, event)).toBeDefined();
  });

  it.each([
    ['a grant', granted(ALICE, 1)],
    ['a revoke', revoked(ALICE, 1, { grantId: 'x' })],
    ['a flush', flushed(1)],
  ])('makes no event overtake itself, whose process died before its batch was done: %s', async (_, event) => {
    await book.apply(event, positionAt(1), NOW);
    const { acl, item } = seenKey(event);
    await put(item, { order: 'zzz' }, acl);
    begin();
    expect(await apply(event)).toEqual(['applied']);
    expect(await seenOf(book, event)).not.toHaveProperty('overtakenBy');
  });
});

describe('the item that wakes the zone function, where it holds something else', () => {
  it.each<[string, Readonly<Record<string, Value>>]>([
    ['a number for a position', { position: 7 }],
    ['a position above all that can be', { position: '9'.repeat(39) }],
    ['text for a position', { position: 'up to here' }],
    ['other things throughout', { position: [], recent: { a: 1 }, since: 'ever', asked: 'many', reason: 7 }],
  ])('stops nobody: %s', async (_, spoiled) => {
    await put(ITEM.wake, spoiled);
    // It has seen events; how far they go nobody knows, so none counts as confirmed.
    expect(await book.position(ACL)).toBe('');
    expect(said[0]).toMatchObject({ code: 'STORE002', acl: ACL, item: ITEM.wake });
    await new WakeItem(table).ask(ACL, 'timer');
    expect(await table.get({ acl: ACL, item: ITEM.wake })).toMatchObject({ reason: 'timer', asked: 1 });
    const grant = granted(ALICE, 0);
    await apply(grant);
    expect(await book.position(ACL)).toBe((await seenOf(book, grant))?.position);
    said.length = 0;
    await apply(granted(BOB, 0));
    expect([await live(), said]).toEqual([[ALICE, BOB], []]);
  });

  it('is changed by every request, whatever its count is', async () => {
    const changes: Item[] = [];
    for (const asks of ['many', Number.MAX_SAFE_INTEGER, [1], undefined] as const) {
      table = new MemoryTable(({ key }) => changes.push({ ...key }));
      await put(ITEM.wake, asks === undefined ? {} : { asked: asks });
      changes.length = 0;
      for (const _ of [1, 2, 3]) await new WakeItem(table).ask(ACL, 'timer');
      expect([asks, changes.length]).toEqual([asks, 3]);
    }
  });
});
