import { beforeEach, describe, expect, it } from 'vitest';
import type { Write } from '../../lib/ports.ts';
import { MemoryTable } from '../../local/stand-ins/memory-table.ts';
import { repeatedWrite } from '../../local/stand-ins/repeated-write.ts';

const key = { acl: 'a', item: 'LEASE' };
let table: MemoryTable;
beforeEach(() => {
  table = new MemoryTable();
});

describe('a write whose first answer was lost', () => {
  const take = (owner: string): Write => ({
    update: key,
    set: { owner },
    when: [{ attribute: 'owner', equals: '', orAbsent: true }],
  });

  it('counts as written, though its condition does not hold the second time', async () => {
    expect(await repeatedWrite(table, [take('me')])).toEqual({ written: true });
    expect(await table.get(key)).toEqual({ ...key, owner: 'me' });
  });

  it('is not written where it never was', async () => {
    await table.write([take('another')]);
    expect(await repeatedWrite(table, [take('me')])).toEqual({ written: false, failed: [0] });
  });

  it('says that it is not written where somebody has changed the item since', async () => {
    const between = async () => {
      await table.write([{ put: { ...key, owner: 'another' } }]);
    };
    expect(await repeatedWrite(table, [take('me')], between)).toEqual({ written: false, failed: [0] });
  });

  it('adds twice without a condition', async () => {
    await repeatedWrite(table, [{ update: key, add: { n: 1 } }]);
    expect(await table.get(key)).toEqual({ ...key, n: 2 });
  });

  it('is carried out once where it is a transaction', async () => {
    const writes: Write[] = [{ update: key, add: { n: 1 }, when: [{ absent: true }] }, { put: { ...key, item: 'B' } }];
    expect(await repeatedWrite(table, writes)).toEqual({ written: true });
    expect(await table.get(key)).toEqual({ ...key, n: 1 });
  });
});
