import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatQueuedEvent, parseQueuedEvent } from '../../lib/grants/queue-message.ts';
import { armTimers, parseTimer } from '../../lib/timer-message.ts';
import { flushed, granted, NOW, revoked } from '../helpers/events.ts';

const change = (text: string, fields: Readonly<Record<string, unknown>>) =>
  JSON.stringify({ ...JSON.parse(text), ...fields });

describe('a message on the events queue', () => {
  const event = granted('203.0.113.7', 1, { grantId: 'g', user: 'alice' });
  const text = formatQueuedEvent(event);

  it('reads back as the event, to the nanosecond', () => {
    for (const one of [event, granted('2001:db8::1', 2), revoked('203.0.113.7', 3), flushed(4, { timestamp: 1n })]) {
      expect(parseQueuedEvent(formatQueuedEvent(one))).toEqual(one);
    }
    const precise = { ...event, timestamp: 1_764_007_200_123_456_789n };
    expect(parseQueuedEvent(formatQueuedEvent(precise))).toEqual(precise);
  });

  it('reads back with the fields that it came with, and no others', () => {
    const flush = flushed(1);
    expect(parseQueuedEvent(formatQueuedEvent(flush))).toStrictEqual(flush);
    expect(parseQueuedEvent(text)).toStrictEqual(event);
  });

  it('reads back whatever text an id or a user is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (grantId, user) => {
        const one = granted('203.0.113.7', 1, { grantId, user });
        expect(parseQueuedEvent(formatQueuedEvent(one))).toEqual(one);
      }),
    );
  });

  it('carries the position that it had at first, where it was put back', () => {
    expect(parseQueuedEvent(formatQueuedEvent({ ...event, firstPosition: `3${'9'.repeat(38)}` }))).toEqual({
      ...event,
      firstPosition: `3${'9'.repeat(38)}`,
    });
  });

  it('may hold fields of a later version', () => {
    expect(parseQueuedEvent(change(text, { reason: 'x', nested: { a: 1 } }))).toEqual(event);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['null', 'null'],
    ['a list', '[]'],
    ['another version', change(text, { version: 2 })],
    ['no version', change(text, { version: undefined })],
    ['another type', change(text, { type: 'access.denied' })],
    ['no id', change(text, { webhookId: undefined })],
    ['no ACL', change(text, { acl: undefined })],
    ['no timestamp', change(text, { timestamp: undefined })],
    ['a timestamp that is a number', change(text, { timestamp: 5 })],
    ['a timestamp with a sign', change(text, { timestamp: '-5' })],
    ['a grant without an IP', change(text, { ip: undefined })],
    ['a grant without an expiry', change(text, { expiresAt: undefined })],
    ['an expiry that is text', change(text, { expiresAt: '5' })],
    ['an expiry of half a millisecond', change(text, { expiresAt: 0.5 })],
    ['a revoke without an IP', change(formatQueuedEvent(revoked('203.0.113.7', 1)), { ip: undefined })],
    ['a first position that is a number', change(text, { firstPosition: 5 })],
    ['a first position that is no number', change(text, { firstPosition: 'x'.repeat(39) })],
    ['a first position of too many digits', change(text, { firstPosition: '9'.repeat(40) })],
    ['an empty first position', change(text, { firstPosition: '' })],
    ['an IP that is null', change(text, { ip: null })],
  ])('is none of ours with %s', (_, other) => {
    expect(parseQueuedEvent(other)).toBeUndefined();
  });
});

describe('a timer', () => {
  async function armed(timers: Parameters<typeof armTimers>[1], now = NOW) {
    const sent: { readonly body: string; readonly delaySeconds: number }[] = [];
    await armTimers({ send: async (messages) => void sent.push(...messages) }, timers, now);
    return sent;
  }
  const timer = { kind: 'expiry', acl: 'okta-prod', at: NOW + 5_000 } as const;

  it('reads back as it was armed', async () => {
    const sent = await armed([timer, { ...timer, kind: 'rebuild' }]);
    expect(sent.map(({ body }) => parseTimer(body))).toEqual([timer, { ...timer, kind: 'rebuild' }]);
  });

  it.each([
    [5_000, 5],
    [4_001, 5],
    [1, 1],
    [0, 0],
    [-60_000, 0],
    [899_999, 900],
    [900_001, 900],
    [86_400_000, 900],
  ])('%i ms ahead is delayed by %i s: never early, never more than SQS takes', async (ms, seconds) => {
    expect((await armed([{ ...timer, at: NOW + ms }])).map(({ delaySeconds }) => delaySeconds)).toEqual([seconds]);
  });

  it('may hold fields of a later version', () => {
    expect(parseTimer(JSON.stringify({ version: 1, ...timer, more: true }))).toEqual(timer);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'x'],
    ['null', 'null'],
    ['another version', JSON.stringify({ version: 2, ...timer })],
    ['no version', JSON.stringify(timer)],
    ['another kind', JSON.stringify({ version: 1, ...timer, kind: 'other' })],
    ['no ACL', JSON.stringify({ version: 1, ...timer, acl: undefined })],
    ['no moment', JSON.stringify({ version: 1, ...timer, at: undefined })],
    ['a moment that is text', JSON.stringify({ version: 1, ...timer, at: '5' })],
  ])('is none of ours with %s', (_, text) => {
    expect(parseTimer(text)).toBeUndefined();
  });
});
