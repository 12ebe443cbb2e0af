import { beforeEach, describe, expect, it } from 'vitest';
import { GrantBook } from '../../../lib/grants/grant-book.ts';
import type { QueuedEvent } from '../../../lib/grants/queue-message.ts';
import { ITEM } from '../../../lib/names.ts';
import type { Fields, Item, Table } from '../../../lib/ports.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { ACL, flushed, granted, NOW, positionAt, revoked } from '../../helpers/events.ts';
import { FaultyTable } from '../../helpers/faulty-table.ts';

const [ALICE, BOB, CAROL, DAVE] = ['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4'];
const POLICY = { allowPrivate: false, allowIpv6: false };

/** Counts how often all grants are read, and which IPs one by one. */
class Counted extends MemoryTable {
  all = 0;
  ips: string[] = [];
  override queryExpiry(...range: Parameters<Table['queryExpiry']>) {
    this.all += 1;
    return super.queryExpiry(...range);
  }
  override queryPrefix(acl: string, prefix: string) {
    this.ips.push(prefix.slice(ITEM.grant.length, -1));
    return super.queryPrefix(acl, prefix);
  }
}

let table: Counted;
let book: GrantBook;
let said: Fields[];
let at: number;
let now: number;
const bookOf = (other: Table = table) =>
  new GrantBook(other, POLICY, { error: (code, detail, fields) => void said.push({ code, detail, ...fields }) });
beforeEach(async () => {
  table = new Counted();
  said = [];
  [at, now] = [0, NOW];
  book = bookOf();
  await apply(granted(ALICE, 0), granted(BOB, 0));
  await held();
});

/** Applied by another process, in one batch. */
async function apply(...events: readonly QueuedEvent[]) {
  const other = bookOf();
  for (const event of events) {
    at += 1;
    await other.apply(event, positionAt(at), now);
  }
  await other.announce(now);
  table.ips = [];
}

/** What a rebuild sees. @returns the IPs, with "all" before them where all was read */
async function held(reader = book): Promise<readonly string[]> {
  const [all, ips] = [table.all, table.ips.length];
  const wake = await reader.wake.read(ACL);
  const holders = await reader.holders(ACL, now, wake);
  const again = table.ips.slice(ips).map((ip) => `read ${ip}`);
  return [...(table.all > all ? ['all'] : []), ...again.sort(), ...holders.map(({ ip }) => ip).sort()];
}

