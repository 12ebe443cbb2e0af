import { describe, expect, it } from 'vitest';
import { idsAfter, type RecentEvent, recentEvents, withEvent } from '../../../lib/grants/recent-events.ts';
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
    let events: RecentEvent[] = [];
    for (let n = 100; n < 200; n += 1) events = withEvent(events, [positionAt(n), `msg_2b6Kq0Zc1r4s7t9v-${n}`]);
    expect(events.at(-1)?.[1]).toBe('msg_2b6Kq0Zc1r4s7t9v-199');
    expect(events.length).toBeGreaterThan(10);
    expect(JSON.stringify(events).length).toBeLessThan(1024);
    const long = [positionAt(9), 'x'.repeat(700)] as const;
    expect(withEvent(events, long)).toEqual([long]);
  });

  it('keep what just fits', () => {
    const first = [positionAt(1), 'a'.repeat(311)] as const;
    expect(withEvent([first], [positionAt(2), 'b'.repeat(311)])).toHaveLength(2);
    expect(withEvent([first], [positionAt(2), 'b'.repeat(312)])).toHaveLength(1);
  });

  it('keep their order, and hold an event once that is applied once more', () => {
    const events = [1, 2, 3].map(earlier);
    expect(withEvent(events, earlier(4))).toEqual([1, 2, 3, 4].map(earlier));
    expect(withEvent(events, earlier(3))).toEqual(events);
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
    const events = withEvent([earlier(1)], earlier(2));
    expect(recentEvents(JSON.parse(JSON.stringify(events)))).toEqual(events);
  });
});
