import { describe, expect, it } from 'vitest';
import {
  idsAfter,
  ipsAfter,
  type RecentEvent,
  type RecentEvents,
  recentEvents,
  withEvent,
} from '../../../lib/grants/recent-events.ts';
import { positionAt } from '../../helpers/events.ts';

const earlier = (n: number) => [positionAt(n), `evt-${n}`] as const;

describe('the events that are remembered for log lines', () => {
  it('are those after a position, in order, and all where there is none', () => {
    const events = [1, 2, 10].map(earlier);
    expect(idsAfter(events)).toEqual(['evt-1', 'evt-2', 'evt-10']);
    expect(idsAfter(events, positionAt(1))).toEqual(['evt-2', 'evt-10']);
    expect(idsAfter(events, positionAt(10))).toEqual([]);
  });

  it('keep within a kilobyte: the oldest go, and the newest stays whatever its length', () => {
    let all: RecentEvents = { recent: [] };
    for (let n = 100; n < 200; n += 1) all = withEvent(all, [positionAt(n), `msg_2b6Kq0Zc1r4s7t9v-${n}`]);
    const events = all.recent;
    expect(events.at(-1)?.[1]).toBe('msg_2b6Kq0Zc1r4s7t9v-199');
    expect(events.length).toBeGreaterThan(10);
    expect(JSON.stringify(events).length).toBeLessThan(1024);
    const long = [positionAt(9), 'x'.repeat(700)] as const;
    expect(withEvent(all, long).recent).toEqual([long]);
  });

  it('keep what just fits', () => {
    const first = [positionAt(1), 'a'.repeat(311)] as const;
    const lengthWith = (event: RecentEvent) => withEvent({ recent: [first] }, event).recent.length;
    expect(lengthWith([positionAt(2), 'b'.repeat(311)])).toBe(2);
    expect(lengthWith([positionAt(2), 'b'.repeat(312)])).toBe(1);
    expect(lengthWith([positionAt(2), 'b'.repeat(304), '8.8.8.8'])).toBe(2);
    expect(lengthWith([positionAt(2), 'b'.repeat(305), '8.8.8.8'])).toBe(1);
  });

  it('keep their order, and hold an event once that is applied once more', () => {
    const events = [1, 2, 3].map(earlier);
    expect(withEvent({ recent: events }, earlier(4)).recent).toEqual([1, 2, 3, 4].map(earlier));
    expect(withEvent({ recent: events }, earlier(3)).recent).toEqual(events);
  });

  it.each([
    [undefined],
    ['text'],
    [{}],
    [
      [
        1,
        'a',
        ['1', 'evt'],
        [`${positionAt(1)}1`, 'evt'],
        [`x${positionAt(1)}`, 'evt'],
        [positionAt(1), 2],
        [1, 'evt'],
        [],
      ],
    ],
  ])('leave out what cannot be read: %j', (value) => {
    expect(recentEvents(value)).toEqual([]);
  });

  it('are read as they were written', () => {
    const first = withEvent({ recent: [] }, earlier(1));
    const events = withEvent(first, [positionAt(2), 'evt-2', '8.8.8.8']).recent;
    expect(recentEvents(JSON.parse(JSON.stringify(events)))).toEqual(events);
  });
});

describe('the IPs that events concern', () => {
  const on = (n: number, ip: string, id = `evt-${n}`): RecentEvent => [positionAt(n), id, ip];
  const all = (...events: readonly RecentEvent[]) => events.reduce<RecentEvents>(withEvent, { recent: [] });
  const touched = (events: RecentEvents, n: number) => ipsAfter(events, positionAt(n));

  it('are those after a position, each once', () => {
    const events = all(on(1, 'a'), on(3, 'b'), on(4, 'c'), on(5, 'b'));
    const known = [1, 3, 4, 5, 9].map((n) => touched(events, n));
    expect(known).toEqual([['b', 'c'], ['c', 'b'], ['b'], [], []]);
  });

  it('are not known before the first event whose entry is there', () => {
    expect(touched(all(on(2, 'a'), on(3, 'b')), 1)).toBeUndefined();
    expect(ipsAfter({ recent: [on(2, 'a')] }, positionAt(2))).toBeUndefined();
  });

  it('are not known where one had no room any more', () => {
    const long = 'x'.repeat(300);
    const events = all(on(1, 'a', `1${long}`), on(2, 'b', `2${long}`), on(3, 'c', `3${long}`), on(4, 'd', `4${long}`));
    expect(events.recent).toHaveLength(2);
    expect([1, 2, 3].map((n) => touched(events, n))).toEqual([undefined, ['c', 'd'], ['d']]);
  });

  it('may be any after an event that concerns all, or of which nobody knows', () => {
    const events = all(on(1, 'a'), on(2, ''), on(3, 'b'), [positionAt(4), 'evt-4'], on(5, 'c'));
    expect([1, 2, 3, 4].map((n) => touched(events, n))).toEqual([undefined, undefined, undefined, ['c']]);
  });

  it('are known of two events with the same id', () => {
    expect(touched(all(on(1, 'a'), on(2, 'b', 'same'), on(3, 'c', 'same'), on(4, 'c', 'same')), 1)).toEqual(['b', 'c']);
  });
});