describe('the grants that a rebuild sees', () => {
  it('are read again where an event touched them, and no others, while rebuilds follow each other closely', async () => {
    await apply(granted(CAROL, 1));
    expect(await held()).toEqual([`read ${CAROL}`, ALICE, BOB, CAROL]);
    await apply(revoked(ALICE, 2), granted(DAVE, 3, { grantId: 'x' }));
    now += 3_999;
    expect(await held()).toEqual([`read ${ALICE}`, `read ${DAVE}`, BOB, CAROL, DAVE]);
    expect(await held()).toEqual([BOB, CAROL, DAVE]);
  });

  it('are all read four seconds after the last rebuild, and half a minute after they all were', async () => {
    now += 4_000;
    expect(await held()).toEqual(['all', ALICE, BOB]);
    for (let seconds = 3; seconds < 30; seconds += 3) {
      now += 3_000;
      expect(await held()).toEqual([ALICE, BOB]);
    }
    now += 3_000;
    expect(await held()).toEqual(['all', ALICE, BOB]);
    now -= 1;
    expect(await held()).toEqual(['all', ALICE, BOB]);
  });

  it('are all read by another process, and by whoever says nothing of what woke it', async () => {
    expect(await held(bookOf())).toEqual(['all', ALICE, BOB]);
    const all = table.all;
    await book.holders(ACL, now);
    expect(table.all).toBe(all + 1);
    expect(await held()).toEqual(['all', ALICE, BOB]);
  });

  it('are those of one ACL', async () => {
    await apply(granted(CAROL, 1, { acl: 'other' }));
    expect(await held()).toEqual([ALICE, BOB]);
    const wake = await book.wake.read('other');
    expect((await book.holders('other', now, wake)).map(({ ip }) => ip)).toEqual([CAROL]);
    expect(await held()).toEqual([ALICE, BOB]);
  });

  it('end when they are over, and what was extended stays', async () => {
    await apply(granted(CAROL, 1, { expiresAt: now + 2_000 }), granted(DAVE, 1, { expiresAt: now + 2_000 }));
    await held();
    await apply(granted(CAROL, 2, { expiresAt: now + 60_000 }));
    now += 1_999;
    expect(await held()).toEqual([`read ${CAROL}`, ALICE, BOB, CAROL, DAVE]);
    now += 1;
    expect(await held()).toEqual([ALICE, BOB, CAROL]);
  });

  it('are in the order in which they end', async () => {
    await apply(granted(CAROL, 1, { expiresAt: now + 3_000 }), granted(DAVE, 1, { expiresAt: now + 2_000 }));
    const wake = await book.wake.read(ACL);
    const holders = await book.holders(ACL, now, wake);
    expect(holders.slice(0, 2).map(({ ip }) => ip)).toEqual([DAVE, CAROL]);
    expect(holders[0]).toEqual({ ip: DAVE, expiresAt: now + 2_000, since: expect.any(String) });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a flush', () => apply(granted(CAROL, 1), flushed(2), granted(DAVE, 3))],
    ['a change that is no event', () => book.wake.changed(ACL, 'test')],
    ['more events than are remembered', () => apply(...Array.from({ length: 20 }, (_, n) => granted(CAROL, n + 1)))],
    [
      'an item that another version has written',
      async () => {
        const item = table.look({ acl: ACL, item: ITEM.wake }) as Item;
        const { from: _, ...rest } = item;
        await table.write([{ put: { ...rest, acl: ACL, item: ITEM.wake, position: positionAt(99) } }]);
      },
    ],
    [
      'a position that is lower than it was',
      async () => {
        const set = { position: positionAt(1), from: positionAt(1) };
        await table.write([{ update: { acl: ACL, item: ITEM.wake }, set }]);
      },
    ],
    [
      'the item that wakes the ACL was lost',
      async () => {
        await table.write([{ remove: { acl: ACL, item: ITEM.wake } }]);
        now += 1;
        await apply(granted(CAROL, 1));
      },
    ],
    [
      'a position that is none',
      async () => {
        await table.write([{ update: { acl: ACL, item: ITEM.wake }, set: { position: 7 } }]);
      },
    ],
  ])('are all read after %s', async (_, change) => {
    await change();
    expect((await held())[0]).toBe('all');
  });

  it('are read again where they are nearly over when others have expired: another clock may have ended them', async () => {
    await apply(granted(CAROL, 1, { expiresAt: now + 5_000 }), granted(DAVE, 1, { expiresAt: now + 5_001 }));
    await held();
    await book.end(await book.between(ACL, now + 4_999, now + 5_000), now + 5_000);
    expect(await held()).toEqual([ALICE, BOB, CAROL, DAVE]);
    await book.wake.expired(ACL);
    expect(await held()).toEqual([`read ${CAROL}`, ALICE, BOB, DAVE]);
    await book.wake.expired(ACL);
    await book.wake.changed(ACL, 'test');
    expect(await held()).toEqual(['all', ALICE, BOB, DAVE]);
  });

  it('are all read where very many are nearly over', async () => {
    const many = Array.from({ length: 26 }, (_, n) => granted(`198.51.100.${n}`, 1, { expiresAt: now + 3_000 }));
    await apply(...many);
    now += 100;
    await held();
    await book.wake.expired(ACL);
    expect((await held())[0]).toBe('all');
  });

  it('are all read after an event that was applied in part, whatever came after it', async () => {
    const faulty = new FaultyTable(table);
    Object.assign(faulty, { crashAt: 2, afterApplying: true });
    const other = bookOf(faulty);
    at += 1;
    await expect(other.apply(flushed(9), positionAt(at), now)).rejects.toThrow();
    at += 1;
    await other.apply(granted(CAROL, 10), positionAt(at), now);
    await other.announce(now);
    expect((await held())[0]).toBe('all');
  });

  it('are all read after events of two runs that knew nothing of each other', async () => {
    const [one, two] = [bookOf(), bookOf()];
    await one.apply(granted(CAROL, 1), positionAt(at + 1), now);
    await two.apply(granted(DAVE, 2), positionAt(at + 2), now);
    await one.announce(now);
    await two.announce(now);
    expect(await held()).toEqual(['all', ALICE, BOB, CAROL, DAVE]);
  });

  it('leave out rows that are none, which are reported', async () => {
    await apply(granted(CAROL, 1));
    await table.write([{ put: { acl: ACL, item: `${ITEM.grant}${CAROL}#y`, ip: CAROL, expiresAt: now + 9 } }]);
    expect(await held()).toEqual([`read ${CAROL}`, ALICE, BOB, CAROL]);
    expect(said).toMatchObject([{ code: 'STORE002', item: `${ITEM.grant}${CAROL}#y` }]);
  });

  it('are all read after a read that failed', async () => {
    await apply(granted(CAROL, 1));
    table.unreachable = true;
    const wake = { ...(await bookOf(new MemoryTable()).wake.read(ACL)) };
    await expect(book.holders(ACL, now, wake)).rejects.toThrow();
    table.unreachable = false;
    expect(await held()).toEqual(['all', ALICE, BOB, CAROL]);
  });
});
