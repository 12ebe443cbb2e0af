import { beforeEach, describe, expect, it } from 'vitest';
import type { EventResult } from '../../../lib/grants/event-result.ts';
import type { GrantBook } from '../../../lib/grants/grant-book.ts';
import type { QueuedEvent } from '../../../lib/grants/queue-message.ts';
import { ITEM } from '../../../lib/names.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { ACL, bookOf, flushed, granted, NOW, positionAt, revoked } from '../../helpers/events.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'];
const ONE = { grantId: 'one' };

let table: MemoryTable;
let book: GrantBook;
beforeEach(() => {
  table = new MemoryTable();
  book = bookOf(table);
});

/** @returns what came of it, and the IPs of those who are told to have ended */
async function applied(event: QueuedEvent, position: number): Promise<{ result: EventResult; ended: unknown[] }> {
  const ended: unknown[] = [];
  const tell = (grants: readonly { readonly ip?: unknown }[]) => ended.push(...grants.map(({ ip }) => ip));
  const result = await book.apply(event, positionAt(position), NOW, tell);
  return { result, ended };
}

interface Case {
  readonly before: readonly QueuedEvent[];
  readonly event: QueuedEvent;
  readonly result: EventResult;
  readonly ended?: readonly string[];
}

const cases: Readonly<Record<string, Case>> = {
  'a grant': { before: [], event: granted(ALICE, 1), result: { kind: 'applied', ended: 0 } },
  'a grant that a flush overtook': {
    before: [flushed(9)],
    event: granted(ALICE, 1),
    result: { kind: 'overtaken', by: 'a later flush' },
  },
  'a grant that the revoke of its IP overtook': {
    before: [revoked(ALICE, 9)],
    event: granted(ALICE, 1),
    result: { kind: 'overtaken', by: 'a later revoke' },
  },
  'the revoke of one grant': {
    before: [granted(ALICE, 1, ONE)],
    event: revoked(ALICE, 2, ONE),
    result: { kind: 'applied', ended: 1 },
  },
  'the revoke of a grant that nobody has': {
    before: [granted(ALICE, 1)],
    event: revoked(ALICE, 2, ONE),
    result: { kind: 'applied', ended: 0 },
  },
  'the revoke of a grant that was given again': {
    before: [granted(ALICE, 3, ONE)],
    event: revoked(ALICE, 2, ONE),
    result: { kind: 'overtaken', by: 'a later event on the same grant' },
  },
  'the revoke of an IP': {
    before: [granted(ALICE, 1), granted(ALICE, 1, ONE), granted(BOB, 1)],
    event: revoked(ALICE, 2),
    result: { kind: 'applied', ended: 2 },
    ended: [ALICE, ALICE],
  },
  'a flush': {
    before: [granted(ALICE, 1), granted(BOB, 1)],
    event: flushed(2),
    result: { kind: 'applied', ended: 2 },
    ended: [ALICE, BOB],
  },
  'a flush that leaves a later grant': {
    before: [granted(ALICE, 1), granted(BOB, 3)],
    event: flushed(2),
    result: { kind: 'applied', ended: 1, overtakenBy: 'later grants' },
    ended: [ALICE],
  },
  'a flush after a later one': {
    before: [flushed(9)],
    event: flushed(2),
    result: { kind: 'applied', ended: 0, overtakenBy: 'a later flush' },
  },
  'the revoke of an IP after a later one': {
    before: [revoked(ALICE, 9)],
    event: revoked(ALICE, 2),
    result: { kind: 'applied', ended: 0, overtakenBy: 'a later revoke' },
  },
};

describe.each(Object.entries(cases))('%s', (_, { before, event, result, ended = [] }) => {
  it('comes to the same when its message comes again, with the same people told, and to nothing by another message', async () => {
    for (const [index, earlier] of before.entries()) await applied(earlier, index + 1);
    const first = await applied(event, 50);
    expect(first).toEqual({ result, ended });
    // What came since is no part of it.
    await applied(granted(ALICE, 20, { grantId: 'since' }), 51);
    expect(await applied(event, 50)).toEqual(first);
    expect(await applied(event, 52)).toEqual({ result: { kind: 'duplicate', otherBody: false }, ended: [] });
  });
});

describe('when a grant was taken out', () => {
  const stored = (item: string) => table.items().find((one) => one.item === item);

  it('is remembered with the revoke of one grant, since a list that lags must not bring it back', async () => {
    await applied(revoked(ALICE, 1, ONE), 1);
    expect(stored(`${ITEM.last}${ALICE}#one`)).toMatchObject({ acl: ACL, stored: NOW });
  });

  it('is not remembered of a grant, nor where it was the list that ended it', async () => {
    await applied(granted(ALICE, 1, ONE), 1);
    await applied(revoked(BOB, 1, { ...ONE, source: 'allowlist' }), 2);
    for (const ip of [ALICE, BOB]) {
      expect(stored(`${ITEM.last}${ip}#one`)).toBeDefined();
      expect(stored(`${ITEM.last}${ip}#one`)).not.toHaveProperty('stored');
    }
  });
});

describe('what is remembered of an overtaken event', () => {
  const seen = () => table.items().find(({ overtakenBy }) => overtakenBy !== undefined);

  it('is of a revoke also that it has ended nobody, and of a grant nothing of the kind', async () => {
    await applied(granted(ALICE, 3, ONE), 1);
    await applied(revoked(ALICE, 2, ONE), 2);
    expect(seen()).toMatchObject({ overtakenBy: 'a later event on the same grant', ended: 0 });
    table = new MemoryTable();
    book = bookOf(table);
    await applied(flushed(9), 1);
    await applied(granted(ALICE, 1), 2);
    expect(seen()).toMatchObject({ overtakenBy: 'a later flush' });
    expect(seen()).not.toHaveProperty('ended');
  });
});

describe('a revoke of one grant whose row is no grant', () => {
  it('removes it, and has ended nobody', async () => {
    const key = { acl: ACL, item: `${ITEM.grant}${ALICE}#one` };
    await table.write([{ put: { ...key, order: 7, expiresAt: NOW + 1_000 } }]);
    expect((await applied(revoked(ALICE, 1, ONE), 1)).result).toEqual({ kind: 'applied', ended: 0 });
    expect(await table.get(key)).toBeUndefined();
  });
});
