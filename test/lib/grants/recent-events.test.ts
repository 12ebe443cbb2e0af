import { describe, expect, it } from 'vitest';
import { queuePosition } from '../../../lib/grants/event-order.ts';
import { idsAfter, type RecentEvent, recentEvents, withEvent } from '../../../lib/grants/recent-events.ts';

const SEQUENCE = '18849496460467696';

describe('the events that are remembered for log lines', () => {
  it('are those after a position, in order, and all where there is none', () => {
    const events: RecentEvent[] = [1, 2, 10].map((n) => [String(n), `evt-${n}`] as const);
    expect(idsAfter(events)).toEqual(['evt-1', 'evt-2', 'evt-10']);
    expect(idsAfter(events, queuePosition('1'))).toEqual(['evt-2', 'evt-10']);
    expect(idsAfter(events, queuePosition('10'))).toEqual([]);
  });

  it('keep within a kilobyte: the oldest go, and the newest stays whatever its length', () => {
    let events: RecentEvent[] = [];
    for (let n = 100; n < 200; n += 1) events = withEvent(events, [`${SEQUENCE}${n}`, `msg_2b6Kq0Zc1r4s7t9v-${n}`]);
    expect(events.at(-1)?.[1]).toBe('msg_2b6Kq0Zc1r4s7t9v-199');
    expect(events.length).toBeGreaterThan(10);
    expect(JSON.stringify(events).length).toBeLessThan(1024);
    const long = ['9', 'x'.repeat(700)] as const;
    expect(withEvent(events, long)).toEqual([long]);
  });

  it('keep what just fits', () => {
    const first = ['1', 'a'.repeat(349)] as const;
    expect(withEvent([first], ['2', 'b'.repeat(349)])).toHaveLength(2);
    expect(withEvent([first], ['2', 'b'.repeat(350)])).toHaveLength(1);
  });

  it('keep their order, and hold an event once that is applied once more', () => {
    const events: RecentEvent[] = [1, 2, 3].map((n) => [String(n), `evt-${n}`] as const);
    expect(withEvent(events, ['4', 'evt-4']).map(([sequence]) => sequence)).toEqual(['1', '2', '3', '4']);
    expect(withEvent(events, ['3', 'evt-3'])).toEqual(events);
  });

  it.each([
    [undefined],
    ['text'],
    [{}],
    [[1, 'a', ['x', 'evt'], ['1x', 'evt'], ['x1', 'evt'], ['1', 2], [1, 'evt'], ['-1', 'evt'], []]],
  ])('leave out what cannot be read: %j', (value) => {
    expect(recentEvents(value)).toEqual([]);
  });

  it('are read as they were written', () => {
    const events = withEvent([['1', 'evt-1']], [SEQUENCE, 'evt-2']);
    expect(recentEvents(JSON.parse(JSON.stringify(events)))).toEqual(events);
  });
});
