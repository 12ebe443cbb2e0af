import { beforeEach, describe, expect, it } from 'vitest';
import { GrantBook } from '../../../lib/grants/grant-book.ts';
import { ITEM } from '../../../lib/names.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { ACL, flushed, granted, NOW, positionAt, revoked } from '../../helpers/events.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'];
const DAY_S = 24 * 3600;
let table: MemoryTable;
let book: GrantBook;
beforeEach(() => {
  table = new MemoryTable();
  book = new GrantBook(table);
});
const stored = (prefix: string) => table.items().filter(({ item }) => item.startsWith(prefix));

describe('how far the queue is applied', () => {
  it('is unknown until the ACL has seen an event, and known from the first, also where that ends nothing', async () => {
    expect(await book.position(ACL)).toBeUndefined();
    await book.apply(revoked(ALICE, 1), positionAt(7), NOW);
    expect(await book.position(ACL)).toBe(positionAt(7));
    expect(await book.position('other')).toBeUndefined();
  });

  it('rises with every event: applied, overtaken, or seen before', async () => {
    const grant = granted(ALICE, 1);
    const events = [grant, revoked(ALICE, 3), granted(ALICE, 2), grant, flushed(0)];
    for (const [index, event] of events.entries()) {
      await book.apply(event, positionAt(index + 1), NOW);
      expect(await book.position(ACL)).toBe(positionAt(index + 1));
    }
  });

  it('does not fall when an old message comes again', async () => {
    const [grant, flush] = [granted(ALICE, 1), flushed(2)];
    await book.apply(grant, positionAt(1), NOW);
    await book.apply(flush, positionAt(2), NOW);
    await book.apply(granted(BOB, 3), positionAt(3), NOW);
    await book.apply(grant, positionAt(1), NOW);
    await book.apply(flush, positionAt(2), NOW);
    expect(await book.position(ACL)).toBe(positionAt(3));
  });

  it('stays unknown for an ACL that only ever saw the webhook id of another ACL’s event', async () => {
    const grant = granted(ALICE, 1);
    await book.apply(grant, positionAt(1), NOW);
    await book.apply({ ...grant, acl: 'other' }, positionAt(2), NOW);
    // The same id is the same event, which is not one of this ACL: its zone must not be written yet.
    expect(await book.position('other')).toBeUndefined();
    expect(await book.live('other', NOW)).toEqual([]);
  });

  it('stays unknown for an ACL that only ever saw the id of another ACL’s event, on a flush', async () => {
    const grant = granted(ALICE, 1);
    await book.apply(grant, positionAt(1), NOW);
    await book.apply({ ...flushed(2), webhookId: grant.webhookId, acl: 'other' }, positionAt(2), NOW);
    expect(await book.position('other')).toBeUndefined();
  });
});

