import { describe, expect, it } from 'vitest';
import { floodLink, flowLink } from '../../cli/doctor/flow-link.ts';
import { type FlowFacts, flowOf, flowText, type LogLine } from '../../cli/flow.ts';

const NOW = Date.parse('2026-11-24T18:00:00Z');
const HOUR_MS = 3_600_000;

/** A line of the webhook's log, so many seconds ago. */
function line(secondsAgo: number, fields: LogLine): LogLine {
  return { timestamp: new Date(NOW - 1_000 * secondsAgo).toISOString(), ...fields };
}

function accepted(secondsAgo: number, position: number): LogLine {
  return line(secondsAgo, { action: 'event-accepted', position: String(position).padStart(20, '0') });
}

function refused(secondsAgo: number, code: string): LogLine {
  return line(secondsAgo, { code, level: 'ERROR' });
}

function flow(lines: readonly LogLine[], waiting = 0): FlowFacts {
  return flowOf(lines, waiting, NOW - HOUR_MS);
}

function many(count: number, code: string): LogLine[] {
  return Array.from({ length: count }, (_, n) => refused(10 + n, code));
}

describe('what the log says of the flow', () => {
  it('is counted from an hour ago on, whatever the order of its lines', () => {
    const lines = [accepted(60, 2), refused(5, 'HOOK004'), accepted(3_700, 1), refused(90, 'HOOK004')];
    expect(flow(lines)).toEqual({
      ...{ since: NOW - HOUR_MS, accepted: 1, acceptedAt: NOW - 60_000, waiting: 0 },
      bySenders: { count: 1, lastAt: NOW - 60_000 },
      refused: [{ code: 'HOOK004', count: 2, at: NOW - 5_000 }],
    });
  });

  it('has an event that was posted twice once', () => {
    expect(flow([accepted(50, 7), accepted(40, 7)])).toMatchObject({ accepted: 1, acceptedAt: NOW - 50_000 });
  });

  it('tells events apart by their ids where a queue gives no positions', () => {
    const events = ['a', 'b', 'b'].map((webhookId) => ({ ...accepted(9, 0), position: '', acl: 'x', webhookId }));
    expect(flow(events).accepted).toBe(2);
  });

  it('names the most frequent code first, and takes no failure of our own for a refusal', () => {
    const lines = [...many(1, 'HOOK003'), ...many(3, 'HOOK001'), ...many(9, 'HOOK007'), ...many(9, 'STORE001')];
    expect(flow(lines).refused.map(({ code, count }) => [code, count])).toEqual([
      ['HOOK001', 3],
      ['HOOK003', 1],
    ]);
  });

  it('has the age of what waits from the last that came, since events are applied in order', () => {
    const lines = [accepted(300, 1), accepted(200, 2), accepted(10, 3)];
    expect(flow(lines, 2).oldestAt).toBe(NOW - 200_000);
    expect(flow(lines, 0).oldestAt).toBeUndefined();
    expect(flow(lines, 4).oldestAt).toBe(NOW - HOUR_MS);
    expect(flow([], 1).oldestAt).toBeUndefined();
  });

  it('is not misled by lines without a time', () => {
    expect(
      flow([
        { action: 'event-accepted', position: '1' },
        { code: 'HOOK001', timestamp: 'soon' },
      ]),
    ).toMatchObject({
      ...{ accepted: 0, refused: [] },
    });
  });
});

