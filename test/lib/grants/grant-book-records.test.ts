import { beforeEach, describe, expect, it } from 'vitest';
import { eventOrder } from '../../../lib/grants/event-order.ts';
import type { GrantBook } from '../../../lib/grants/grant-book.ts';
import { type EndedGrant, putGrant } from '../../../lib/grants/grant-items.ts';
import type { QueuedEvent } from '../../../lib/grants/queue-message.ts';
import { WakeItem } from '../../../lib/grants/wake-item.ts';
import { ITEM } from '../../../lib/names.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { ACL, bookOf, flushed, granted, NOW, positionAt, revoked, seenOf } from '../../helpers/events.ts';
import { Crash, FaultyTable } from '../../helpers/faulty-table.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'];
const DAY_S = 24 * 3600;
let table: MemoryTable;
let book: GrantBook;
beforeEach(() => {
  table = new MemoryTable();
  book = bookOf(table);
});
const stored = (prefix: string) => table.items().filter(({ item }) => item.startsWith(prefix));

/** One batch, as the grants function handles it. */
async function batch(...events: readonly (readonly [event: QueuedEvent, position: number])[]) {
  for (const [event, position] of events) await book.apply(event, positionAt(position), NOW);
  await book.announce(NOW);
}

describe('how far the queue is applied', () => {
  it('is unknown until the ACL has seen an event, and known from the first, also where that ends nothing', async () => {
    expect(await book.position(ACL)).toBeUndefined();
    await batch([revoked(ALICE, 1), 7]);
    expect(await book.position(ACL)).toBe(positionAt(7));
    expect(await book.position('other')).toBeUndefined();
  });

  it('rises with every event: applied, overtaken, or seen before', async () => {
    const grant = granted(ALICE, 1);
    for (const [event, at] of [
      [grant, 1],
      [revoked(ALICE, 3), 2],
      [granted(ALICE, 2), 3],
      [grant, 4],
      [flushed(0), 5],
    ] as const) {
      await batch([event, at]);
      expect(await book.position(ACL)).toBe(positionAt(at));
    }
  });

  it('is told once the batch ends, for all of it and each ACL by itself', async () => {
    await book.apply(granted(ALICE, 1), positionAt(1), NOW);
    await book.apply(granted(BOB, 2, { acl: 'other' }), positionAt(2), NOW);
    await book.apply(granted(BOB, 3), positionAt(3), NOW);
    expect([await book.position(ACL), await book.position('other')]).toEqual([undefined, undefined]);
    await book.announce(NOW);
    expect(await book.position(ACL)).toBe(positionAt(3));
    expect(await book.position('other')).toBe(positionAt(2));
  });

  it('never falls: neither when old messages come again, nor when a new queue counts from the beginning', async () => {
    const [grant, flush] = [granted(ALICE, 1), flushed(2)];
    await batch([grant, 10001], [flush, 10002], [granted(BOB, 3), 10003]);
    let last = positionAt(10003);
    for (const [event, at] of [
      [grant, 10001],
      [flush, 10002],
      [granted(BOB, 4), 1],
      [granted(ALICE, 4), 2],
      [granted(ALICE, 5), 10003],
    ] as const) {
      await batch([event, at]);
      const position = (await book.position(ACL)) ?? '';
      expect(position > last).toBe(true);
      last = position;
    }
  });

  it('covers an event as soon as that is announced, and not before, also after the queue was replaced', async () => {
    await batch([granted(ALICE, 1), 10001]);
    const [first, second] = [granted(ALICE, 2), granted(BOB, 2)];
    await book.apply(first, positionAt(1), NOW);
    await book.apply(second, positionAt(2), NOW);
    const places = [(await seenOf(book, first))?.position ?? '', (await seenOf(book, second))?.position ?? ''];
    expect(places).toEqual([...new Set(places)].sort());
    for (const place of places) expect(place > ((await book.position(ACL)) ?? '')).toBe(true);
    await book.announce(NOW);
    expect(await book.position(ACL)).toBe(places[1]);
  });

  it('is taken up where another process has left it, whatever this one knew before', async () => {
    await batch([granted(ALICE, 1), 10001]);
    const other = bookOf(table);
    for (const n of [1, 2, 3]) await other.apply(granted(BOB, n), positionAt(n), NOW);
    await other.announce(NOW);
    const left = (await book.position(ACL)) ?? '';
    const grant = granted(ALICE, 4);
    await book.apply(grant, positionAt(4), NOW);
    expect(((await seenOf(book, grant))?.position ?? '') > left).toBe(true);
  });

  it('decides between equal times: the one applied later wins, also where a new queue counts lower', async () => {
    await batch([granted(ALICE, 1, { expiresAt: NOW + 5 }), 10001]);
    await batch([granted(ALICE, 1, { expiresAt: NOW + 9 }), 1]);
    expect((await book.live(ACL, NOW)).map(({ expiresAt }) => expiresAt)).toEqual([NOW + 9]);
  });
});