describe('the fate of an event', () => {
  it('is open until the event is applied, and then its place in the queue', async () => {
    const [grant, flush] = [granted(ALICE, 1), flushed(2)];
    expect(await book.fate(grant)).toBeUndefined();
    await book.apply(grant, positionAt(5), NOW);
    await book.apply(flush, positionAt(6), NOW);
    expect(await book.fate(grant)).toEqual({ position: positionAt(5) });
    expect(await book.fate(flush)).toEqual({ position: positionAt(6) });
  });

  it.each([
    ['a later flush', flushed(9)],
    ['a later revoke', revoked(ALICE, 9)],
    ['a later event on the same grant', granted(ALICE, 9)],
    ['a later event on the same grant', revoked(ALICE, 9, { grantId: 'none' })],
  ])('names what overtook it: %s', async (by, later) => {
    const grant = granted(ALICE, 1, later.grantId === undefined ? {} : { grantId: 'none' });
    await book.apply(later, positionAt(1), NOW);
    expect(await book.apply(grant, positionAt(2), NOW)).toEqual({ kind: 'overtaken', by });
    expect(await book.fate(grant)).toEqual({ position: positionAt(2), overtakenBy: by });
  });

  it('tells whether its grant still stands', async () => {
    const grant = granted(ALICE, 1, { grantId: 'x' });
    expect(await book.stands(grant)).toBe(false);
    await book.apply(grant, positionAt(1), NOW);
    expect(await book.stands(grant)).toBe(true);
    expect(await book.stands(granted(ALICE, 1))).toBe(false);
    await book.apply(revoked(ALICE, 2), positionAt(2), NOW);
    expect(await book.stands(grant)).toBe(false);
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
    const others = table.items().filter(({ item }) => item !== ITEM.events);
    expect(others.length).toBeGreaterThanOrEqual(6);
    for (const { ttl } of others) {
      expect(Number(ttl)).toBeGreaterThanOrEqual(NOW / 1000 + 15 * DAY_S);
      expect(Number(ttl)).toBeLessThan(NOW / 1000 + 30 * DAY_S);
    }
    expect(stored(ITEM.events)).toEqual([expect.not.objectContaining({ ttl: expect.anything() })]);
  });

  it('of a webhook id: its text among the last events of the ACL alone, and in no key', async () => {
    await book.apply(granted(ALICE, 1, { webhookId: 'chosen-by-a-sender' }), positionAt(1), NOW);
    const others = table.items().map(({ recent: _, ...rest }) => rest);
    expect(JSON.stringify(others)).not.toContain('chosen-by-a-sender');
    expect(await book.events(ACL)).toMatchObject({ recent: [[positionAt(1), 'chosen-by-a-sender']] });
    await book.apply(granted(ALICE, 2, { webhookId: 'x'.repeat(256) }), positionAt(2), NOW);
    for (const n of [3, 4, 5])
      await book.apply(granted(ALICE, n, { webhookId: `${n}`.repeat(256) }), positionAt(n), NOW);
    expect(JSON.stringify(table.items())).not.toContain('chosen-by-a-sender');
  });

  it('of its last events, for log lines: those of this ACL, each once, also where one is tried again', async () => {
    const event = granted(ALICE, 1, { webhookId: 'evt-1' });
    await book.apply(event, positionAt(1), NOW);
    await book.apply(granted(ALICE, 2, { webhookId: 'evt-2', acl: 'other' }), positionAt(2), NOW);
    await book.apply(event, positionAt(1), NOW);
    await book.apply(granted(ALICE, 3, { webhookId: 'evt-3' }), positionAt(3), NOW);
    expect((await book.events(ACL))?.recent).toEqual([
      [positionAt(1), 'evt-1'],
      [positionAt(3), 'evt-3'],
    ]);
    expect((await book.events('other'))?.recent).toEqual([[positionAt(2), 'evt-2']]);
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
      await book.apply(granted(`198.18.0.${i}`, 1, { expiresAt: NOW + 10_000 - i }), positionAt(i + 1), NOW);
    }
    const expiries = (await book.live(ACL, NOW)).map(({ expiresAt }) => expiresAt);
    expect(expiries).toHaveLength(250);
    expect(expiries).toEqual([...expiries].sort((a, b) => a - b));
  });

  it('that have ended are removed with their count said, all of them, by a flush', async () => {
    for (let i = 0; i < 130; i += 1) await book.apply(granted(`198.18.0.${i}`, 1), positionAt(i + 1), NOW);
    await book.apply(granted(ALICE, 9), positionAt(200), NOW);
    expect(await book.apply(flushed(5), positionAt(201), NOW)).toEqual({ kind: 'applied', ended: 130 });
    expect((await book.live(ACL, NOW)).map(({ ip }) => ip)).toEqual([ALICE]);
  });

  it('that are due are ended once: whoever comes second ends nothing', async () => {
    await book.apply(granted(ALICE, 0, { expiresAt: NOW - 5 }), positionAt(1), NOW);
    const due = await book.between(ACL, 0, NOW);
    expect(await book.end(due)).toHaveLength(1);
    expect(await book.end(due)).toEqual([]);
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
