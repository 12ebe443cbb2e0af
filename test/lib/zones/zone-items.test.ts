import { describe, expect, it } from 'vitest';
import { ZONE_ITEM, ZONE_PARTITION } from '../../../lib/names.ts';
import type { Table, Value } from '../../../lib/ports.ts';
import { ZoneItems } from '../../../lib/zones/zone-items.ts';
import { confirmedList } from '../../../lib/zones/zone-view.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';

const NOW = 1_800_000_000_000;
const [A, B, C] = ['198.18.0.2/32', '198.18.0.4/32', '198.18.0.6/32'] as const;
const lists = (before: readonly string[], after: readonly string[]) => ({ before, after });

/** A table whose first write takes place, while the client gets no answer and asks again. */
class LostAnswer extends MemoryTable {
  override async write(...args: Parameters<Table['write']>): ReturnType<Table['write']> {
    await super.write(...args);
    return super.write(...args);
  }
}

describe('what a process knows of a zone', () => {
  const reads = (items: MemoryTable) => {
    const get = items.get.bind(items);
    let count = 0;
    items.get = async (...args) => {
      count += 1;
      return get(...args);
    };
    return () => count;
  };

  it('is what it has read or announced, without a read; and nothing of a zone that it has not seen', async () => {
    const table = new MemoryTable();
    const count = reads(table);
    const items = new ZoneItems(table);
    expect(await items.known('nzo1', 'lab')).toBe('none');
    const record = await items.announce('nzo1', 'lab', 'none', lists([A], [B]), NOW);
    expect([await items.known('nzo1', 'lab'), count()]).toEqual([record, 1]);
    const other = new ZoneItems(table);
    expect([await other.known('nzo1', 'lab'), await other.known('nzo1', 'lab'), count()]).toEqual([record, record, 2]);
  });

  it('is read again where another ACL has announced it: its lease says nothing of who has written since', async () => {
    const table = new MemoryTable();
    const count = reads(table);
    const items = new ZoneItems(table);
    const record = await items.announce('nzo1', 'old', 'none', lists([A], [B]), NOW);
    expect([await items.known('nzo1', 'lab'), count()]).toEqual([record, 1]);
  });

  it('is read again after an announcement that was refused, or got no answer', async () => {
    const table = new MemoryTable();
    const [items, others] = [new ZoneItems(table), new ZoneItems(table)];
    const first = await items.announce('nzo1', 'lab', 'none', lists([A], [B]), NOW);
    const second = await others.announce('nzo1', 'lab', first ?? 'none', lists([B], [C]), NOW + 1);
    expect(await items.known('nzo1', 'lab')).toEqual(first);
    expect(await items.announce('nzo1', 'lab', first ?? 'none', lists([B], [A]), NOW + 2)).toBeUndefined();
    expect(await items.known('nzo1', 'lab')).toEqual(second);
    const third = await others.announce('nzo1', 'lab', second ?? 'none', lists([C], [A]), NOW + 3);
    const write = table.write.bind(table);
    table.write = () => Promise.reject(new Error('no answer'));
    await expect(items.announce('nzo1', 'lab', second ?? 'none', lists([C], [B]), NOW + 4)).rejects.toThrow();
    table.write = write;
    expect(await items.known('nzo1', 'lab')).toEqual(third);
  });

  it('is nothing where the item has gone, or can’t be read any more', async () => {
    const table = new MemoryTable();
    const items = new ZoneItems(table);
    const key = { acl: `${ZONE_PARTITION}nzo1`, item: ZONE_ITEM.list };
    await items.announce('nzo1', 'lab', 'none', lists([A], [B]), NOW);
    await table.write([{ update: key, set: { owner: 7 } }]);
    expect([await items.get('nzo1'), await items.known('nzo1', 'lab')]).toEqual(['unreadable', 'unreadable']);
  });
});