describe('a webhook id', () => {
  it('is an ACL’s own: two ACLs may use the same', async () => {
    const grant = granted(ALICE, 1);
    await batch([grant, 1], [{ ...grant, acl: 'other' }, 2]);
    expect(await book.live('other', NOW)).toHaveLength(1);
    expect(await seenOf(book, { ...grant, acl: 'third' })).toBeUndefined();
  });

  it('is that of the first body that came with it; what is not known counts as the same', async () => {
    const [first, other] = ['a'.repeat(43), 'b'.repeat(43)];
    const grant = granted(ALICE, 1, { bodyHash: first });
    const changed = { ...grant, ip: BOB, bodyHash: other };
    const { bodyHash: _, ...unknown } = grant;
    const kinds: unknown[] = [];
    for (const event of [grant, changed, { ...flushed(9), webhookId: grant.webhookId, bodyHash: other }, unknown]) {
      kinds.push(await book.apply(event, positionAt(kinds.length + 1), NOW));
    }
    const duplicates = [true, true, false].map((otherBody) => ({ kind: 'duplicate', otherBody }));
    expect(kinds).toEqual([{ kind: 'applied', ended: 0 }, ...duplicates]);
    expect((await book.live(ACL, NOW)).map(({ ip }) => ip)).toEqual([ALICE]);
    expect(await seenOf(book, changed)).toMatchObject({ ip: ALICE, bodyHash: first });
  });

  it('cannot be made to look like another’s, whatever characters it holds', async () => {
    const grant = granted(ALICE, 1, { acl: 'a', webhookId: 'b c' });
    await batch([grant, 1]);
    expect(await seenOf(book, { ...grant, acl: 'a b', webhookId: 'c' })).toBeUndefined();
  });
});