describe('the verdict of doctor', () => {
  it.each<[string, FlowFacts, string, string | undefined]>([
    ['nothing came at all', flow([]), 'ok', undefined],
    ['events come in', flow([accepted(5, 1)]), 'ok', undefined],
    ['events wait for a moment', flow([accepted(29, 1)], 1), 'ok', undefined],
    ['an event waits longer than it takes', flow([accepted(30, 1)], 1), 'warning', undefined],
    ['an event waits for nearly two minutes', flow([accepted(119, 1)], 1), 'warning', undefined],
    [
      'a stranger is refused, and an event waits',
      flow([refused(5, 'HOOK001'), accepted(40, 1)], 1),
      'warning',
      undefined,
    ],
    ['an operator mistypes an address', flow([{ ...refused(5, 'HOOK005'), webhookId: 'zone_x' }]), 'ok', undefined],
    [
      'a stranger posts under an id as operators have it',
      flow(many(36, 'HOOK001').map((one) => ({ ...one, webhookId: 'zone_x' }))),
      'failure',
      'HOOK001',
    ],
    ['an event waits for two minutes', flow([accepted(120, 1)], 1), 'failure', undefined],
    ['events wait that nobody posted, as those of a list', flow([], 3), 'ok', undefined],
    [
      'all are refused but the event of a self-test',
      flow([...many(36, 'HOOK001'), { ...accepted(1, 1), webhookId: 'selftest_x' }]),
      'failure',
      'HOOK001',
    ],
    ['36 are refused for a wrong key, and none is accepted', flow(many(36, 'HOOK001')), 'failure', 'HOOK001'],
    ['five are refused without the secret', flow(many(5, 'HOOK003')), 'failure', 'HOOK003'],
    ['four are, perhaps a stranger', flow(many(4, 'HOOK001')), 'warning', 'HOOK001'],
    ['one is refused whose sender has the secret', flow(many(1, 'HOOK005')), 'failure', 'HOOK005'],
    [
      'strangers knock beside events',
      flow([...many(9, 'HOOK001'), ...Array.from({ length: 10 }, (_, n) => accepted(99, n))]),
      'ok',
      undefined,
    ],
    ['one sender of two has a wrong key', flow([...many(9, 'HOOK001'), accepted(100, 1)]), 'warning', 'HOOK001'],
    ['some of a sender’s are refused', flow([accepted(100, 1), ...many(1, 'HOOK005')]), 'warning', 'HOOK005'],
    [
      'it is mended: one came through after the last refusal',
      flow([...many(9, 'HOOK002'), accepted(1, 1)]),
      'ok',
      undefined,
    ],
    [
      'a sender’s refusal goes on, beside one that is mended',
      flow([...[60, 50, 40].map((ago) => refused(ago, 'HOOK004')), accepted(30, 1), refused(5, 'HOOK005')]),
      'warning',
      'HOOK005',
    ],
    [
      'a stranger knocks after a sender was mended',
      flow([refused(60, 'HOOK005'), accepted(30, 1), refused(5, 'HOOK001')]),
      'ok',
      undefined,
    ],
    [
      'what waits is worse than what is refused',
      flow([...many(9, 'HOOK001'), accepted(600, 1)], 1),
      'failure',
      undefined,
    ],
  ])('%s', (_, facts, level, code) => {
    const finding = flowLink(facts, undefined, NOW);
    expect(finding).toMatchObject({ link: 'events', level });
    expect(finding.code).toBe(code);
    expect(finding.mend === undefined).toBe(level === 'ok');
  });
});

it('says where each code has its step, where there are several', () => {
  const several = flow([accepted(100, 1), ...many(1, 'HOOK005'), ...many(1, 'HOOK004')]);
  expect(flowLink(several, undefined, NOW).mend).toMatch(/`npm run zone -- history` has a step for each code\.$/);
  expect(flowLink(flow(many(1, 'HOOK005')), undefined, NOW).mend).not.toContain('history');
});

it('is a warning where a flood leaves nothing to count, and so no failure of doctor', () => {
  expect(floodLink()).toMatchObject({ link: 'events', level: 'warning', mend: expect.stringContaining('allowFrom') });
});

it('takes what was accepted before the last apply for no event that is stuck', () => {
  const facts = flow([accepted(1_200, 1)], 1);
  expect(flowLink(facts, NOW - 1_199_000, NOW).level).toBe('ok');
  expect(flowLink(facts, NOW - 1_201_000, NOW).level).toBe('failure');
});

describe('the flow in a sentence', () => {
  it.each<[string, FlowFacts, number | undefined]>([
    ['none accepted in the last 1 h; none applied yet; none refused in the last 1 h', flow([]), undefined],
    [
      'last accepted 5 s ago; last applied 4 s ago; refused in the last 1 h: HOOK001 2, HOOK004 1',
      flow([accepted(5, 1), ...many(2, 'HOOK001'), ...many(1, 'HOOK004')]),
      NOW - 4_000,
    ],
    [
      'last accepted 10 s ago; last applied 2 d ago; none refused in the last 1 h; 2 wait, the oldest for 3 min 20 s',
      flow([accepted(200, 1), accepted(10, 2)], 2),
      NOW - 172_800_000,
    ],
    ['none accepted in the last 1 h; none applied yet; none refused in the last 1 h; 1 waits', flow([], 1), undefined],
  ])('%s', (text, facts, appliedAt) => {
    expect(flowText(facts, appliedAt, NOW)).toBe(text);
  });

  it.each([-900, 900])('is of the hour that was asked for, also where asking took a while (%i ms)', (ms) => {
    const text = 'none accepted in the last 1 h; none applied yet; none refused in the last 1 h';
    expect(flowText(flow([]), undefined, NOW + ms)).toBe(text);
  });
});
