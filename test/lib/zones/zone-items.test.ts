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