describe('the item that wakes the zone function', () => {
  let woken: string[];
  beforeEach(() => {
    woken = [];
    table = new MemoryTable(({ key }) => {
      if (key.item === ITEM.wake) woken.push(key.acl);
    });
    book = bookOf(table);
  });

  it('changes once a batch for each ACL in it', async () => {
    await batch([granted(ALICE, 1), 1], [granted(BOB, 1), 2], [granted(BOB, 1, { acl: 'other' }), 3]);
    expect(woken.sort()).toEqual([ACL, 'other']);
    await book.announce(NOW);
    expect(woken).toHaveLength(2);
  });

  it('changes with a batch that was applied before: the first time, the function may have died before it did', async () => {
    const grant = granted(ALICE, 1);
    for (const _ of [1, 2, 3]) await batch([grant, 1]);
    expect(woken).toEqual([ACL, ACL, ACL]);
  });

  /** More than one transaction takes. */
  const many = Array.from({ length: 150 }, (_, i) => granted(ALICE, 1, { grantId: `g${i}` }));

  it('changes where some of a flush is done and some is not, and tells no position for it', async () => {
    await batch(...many.map((grant, i) => [grant, i + 1] as const));
    const told: EndedGrant[] = [];
    const faulty = new FaultyTable(table);
    faulty.crashAt = 3;
    book = bookOf(faulty);
    const ended = (grants: readonly EndedGrant[]) => void told.push(...grants);
    await expect(book.apply(flushed(5), positionAt(200), NOW, ended)).rejects.toThrow(Crash);
    await book.announce(NOW);
    expect([told.length, (await book.live(ACL, NOW)).length]).toEqual([52, 98]);
    expect(woken).toEqual([ACL, ACL]);
    expect(await book.position(ACL)).toBe(positionAt(150));
  });

  it('stays as it is where nothing could be written: the message comes again', async () => {
    const faulty = new FaultyTable(table);
    faulty.crashAt = 1;
    book = bookOf(faulty);
    await expect(book.apply(granted(ALICE, 1), positionAt(1), NOW)).rejects.toThrow(Crash);
    await book.announce(NOW);
    expect(woken).toEqual([]);
  });

  it('does not adopt an ACL whose first event was applied in part', async () => {
    const order = eventOrder(0n, positionAt(1));
    for (const grant of many) await table.write([putGrant(grant, { order, since: order, isAnew: false, now: NOW })]);
    const faulty = new FaultyTable(table);
    faulty.crashAt = 3;
    book = bookOf(faulty);
    await expect(book.apply(flushed(5), positionAt(1), NOW)).rejects.toThrow(Crash);
    await book.announce(NOW);
    expect(woken).toEqual([ACL]);
    expect(await book.events(ACL)).toBeUndefined();
  });

  it('changes with an announcement that comes late, without taking back what a later one said', async () => {
    await book.apply(granted(ALICE, 1), positionAt(1), NOW);
    const newer = bookOf(table);
    await newer.apply(granted(BOB, 2), positionAt(2), NOW);
    await newer.announce(NOW);
    await book.announce(NOW);
    expect(woken).toEqual([ACL, ACL]);
    expect(await book.position(ACL)).toBe(positionAt(2));
  });

  it('changes with each of two requests that are the same, in one millisecond', async () => {
    const wake = new WakeItem(table);
    const marks: string[] = [];
    for (const _ of [1, 2]) {
      await wake.ask(ACL, 'timer');
      marks.push((await wake.read(ACL)).mark);
    }
    expect(woken).toEqual([ACL, ACL]);
    expect(new Set(marks).size).toBe(2);
  });

  it('says since when there are events, and forgets it no more', async () => {
    await batch([granted(ALICE, 1), 1]);
    await book.apply(granted(ALICE, 2), positionAt(2), NOW + 5_000);
    await book.announce(NOW + 5_000);
    expect(await book.events(ACL)).toMatchObject({ since: NOW });
  });

  it('changes for the other ACLs where the table fails for one, and that is said', async () => {
    class OneBroken extends MemoryTable {
      override async write(...args: Parameters<MemoryTable['write']>) {
        const [write] = args[0];
        if (write && 'update' in write && write.update.acl === 'broken') throw new Error('no answer');
        return super.write(...args);
      }
    }
    table = new OneBroken(({ key }) => woken.push(key.acl));
    book = bookOf(table);
    await book.apply(flushed(1, { acl: 'broken' }), positionAt(1), NOW);
    await book.apply(flushed(1), positionAt(2), NOW);
    await expect(book.announce(NOW)).rejects.toThrow('1 ACLs');
    expect(await book.position(ACL)).toBe(positionAt(2));
  });
});

