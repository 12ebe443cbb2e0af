import { describe, expect, it } from 'vitest';
import { NOW } from '../../helpers/events.ts';
import type { Shown } from './bad-server.ts';
import { checkEnded, checkLists, type Posted } from './list-check.ts';
import { LIST_FAULTS, makeListPlan } from './list-plan.ts';
import { runListSchedule } from './run-list-schedule.ts';

const [A, B] = ['203.0.113.1', '203.0.113.2'];

describe('schedules of a Knocknoc that behaves badly', () => {
  it.each(Array.from({ length: 12 }, (_, n) => n + 1))('keep promise 23: seed %i', async (seed) => {
    expect((await runListSchedule(makeListPlan(seed))).broken).toEqual([]);
  });

  it('have every fault, among a hundred of them', () => {
    const planned = new Set(
      Array.from({ length: 100 }, (_, n) => makeListPlan(n)).flatMap(({ actions }) => actions.map((one) => one.do)),
    );
    expect(LIST_FAULTS.filter((fault) => !planned.has(fault))).toEqual([]);
  });
});

describe('who judges them', () => {
  const plan = { ...makeListPlan(1), pollSeconds: 15, defaultGrantMinutes: 60, endsGrants: true };
  const shown = (secondsAgo: number, ...ips: string[]): Shown => ({ at: NOW - 1_000 * secondsAgo, ips: new Set(ips) });
  const twice = (...ips: string[]) => [shown(30, ...ips), shown(15, ...ips)];
  const posted = (type: Posted['type'], secondsAgo: number, ip?: string): Posted => ({
    ...{ at: NOW - 1_000 * secondsAgo, type },
    ...(ip !== undefined && { ip }),
  });
  const judge = (lists: readonly Shown[], inside: readonly string[], events: readonly Posted[] = [], changes = {}) =>
    checkLists({ ...plan, ...changes }, lists, events, new Set(inside), NOW).length;

  it.each([
    ['nobody who is on the list for two reads is outside', twice(A), [A], [], 0],
    ['one is', twice(A, B), [A], [], 1],
    ['one is, and was revoked a moment ago', twice(A), [], [posted('revoked', 40, A)], 0],
    ['one is, and another was revoked', twice(A), [], [posted('revoked', 40, B)], 1],
    ['one is, after a flush long ago', twice(A), [], [posted('flushed', 90)], 1],
    ['nobody who is off it for two reads is inside', twice(), [], [], 0],
    ['one is', twice(), [A], [], 1],
    ['one is, and was granted a moment ago', twice(), [A], [posted('granted', 40, A)], 0],
    ['one read is too few', [shown(15, A)], [], [], 0],
    ['and so are two at the same time', [shown(16, A), shown(15, A)], [], [], 0],
    ['one is on one of two', [shown(30), shown(15, A)], [], [], 0],
    ['the list is too new to have had its effect', [shown(20, A), shown(5, A)], [], [], 0],
    ['the list is too old to speak', [shown(1_830, A), shown(1_815, A)], [], [], 0],
  ])('%s', (_, lists, inside, events, broken) => {
    expect(judge(lists, inside, events)).toBe(broken);
  });

  it('lets stay who was granted at any time, where the list ends only its own', () => {
    const long = [posted('granted', 9_000, A)];
    expect([judge(twice(), [A], long, { endsGrants: false }), judge(twice(), [A], long)]).toEqual([0, 1]);
  });

  it('sees a read that ends more than half of ten', () => {
    const ended = (count: number, live: number) => ({ began: NOW, live, ips: Array(count).fill(A) });
    const earlier = (...ips: string[]) => [shown(15, ...ips)];
    expect(checkEnded(ended(6, 10), earlier(A), 15)).toHaveLength(1);
    expect(checkEnded(ended(6, 10), earlier(B), 15)).toEqual([]);
    expect(checkEnded(ended(5, 10), earlier(A), 15)).toEqual([]);
    expect(checkEnded(ended(9, 9), earlier(A), 15)).toEqual([]);
    expect(checkEnded(ended(6, 10), [], 15)).toHaveLength(1);
  });

  it.each([
    ['is told that the list cannot be read', { status: 503, body: '' }],
    ['is told of somebody else', { status: 200, body: '192.0.2.77\n' }],
  ])('finds out a reader that %s', async (_, told) => {
    const { broken } = await runListSchedule(makeListPlan(3), (http) => async (request) => {
      await http(request);
      return { headers: {}, ...told };
    });
    expect(broken.length).toBeGreaterThan(0);
  });
});
