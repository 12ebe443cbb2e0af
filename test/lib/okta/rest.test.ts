import { beforeEach, describe, expect, it } from 'vitest';
import { ORG_LIMIT_ITEM, ORG_PARTITION } from '../../../lib/names.ts';
import { OktaRest } from '../../../lib/okta/rest.ts';
import type { Value } from '../../../lib/ports.ts';
import { type Change, MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { NOW } from '../../helpers/events.ts';

const KEY = { acl: ORG_PARTITION, item: ORG_LIMIT_ITEM };
let changes: Change[];
let table: MemoryTable;
let rest: OktaRest;
beforeEach(() => {
  changes = [];
  table = new MemoryTable((change) => changes.push(change));
  rest = new OktaRest(table);
});

/** Refusals one after the other, each as soon as the rest before it is over. */
async function refusedInARow(count: number, asked = 0): Promise<{ now: number; rests: number[] }> {
  const rests: number[] = [];
  let now = NOW;
  for (let i = 0; i < count; i += 1) {
    const { until } = await rest.refused(asked, now, now);
    rests.push(until - now);
    now = until;
  }
  return { now, rests };
}

describe('the rest that Okta wants', () => {
  it('is none at first, and holds for everybody who reads the table', async () => {
    expect(await rest.get(NOW)).toEqual({ until: 0, refusals: 0 });
    expect(await rest.refused(40_000, NOW, NOW)).toEqual({ until: NOW + 40_000, refusals: 1 });
    expect(await new OktaRest(table).until(NOW)).toBe(NOW + 40_000);
  });

  it('holds at once for the process that was told, is never made shorter, and is none where the clock was set back', async () => {
    const stuck = new OktaRest({
      get: (key) => table.get(key),
      write: async () => {
        throw new Error('the table does not answer');
      },
      queryPrefix: () => table.queryPrefix('', ''),
      queryExpiry: () => table.queryExpiry('', 0, 0),
    });
    for (const asked of [40_000, 10_000]) await expect(stuck.refused(asked, NOW, NOW)).rejects.toThrow();
    expect(await stuck.get(NOW)).toEqual({ until: NOW + 40_000, refusals: 0 });
    expect(await stuck.until(NOW - 3_600_000)).toBe(0);
  });

  it('holds for whoever reads the table while this process is told, however long it is', async () => {
    const reading = rest.get(NOW);
    const telling = rest.refused(120_000, NOW, NOW + 8);
    expect((await reading).until).toBe(NOW + 120_008);
    await telling;
  });

  it('grows with each refusal in a row up to two minutes, and begins anew after a success', async () => {
    const { now, rests } = await refusedInARow(9);
    expect(rests).toEqual([1, 2, 4, 8, 16, 32, 64, 120, 120].map((seconds) => seconds * 1000));
    expect(await rest.get(now)).toMatchObject({ refusals: 9 });
    await rest.succeeded(now);
    expect(await rest.get(now)).toMatchObject({ refusals: 0 });
    expect(await rest.refused(0, now, now)).toEqual({ until: now + 1_000, refusals: 1 });
  });

  it('is what Okta asks for, and more only when that is less than the row demands', async () => {
    expect((await refusedInARow(5, 5_000)).rests).toEqual([5_000, 5_000, 5_000, 8_000, 16_000]);
  });

  it('counts calls that were under way together as one refusal, of which the later moment holds', async () => {
    await rest.refused(10_000, NOW, NOW);
    for (const asked of [0, 30_000, 5_000]) await rest.refused(asked, NOW + 100, NOW + 400);
    expect(await rest.get(NOW)).toEqual({ until: NOW + 30_400, refusals: 1 });
  });

  it('costs no write where a refusal adds nothing, nor a success where nothing was refused', async () => {
    await rest.succeeded(NOW);
    expect(changes).toEqual([]);
    await rest.refused(10_000, NOW, NOW);
    await rest.refused(5_000, NOW, NOW);
    expect(changes).toHaveLength(1);
  });

  it('stays as the last has left it where several store at once', async () => {
    await Promise.all([1_000, 30_000, 2_000].map((asked) => rest.refused(asked, NOW, NOW)));
    expect(await rest.get(NOW)).toEqual({ until: NOW + 30_000, refusals: 1 });
  });

  it('is not ended by a success that a refusal has overtaken', async () => {
    class Overtaken extends MemoryTable {
      override async write(...args: Parameters<MemoryTable['write']>) {
        await rest.refused(20_000, NOW + 60_000, NOW + 60_000);
        return table.write(...args);
      }
      override get(...args: Parameters<MemoryTable['get']>) {
        return table.get(...args);
      }
    }
    await rest.refused(0, NOW, NOW);
    await new OktaRest(new Overtaken()).succeeded(NOW + 60_000);
    expect(await rest.get(NOW + 60_000)).toEqual({ until: NOW + 80_000, refusals: 2 });
  });
});

describe('a stored rest', () => {
  const stored = (until: Value, refusals?: Value) =>
    table.write([{ put: { ...KEY, until, ...(refusals !== undefined && { refusals }) } }]);

  it('further ahead than any can be is none', async () => {
    await stored(NOW + 125_000);
    expect(await rest.until(NOW)).toBe(NOW + 125_000);
    await stored(NOW + 125_001);
    expect(await rest.until(NOW)).toBe(0);
  });

  it.each([
    ['a moment in the year 58868', 1_795_000_000_000_000, 3],
    ['text', 'soon', 'many'],
    ['a list', [1], [2]],
    ['a negative count', 0, -3],
    ['half a refusal', 0, 0.5],
  ])('of %s is put right by the next refusal', async (_, until, refusals) => {
    await stored(until, refusals);
    expect(await rest.until(NOW)).toBe(0);
    const now = await rest.refused(0, NOW, NOW);
    expect(now.until).toBeGreaterThan(NOW);
    expect(now.until).toBeLessThanOrEqual(NOW + 4 * 2_000);
    expect(await rest.get(NOW)).toEqual(now);
  });

  it('by a version that counted no refusals is one', async () => {
    await stored(NOW + 30_000);
    expect(await rest.get(NOW)).toEqual({ until: NOW + 30_000, refusals: 0 });
    expect(await rest.refused(0, NOW, NOW)).toEqual({ until: NOW + 30_000, refusals: 1 });
  });
});