describe('what is remembered of an event', () => {
  it('is nothing until it is applied, and then what it was and its position', async () => {
    const [grant, flush] = [granted(ALICE, 1, { grantId: 'x' }), flushed(2)];
    expect(await seenOf(book, grant)).toBeUndefined();
    await book.apply(grant, positionAt(5), NOW);
    await book.apply(flush, positionAt(6), NOW);
    const { expiresAt } = grant;
    expect(await seenOf(book, grant)).toMatchObject({
      ...{ type: 'access.granted', ip: ALICE, grantId: 'x', expiresAt, position: positionAt(5) },
    });
    expect(await seenOf(book, flush)).toMatchObject({ type: 'access.flushed', position: positionAt(6), ended: 1 });
  });

  it('is over after sixteen days, also where the table still has it', async () => {
    const grant = granted(ALICE, 1);
    await book.apply(grant, positionAt(1), NOW);
    const at = (days: number) => book.memory.get(ACL, grant.webhookId, NOW + days * 86_400_000);
    expect(await at(15.99)).toBeDefined();
    expect(await at(16)).toBeUndefined();
  });

  it.each([
    ['a later flush', flushed(9)],
    ['a later revoke', revoked(ALICE, 9)],
    ['a later event on the same grant', granted(ALICE, 9)],
    ['a later event on the same grant', revoked(ALICE, 9, { grantId: 'none' })],
  ])('names what overtook it before it was applied, and since: %s', async (by, later) => {
    const more = later.grantId === undefined ? {} : { grantId: 'none' };
    const [late, before] = [granted(ALICE, 1, more), granted(ALICE, 0, more)];
    await book.apply(before, positionAt(1), NOW);
    await book.apply(later, positionAt(2), NOW);
    expect(await book.apply(late, positionAt(3), NOW)).toEqual({ kind: 'overtaken', by });
    expect(await seenOf(book, late)).toMatchObject({ position: positionAt(3), overtakenBy: by });
    const seen = await seenOf(book, before);
    expect(seen).not.toHaveProperty('overtakenBy');
    expect(seen && (await book.memory.overtaker(ACL, seen, NOW))).toBe(by);
  });

  it('names the first that overtook it', async () => {
    const grant = granted(ALICE, 1, { grantId: 'x' });
    await batch([grant, 1], [revoked(ALICE, 2, { grantId: 'x' }), 2], [revoked(ALICE, 3), 3], [flushed(4), 4]);
    const seen = await seenOf(book, grant);
    expect(seen && (await book.memory.overtaker(ACL, seen, NOW))).toBe('a later event on the same grant');
  });

  it('names nobody who came after its grant was over', async () => {
    const grant = granted(ALICE, 1, { expiresAt: NOW + 5_000 });
    await batch([grant, 1], [revoked(ALICE, 6), 2], [granted(ALICE, 7), 3], [flushed(8), 4]);
    const seen = await seenOf(book, grant);
    expect(seen && (await book.memory.overtaker(ACL, seen, NOW))).toBeUndefined();
  });

  it('is that it was set aside, until it is applied after all', async () => {
    const grant = granted(ALICE, 1, { bodyHash: 'a'.repeat(43) });
    await book.setAside(grant, 'STORE001', NOW);
    const known = () => book.memory.get(ACL, grant.webhookId, NOW);
    expect(await known()).toEqual({ aside: { code: 'STORE001', bodyHash: 'a'.repeat(43) } });
    expect(await book.apply(grant, positionAt(1), NOW)).toEqual({ kind: 'applied', ended: 0 });
    expect(await known()).toMatchObject({ seen: { position: positionAt(1) } });
  });
});

