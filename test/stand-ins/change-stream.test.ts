import { beforeEach, describe, expect, it } from 'vitest';
import { ChangeStream } from '../../local/stand-ins/change-stream.ts';
import type { Change } from '../../local/stand-ins/memory-table.ts';
import { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import { NOW } from '../helpers/events.ts';

let clock: VirtualClock;
let batches: string[][];
let work: ((items: readonly string[]) => Promise<void>)[];
let stream: ChangeStream;
beforeEach(() => {
  clock = new VirtualClock(NOW);
  batches = [];
  work = [];
  stream = new ChangeStream({
    clock,
    wanted: ({ key }) => key.item !== 'unwanted',
    consume: async (batch) => {
      const items = batch.map(({ key }) => key.item);
      batches.push(items);
      await work.shift()?.(items);
    },
    maxRetries: 2,
  });
});
const push = (...items: readonly string[]) => {
  for (const item of items)
    stream.push({ eventName: 'MODIFY', key: { acl: 'a', item }, byTtl: false } satisfies Change);
};
const fail = async () => {
  throw new Error('not now');
};

describe('a change stream', () => {
  it('delivers changes in order, those of a moment together, within a second', async () => {
    push('1', '2');
    push('3');
    await clock.advance(1_000);
    expect(batches).toEqual([['1', '2', '3']]);
  });

  it('delivers a hundred at a time', async () => {
    const all = Array.from({ length: 250 }, (_, i) => String(i));
    push(...all);
    await clock.advance(1_000);
    expect(batches.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(batches.flat()).toEqual(all);
  });

  it('lets through only what the filter wants', async () => {
    push('unwanted');
    await clock.advance(1_000);
    expect(batches).toEqual([]);
    push('unwanted', '1', 'unwanted');
    await clock.advance(1_000);
    expect(batches).toEqual([['1']]);
  });

  it('delivers one batch at a time: what comes meanwhile waits for the end of the one before', async () => {
    let done = () => {};
    work.push(
      () =>
        new Promise<void>((resolve) => {
          done = resolve;
        }),
    );
    push('1');
    await clock.advance(1_000);
    push('2');
    push('3');
    await clock.advance(60_000);
    expect(batches).toEqual([['1']]);
    done();
    await clock.advance(1_000);
    expect(batches).toEqual([['1'], ['2', '3']]);
  });

  it('delivers a batch that failed again, before anything behind it', async () => {
    work.push(fail);
    push('1');
    await clock.advance(300);
    push('2');
    await clock.advance(10_000);
    expect(batches).toEqual([['1'], ['1'], ['2']]);
    expect(stream.failures).toEqual([]);
  });

  it('gives up on a batch after its tries, keeps it for a look, and goes on', async () => {
    work.push(fail, fail, fail);
    push('1');
    await clock.advance(300);
    push('2');
    await clock.advance(10_000);
    expect(batches).toEqual([['1'], ['1'], ['1'], ['2']]);
    expect(stream.failures.map((batch) => batch.map(({ key }) => key.item))).toEqual([['1']]);
  });

  it('halves a batch that failed, until what is good in it goes through, and gives up on the rest alone', async () => {
    const bad = async (items: readonly string[]) => (items.includes('3') ? fail() : undefined);
    work.push(...Array.from({ length: 20 }, () => bad));
    push('1', '2', '3', '4');
    await clock.advance(20_000);
    expect(batches).toEqual([['1', '2', '3', '4'], ['1', '2'], ['3', '4'], ['3'], ['3'], ['3'], ['4']]);
    expect(stream.failures.map((batch) => batch.map(({ key }) => key.item))).toEqual([['3']]);
  });

  it('handles no more batches at once than asked for, and those of one item in order', async () => {
    let under = 0;
    let most = 0;
    const seen: string[] = [];
    const many = new ChangeStream({
      clock,
      wanted: () => true,
      consume: async (batch) => {
        under += 1;
        most = Math.max(most, under);
        await clock.sleep(1_000);
        under -= 1;
        seen.push(...batch.map(({ key, eventName }) => `${key.acl} ${eventName}`));
      },
      maxRetries: 0,
      batchesAtOnce: () => 3,
    });
    const acls = Array.from({ length: 30 }, (_, i) => `acl-${i}`);
    for (const eventName of ['INSERT', 'MODIFY', 'REMOVE'] as const) {
      for (const acl of acls) many.push({ eventName, key: { acl, item: 'i' }, byTtl: false });
      await clock.advance(400);
    }
    await clock.advance(60_000);
    expect(most).toBe(3);
    for (const acl of acls) {
      expect(seen.filter((line) => line.startsWith(`${acl} `))).toEqual([
        `${acl} INSERT`,
        `${acl} MODIFY`,
        `${acl} REMOVE`,
      ]);
    }
  });

  it('delivers again after it was idle', async () => {
    push('1');
    await clock.advance(10_000);
    push('2');
    await clock.advance(10_000);
    expect(batches).toEqual([['1'], ['2']]);
  });

  it('loses what is pushed while it loses everything, and nothing else', async () => {
    push('1');
    stream.losesEverything = true;
    push('2');
    stream.losesEverything = false;
    push('3');
    await clock.advance(1_000);
    expect(batches).toEqual([['1', '3']]);
  });

  it('loses as many batches as asked, those that come next', async () => {
    stream.batchesToLose = 1;
    push('1');
    await clock.advance(1_000);
    push('2');
    await clock.advance(1_000);
    expect(batches).toEqual([['2']]);
  });
});
