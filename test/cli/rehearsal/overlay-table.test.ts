import { describe, expect, it } from 'vitest';
import { OverlayTable } from '../../../cli/rehearsal/overlay-table.ts';
import { TABLE } from '../../../lib/names.ts';
import type { Item, Write } from '../../../lib/ports.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { tableContract } from '../../stand-ins/table-contract.ts';

tableContract('the overlay', async () => new OverlayTable(new MemoryTable()));

const key = (item: string) => ({ acl: 'a', item });
const EXPIRY = TABLE.expiryAttribute;
const STORED: readonly Item[] = [
  { ...key('GRANT#1'), [EXPIRY]: 10, ip: 'x' },
  { ...key('GRANT#2'), [EXPIRY]: 20 },
  { ...key('GRANT#3'), [EXPIRY]: 30 },
];

/** An overlay over a table that holds something. */
async function overStored() {
  const below = new MemoryTable();
  await below.write(STORED.map((put) => ({ put })));
  return { below, overlay: new OverlayTable(below) };
}

async function all(pages: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}

describe('the overlay', () => {
  const writes: readonly (readonly [string, Write])[] = [
    ['a put', { put: { ...key('GRANT#1'), n: 1 } }],
    ['an update', { update: key('GRANT#1'), set: { ip: 'y' } }],
    ['a removal', { remove: key('GRANT#1') }],
    ['a new item', { put: key('GRANT#9') }],
  ];

  it.each(writes)('keeps %s to itself', async (_, write) => {
    const { below, overlay } = await overStored();
    expect(await overlay.write([write])).toEqual({ written: true });
    expect(below.items()).toEqual(STORED);
  });

  it('shows what is below, also what comes later, until it is overwritten', async () => {
    const { below, overlay } = await overStored();
    await overlay.write([{ update: key('GRANT#1'), set: { ip: 'y' } }]);
    await below.write([{ put: { ...key('GRANT#1'), ip: 'z' } }, { put: { ...key('GRANT#2'), ip: 'z' } }]);
    expect(await overlay.get(key('GRANT#1'))).toEqual({ ...key('GRANT#1'), [EXPIRY]: 10, ip: 'y' });
    expect(await overlay.get(key('GRANT#2'))).toEqual({ ...key('GRANT#2'), ip: 'z' });
  });

  it('judges conditions on what it shows', async () => {
    const { overlay } = await overStored();
    const taken = { update: key('GRANT#1'), set: { ip: 'y' }, when: [{ attribute: 'ip', equals: 'x' } as const] };
    expect((await overlay.write([taken])).written).toBe(true);
    expect(await overlay.write([taken])).toEqual({ written: false, failed: [0] });
  });

  it('lists what it shows: changed, without what was removed, with what is new, in order', async () => {
    const { overlay } = await overStored();
    await overlay.write([
      { update: key('GRANT#1'), set: { [EXPIRY]: 25 } },
      { remove: key('GRANT#2') },
      { put: { ...key('GRANT#0'), [EXPIRY]: 28 } },
      { put: { ...key('OTHER'), [EXPIRY]: 29 } },
    ]);
    const byExpiry = await all(overlay.queryExpiry('a', 10, 30));
    expect(byExpiry.map(({ item }) => item)).toEqual(['GRANT#1', 'GRANT#0', 'OTHER', 'GRANT#3']);
    const byPrefix = await all(overlay.queryPrefix('a', 'GRANT#'));
    expect(byPrefix.map(({ item }) => item)).toEqual(['GRANT#0', 'GRANT#1', 'GRANT#3']);
  });
});