describe('how many grants an event has ended', () => {
  const [CARA, LATER] = ['203.0.113.3', NOW + 60_000];
  const endedBy = async (event: QueuedEvent, n = 9, now = NOW) => {
    const result = await book.apply(event, positionAt(n), now);
    expect(await seenOf(book, event)).toMatchObject({ ended: result.kind === 'applied' ? result.ended : 0 });
    return result;
  };

  it('is one for a revoke of a grant that lives, and none where there is no such grant', async () => {
    await batch([granted(ALICE, 1, { grantId: 's1' }), 1]);
    expect(await endedBy(revoked(ALICE, 2, { grantId: 's2' }))).toEqual({ kind: 'applied', ended: 0 });
    expect(await endedBy(revoked(BOB, 2, { grantId: 's1' }), 10)).toEqual({ kind: 'applied', ended: 0 });
    expect(await endedBy(revoked(ALICE, 2, { grantId: 's1' }), 11)).toEqual({ kind: 'applied', ended: 1 });
  });

  it('counts nobody whose time was over, though they are still stored: they go by themselves', async () => {
    const over = { expiresAt: NOW + 5_000 };
    await batch([granted(ALICE, 1, { ...over, grantId: 'a' }), 1], [granted(BOB, 1, over), 2], [granted(CARA, 1), 3]);
    expect(await endedBy(revoked(ALICE, 2, { grantId: 'a' }), 4, LATER)).toMatchObject({ ended: 0 });
    expect(await endedBy(revoked(BOB, 2), 5, LATER)).toMatchObject({ ended: 0 });
    expect(await endedBy(flushed(3), 6, LATER)).toMatchObject({ ended: 1 });
    expect(stored(ITEM.grant)).toHaveLength(2);
    expect(await book.end(await book.between(ACL, 0, LATER), LATER)).toBe(2);
  });

  it('is said with what it did not cover, for the flush and the revoke of a slow clock', async () => {
    await batch([granted(ALICE, 1, { grantId: 'old' }), 1], [granted(ALICE, 300, { grantId: 'new' }), 2]);
    await batch([granted(BOB, 300), 3]);
    const overtaken = { kind: 'applied', overtakenBy: 'later grants' };
    expect(await endedBy(revoked(ALICE, 10), 4)).toEqual({ ...overtaken, ended: 1 });
    expect(await endedBy(flushed(100), 5)).toEqual({ ...overtaken, ended: 0 });
    expect(await endedBy(revoked(CARA, 10), 6)).toEqual({ kind: 'applied', ended: 0 });
    expect((await book.live(ACL, NOW)).map(({ ip }) => ip).sort()).toEqual([ALICE, BOB]);
  });

  it('names a later one of its kind where nobody later is in', async () => {
    await batch([flushed(9), 1], [revoked(ALICE, 9), 2]);
    expect(await endedBy(flushed(5), 3)).toEqual({ kind: 'applied', ended: 0, overtakenBy: 'a later flush' });
    expect(await endedBy(revoked(ALICE, 5), 4)).toEqual({ kind: 'applied', ended: 0, overtakenBy: 'a later revoke' });
  });

  it('is right for a flush of more than a transaction holds', async () => {
    const names = Array.from({ length: 250 }, (_, i) => granted(ALICE, 1, { grantId: `g${i}` }));
    await batch(...names.map((grant, i) => [grant, i + 1] as const));
    const told: unknown[] = [];
    const flush = flushed(2);
    const result = await book.apply(flush, positionAt(999), NOW, (ended) => void told.push(...ended));
    expect([result, told.length]).toEqual([{ kind: 'applied', ended: 250 }, 250]);
    expect(await seenOf(book, flush)).toMatchObject({ ended: 250 });
  });
});

describe('what is kept of an event', () => {
  it('of a grant: whose, until when, and a TTL that never comes before its expiry', async () => {
    const grant = granted(ALICE, 1, { grantId: 'x', user: 'alice', expiresAt: NOW + 1_500 });
    await book.apply(grant, positionAt(1), NOW);
    expect(await book.live(ACL, NOW)).toMatchObject([
      { acl: ACL, ip: ALICE, grantId: 'x', user: 'alice', expiresAt: NOW + 1_500 },
    ]);
    expect(stored(ITEM.grant)).toMatchObject([{ ttl: NOW / 1000 + 2 }]);
  });

  it('of a grant that is given again: the new user or none, and the new expiry', async () => {
    await book.apply(granted(ALICE, 1, { user: 'alice' }), positionAt(1), NOW);
    await book.apply(granted(ALICE, 2, { expiresAt: NOW + 5 }), positionAt(2), NOW);
    expect(await book.live(ACL, NOW)).toEqual([expect.objectContaining({ expiresAt: NOW + 5 })]);
    expect(await book.live(ACL, NOW)).toEqual([expect.not.objectContaining({ user: 'alice' })]);
  });

  it('of orders and ids: longer than a day of age and 14 days of dead letters, but not for ever', async () => {
    await book.apply(granted(ALICE, 1), positionAt(1), NOW);
    await book.apply(revoked(ALICE, 2), positionAt(2), NOW);
    await book.apply(flushed(3), positionAt(3), NOW);
    await book.announce(NOW);
    const others = table.items().filter(({ item }) => item !== ITEM.wake);
    expect(others.length).toBeGreaterThanOrEqual(6);
    for (const { ttl } of others) {
      expect(Number(ttl)).toBeGreaterThanOrEqual(NOW / 1000 + 15 * DAY_S);
      expect(Number(ttl)).toBeLessThan(NOW / 1000 + 30 * DAY_S);
    }
    expect(stored(ITEM.wake)).toEqual([expect.not.objectContaining({ ttl: expect.anything() })]);
  });

  it('of a webhook id: its text among the last events of the ACL alone, and in no key', async () => {
    await book.apply(granted(ALICE, 1, { webhookId: 'chosen-by-a-sender' }), positionAt(1), NOW);
    await book.announce(NOW);
    const others = table.items().map(({ recent: _, ...rest }) => rest);
    expect(JSON.stringify(others)).not.toContain('chosen-by-a-sender');
    expect(await book.events(ACL)).toMatchObject({ recent: [[positionAt(1), 'chosen-by-a-sender', ALICE]] });
    await book.apply(granted(ALICE, 2, { webhookId: 'x'.repeat(256) }), positionAt(2), NOW);
    for (const n of [3, 4, 5])
      await book.apply(granted(ALICE, n, { webhookId: `${n}`.repeat(256) }), positionAt(n), NOW);
    await book.announce(NOW);
    expect(JSON.stringify(table.items())).not.toContain('chosen-by-a-sender');
  });

  it('of its last events, for log lines: those of this ACL, each once, also where one is tried again', async () => {
    const event = granted(ALICE, 1, { webhookId: 'evt-1' });
    await batch([event, 1], [granted(ALICE, 2, { webhookId: 'evt-2', acl: 'other' }), 2], [event, 1]);
    await batch([granted(ALICE, 3, { webhookId: 'evt-3' }), 3]);
    const ids = async (acl: string) => (await book.events(acl))?.recent.map(([, webhookId]) => webhookId);
    expect([await ids(ACL), await ids('other')]).toEqual([['evt-1', 'evt-3'], ['evt-2']]);
  });
});

