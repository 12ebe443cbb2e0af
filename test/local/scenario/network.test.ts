import { beforeEach, describe, expect, it } from 'vitest';
import type { Key } from '../../../lib/ports.ts';
import { Network } from '../../../local/scenario/network.ts';
import { TableFaults } from '../../../local/scenario/table-faults.ts';
import type { FunctionName, OutsideCall } from '../../../local/stand-ins/outside-call.ts';
import { VirtualClock } from '../../../local/stand-ins/virtual-clock.ts';

const ZONE: Key = { acl: 'a', item: 'ZONE' };
const WAKE: Key = { acl: 'a', item: 'WAKE' };

let clock: VirtualClock;
let faults: TableFaults;
let network: Network;
/** Moments at which the table was reached. */
let reached: number[];

function call(
  method: 'get' | 'write' | 'query',
  keys: readonly Key[] = [ZONE],
  { from = 'zone', isTransaction = false }: { from?: FunctionName; isTransaction?: boolean } = {},
): Promise<string> {
  const to: OutsideCall = { from, to: 'table', method, keys, isTransaction };
  return network.way(to, async () => {
    reached.push(clock.now());
    return `answer ${reached.length}`;
  });
}
const outcome = (work: Promise<string>) => clock.finish(work.catch((error: Error) => error.message));

beforeEach(() => {
  clock = new VirtualClock(0);
  faults = new TableFaults();
  reached = [];
  network = new Network(clock, faults, () => {});
});

describe('a call to the table', () => {
  it('takes a little time, but for the webhook, whose answer is there at once', async () => {
    await clock.finish(call('get'));
    await clock.finish(call('get', [ZONE], { from: 'webhook' }));
    expect(reached).toEqual([4, 4]);
  });

  it('that meets a conflict or is throttled is tried again, five times in all', async () => {
    faults.add({ fault: 'conflict', times: 2 }, 0);
    faults.add({ fault: 'throttle', times: 2 }, 0);
    expect(await outcome(call('write'))).toBe('answer 1');
    faults.add({ fault: 'conflict', times: 5 }, 0);
    expect(await outcome(call('write'))).toBe('TransactionConflict');
    expect(await outcome(call('write'))).toBe('answer 2');
  });

  it('that is refused fails at once', async () => {
    faults.add({ fault: 'refuse' }, 0);
    expect(await outcome(call('get'))).toBe('AccessDeniedException');
    expect(reached).toEqual([]);
  });

  it('that is met with silence is asked three times, each until its time is over', async () => {
    faults.add({ fault: 'silence', times: 3 }, 0);
    expect(await outcome(call('get'))).toBe('the table does not answer');
    expect([clock.now(), reached]).toEqual([7_500, []]);
    faults.add({ fault: 'silence', times: 2 }, 0);
    expect(await outcome(call('get'))).toBe('answer 1');
  });

  it('whose answer is lost has taken effect, and is asked for again, three times in all', async () => {
    faults.add({ fault: 'lose the answer' }, 0);
    expect(await outcome(call('write'))).toBe('answer 2');
    faults.add({ fault: 'lose the answer', times: 3 }, 0);
    expect(await outcome(call('write'))).toBe('the answer of the table was lost');
    expect(reached).toHaveLength(5);
  });
});

describe('a fault of the table', () => {
  const strikes = async (...all: Parameters<typeof call>) => (await outcome(call(...all))).startsWith('AccessDenied');

  it('strikes the calls that match, and no others', async () => {
    faults.add({ fault: 'refuse', times: 99, function: 'grants' }, 0);
    expect([await strikes('get'), await strikes('get', [ZONE], { from: 'grants' })]).toEqual([false, true]);
    faults.add({ fault: 'refuse', times: 99, method: 'query' }, 0);
    expect([await strikes('get'), await strikes('query')]).toEqual([false, true]);
    faults.add({ fault: 'refuse', times: 99, item: 'WA', acl: 'a' }, 0);
    expect([await strikes('get'), await strikes('get', [ZONE, WAKE])]).toEqual([false, true]);
    expect(await strikes('get', [{ ...WAKE, acl: 'b' }])).toBe(false);
    faults.add({ fault: 'refuse', times: 99, item: 'ZONE#' }, 0);
    expect(await strikes('get', [{ acl: 'ZONE#nzo1', item: 'LIST' }])).toBe(true);
    expect(await strikes('get', [{ acl: 'ZONES', item: 'LIST' }])).toBe(false);
  });

  it('strikes once, as often as asked, or for a while', async () => {
    faults.add({ fault: 'refuse' }, 0);
    expect([await strikes('get'), await strikes('get')]).toEqual([true, false]);
    faults.add({ fault: 'refuse', for: 60_000 }, clock.now());
    expect([await strikes('get'), await strikes('get')]).toEqual([true, true]);
    await clock.advance(60_000);
    expect(await strikes('get')).toBe(false);
  });
});

describe('writes that meet on one item', () => {
  const both = async (first: boolean, second: boolean, keys: readonly Key[] = [ZONE]) => {
    const one = call('write', [ZONE], { isTransaction: first });
    await clock.advance(2);
    const other = call('write', keys, { isTransaction: second });
    await clock.finish(Promise.all([one, other]));
    const [a = 0, b = 0] = reached;
    return b - a;
  };

  it('conflict where the first is a transaction: the second is tried again later', async () => {
    expect(await both(true, true)).toBeGreaterThan(40);
    reached = [];
    expect(await both(true, false)).toBeGreaterThan(40);
  });

  it('do not where both are plain, or where they are about different items', async () => {
    expect(await both(false, false)).toBe(2);
    reached = [];
    expect(await both(true, true, [WAKE])).toBe(2);
  });
});
