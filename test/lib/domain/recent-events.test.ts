import { describe, expect, it } from 'vitest';
import { queuePosition } from '../../../lib/domain/event-order.ts';
import { idsAfter, type RecentEvent, recentEvents, withEvent } from '../../../lib/domain/recent-events.ts';

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

  it.each([[undefined], ['text'], [{}], [[1, 'a', ['x', 'evt'], ['1', 2], [1, 'evt'], ['-1', 'evt'], []]]])(
    'leave out what cannot be read: %j',
    (value) => {
      expect(recentEvents(value)).toEqual([]);
    },
  );

  it('are read as they were written', () => {
    const events = withEvent([['1', 'evt-1']], ['2', 'evt-2']);
    expect(recentEvents(JSON.parse(JSON.stringify(events)))).toEqual(events);
  });
});