describe('the grants of an ACL', () => {
  it('are live until their expiry, and not at it', async () => {
    await book.apply(granted(ALICE, 0, { expiresAt: NOW + 1 }), positionAt(1), NOW);
    expect(await book.live(ACL, NOW)).toHaveLength(1);
    expect(await book.live(ACL, NOW + 1)).toEqual([]);
    expect(await book.between(ACL, 0, NOW + 1)).toHaveLength(1);
    expect(await book.between(ACL, 0, NOW)).toEqual([]);
  });

  it('are all read, however many pages they fill, soonest expiry first', async () => {
    for (let i = 0; i < 250; i += 1) {
      await book.apply(granted(`198.51.0.${i}`, 1, { expiresAt: NOW + 10_000 - i }), positionAt(i + 1), NOW);
    }
    const expiries = (await book.live(ACL, NOW)).map(({ expiresAt }) => expiresAt);
    expect(expiries).toHaveLength(250);
    expect(expiries).toEqual([...expiries].sort((a, b) => a - b));
  });

  it('that have ended are removed with their count said, all of them, by a flush', async () => {
    for (let i = 0; i < 130; i += 1) await book.apply(granted(`198.51.0.${i}`, 1), positionAt(i + 1), NOW);
    await book.apply(granted(ALICE, 9), positionAt(200), NOW);
    expect(await book.apply(flushed(5), positionAt(201), NOW)).toEqual({
      ...{ kind: 'applied', ended: 130, overtakenBy: 'later grants' },
    });
    expect((await book.live(ACL, NOW)).map(({ ip }) => ip)).toEqual([ALICE]);
  });

  it('that are due are ended once: whoever comes second ends nothing', async () => {
    await book.apply(granted(ALICE, 0, { expiresAt: NOW - 5 }), positionAt(1), NOW);
    const due = await book.between(ACL, 0, NOW);
    expect(await book.end(due, NOW)).toBe(1);
    expect(await book.end(due, NOW)).toBe(0);
  });

  it('stand since their latest beginning: a break begins anew, an extension does not', async () => {
    const since = async () => (await book.live(ACL, NOW))[0]?.since;
    await book.apply(granted(ALICE, 1), positionAt(1), NOW);
    const first = await since();
    await book.apply(granted(ALICE, 2), positionAt(2), NOW);
    expect(await since()).toBe(first);
    await book.apply(revoked(ALICE, 3), positionAt(3), NOW);
    await book.apply(granted(ALICE, 4), positionAt(4), NOW);
    expect((await since()) ?? '').not.toBe(first);
  });
});