describe('what is stored of a zone', () => {
  it('is nothing until an ACL has announced a write', async () => {
    expect(await new ZoneItems(new MemoryTable()).get('nzo1')).toBe('none');
  });

  it('is whose it is and both lists of the write that was begun', async () => {
    const items = new ZoneItems(new MemoryTable());
    const record = await items.announce('nzo1', 'lab', 'none', lists([A, B], [A, C]), NOW);
    expect(record).toEqual({ owner: 'lab', write: NOW, at: NOW, before: [A, B], after: [A, C] });
    expect(await items.get('nzo1')).toEqual(record);
    expect(await items.get('nzo2')).toBe('none');
  });

  it('numbers the writes upwards, also where the clock goes backwards', async () => {
    const items = new ZoneItems(new MemoryTable());
    const first = await items.announce('nzo1', 'lab', 'none', lists([], [A]), NOW);
    const second = await items.announce('nzo1', 'lab', first ?? 'none', lists([A], [B]), NOW - 60_000);
    expect(second?.write).toBe(NOW + 1);
  });

  it.each([
    ['which nobody had', 'none'],
    ['of the very ACL', { owner: 'lab', write: 1, at: 1, before: [], after: [A] }],
  ] as const)('is not overwritten by whoever read it before somebody else wrote it: a zone %s', async (_, stale) => {
    const items = new ZoneItems(new MemoryTable());
    const others = await items.announce('nzo1', 'other', 'none', lists([], [B]), NOW);
    expect(await items.announce('nzo1', 'lab', stale, lists([], [C]), NOW + 1)).toBeUndefined();
    expect(await items.get('nzo1')).toEqual(others);
  });

  it('is not taken for one’s own where somebody else announced the very same lists', async () => {
    const items = new ZoneItems(new MemoryTable());
    await items.announce('nzo1', 'other', 'none', lists([], [B]), NOW);
    expect(await items.announce('nzo1', 'lab', 'none', lists([], [B]), NOW)).toBeUndefined();
    await items.announce('nzo2', 'lab', 'none', lists([], [B]), NOW);
    expect(await items.announce('nzo2', 'lab', 'none', lists([], [B]), NOW + 1)).toBeUndefined();
  });

  it('passes to another ACL by its announcement, after which the first can announce nothing', async () => {
    const items = new ZoneItems(new MemoryTable());
    const first = await items.announce('nzo1', 'old', 'none', lists([], [A]), NOW);
    const second = await items.announce('nzo1', 'new', first ?? 'none', lists([A], [B]), NOW + 5);
    expect(second).toMatchObject({ owner: 'new' });
    expect(await items.announce('nzo1', 'old', first ?? 'none', lists([A], [C]), NOW + 6)).toBeUndefined();
  });

  it('is announced although the answer to the first try was lost', async () => {
    const items = new ZoneItems(new LostAnswer());
    const first = await items.announce('nzo1', 'lab', 'none', lists([], [B, A]), NOW);
    expect(first).toMatchObject({ write: NOW });
    expect(await items.announce('nzo1', 'lab', first ?? 'none', lists([A, B], [C]), NOW + 9)).toMatchObject({
      after: [C],
    });
  });

  it.each<[string, { readonly [attribute: string]: Value }]>([
    ['without an owner', { before: [A], removed: [], added: [], write: 1, at: 1 }],
    ['with a number for a list', { owner: 'lab', before: 7, removed: [], added: [], write: 1, at: 1 }],
    ['of another version', { version: 9, list: 'x' }],
  ])('does not stop anybody where it can’t be read: %s', async (_, attributes) => {
    const table = new MemoryTable();
    await table.write([{ put: { acl: `${ZONE_PARTITION}nzo1`, item: ZONE_ITEM.list, ...attributes } }]);
    const items = new ZoneItems(table);
    expect(await items.get('nzo1')).toBe('unreadable');
    expect(await items.announce('nzo1', 'lab', 'unreadable', lists([A], [B]), NOW)).toMatchObject({ owner: 'lab' });
    expect(await items.get('nzo1')).toMatchObject({ owner: 'lab', after: [B] });
  });

  it.each<[string, { readonly [attribute: string]: Value }]>([
    ['without lists', { owner: 'old', write: 7 }],
    ['without an owner', { before: [A], removed: [], added: [], write: 1, at: 1 }],
    ['without a number', { owner: 'old', before: [A], removed: [], added: [], at: 1 }],
    ['with a fraction for a number', { owner: 'old', before: [A], removed: [], added: [], write: 0.1, at: 1 }],
    ['of another version', { version: 9, list: 'x' }],
    ['with lists for an owner', { owner: ['old'], before: [A], removed: [], added: [], write: 1, at: 1 }],
  ])('has one writer where it can’t be read, too: %s', async (_, attributes) => {
    const table = new MemoryTable();
    await table.write([{ put: { acl: `${ZONE_PARTITION}nzo1`, item: ZONE_ITEM.list, ...attributes } }]);
    const [old, lab, late] = [new ZoneItems(table), new ZoneItems(table), new ZoneItems(table)];
    for (const items of [old, lab, late]) expect(await items.get('nzo1')).toBe('unreadable');
    const both = await Promise.all([
      lab.announce('nzo1', 'lab', 'unreadable', lists([A], [B]), NOW),
      old.announce('nzo1', 'old', 'unreadable', lists([A], [C]), NOW + 1),
    ]);
    expect(both).toEqual([expect.objectContaining({ owner: 'lab' }), undefined]);
    expect(await late.announce('nzo1', 'old', 'unreadable', lists([A], [C]), NOW + 500)).toBeUndefined();
    expect(await late.get('nzo1')).toMatchObject({ owner: 'lab', after: [B] });
  });

  // The table holds more digits than a number here does.
  it.each([1e300, 0.1234567890123456])('goes on from a number that nothing stored equals: %d', async (number) => {
    const table = new MemoryTable();
    const get = table.get.bind(table);
    await new ZoneItems(table).announce('nzo1', 'old', 'none', lists([], [A]), NOW);
    table.get = async (...asked) => {
      const item = await get(...asked);
      return item?.owner === 'old' ? { ...item, write: number } : item;
    };
    const items = new ZoneItems(table);
    expect(await items.get('nzo1')).toBe('unreadable');
    expect(await items.announce('nzo1', 'lab', 'unreadable', lists([A], [B]), NOW)).toMatchObject({ write: NOW });
  });

  it('says which list Okta has confirmed only by the number of the write', async () => {
    const record = { owner: 'lab', write: 5, at: 1, before: [A], after: [B] };
    expect(confirmedList(record, { write: 5 })).toEqual([B]);
    expect(confirmedList(record, { write: 4 })).toBeUndefined();
    expect(confirmedList(record, {})).toBeUndefined();
    expect(confirmedList({ ...record, after: [A] }, {})).toEqual([A]);
  });
});

describe('the permission to take over a zone', () => {
  it('is the list that a person has seen', async () => {
    const items = new ZoneItems(new MemoryTable());
    expect(await items.adoption('nzo1')).toBeUndefined();
    await items.allowAdoption('nzo1', 'lab', [A, B], NOW);
    expect(await items.adoption('nzo1')).toEqual([A, B]);
    expect(await items.adoption('nzo2')).toBeUndefined();
  });
});
