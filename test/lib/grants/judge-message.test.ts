import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeMessage } from '../../../lib/grants/judge-message.ts';
import { formatQueuedEvent, type QueuedEvent } from '../../../lib/grants/queue-message.ts';
import { judgeEvent, parseEvent } from '../../../lib/webhook/webhook-event.ts';
import { configOf, flushed, granted, NOW, positionAt, revoked } from '../../helpers/events.ts';

const ALICE = '203.0.113.1';
const MINUTE_MS = 60_000;
const MONTH_MS = 43_200 * MINUTE_MS;
const strict = { allowPrivate: false, allowIpv6: false };
const whyNot = (message: object | string, policy = strict) =>
  judgeMessage(typeof message === 'string' ? message : JSON.stringify(message), policy, NOW).why;
const raw = (event: QueuedEvent, changes: object) => ({ ...JSON.parse(formatQueuedEvent(event)), ...changes });
const grant = granted(ALICE, -1, { grantId: 'session-42', user: 'alice@example.com', expiresAt: NOW + 1_000 });

describe('a message on the events queue', () => {
  it.each([
    ['a grant', grant],
    ['a grant without a grantId and user', granted(ALICE, 0)],
    ['a grant for as long as the configuration can say', granted(ALICE, 0, { expiresAt: NOW + MONTH_MS })],
    ['a grant that ended on its way', granted(ALICE, -600, { expiresAt: NOW - 1_000 })],
    ['a revoke', revoked(ALICE, 0)],
    ['a revoke of one grant', revoked(ALICE, 0, { grantId: 'session-42' })],
    ['a flush', flushed(0)],
    [
      'that Knocknoc’s list ends the grant without a name alone',
      revoked(ALICE, 0, { grantId: '', source: 'allowlist' }),
    ],
    ['texts as long as a key can hold', granted(ALICE, 0, { grantId: 'é'.repeat(256), user: 'x'.repeat(512) })],
    ['an event of another clock, minutes ahead', flushed(300)],
    ['an event that was put back', flushed(-86_400, { firstPosition: positionAt(7) })],
  ])('passes: %s', (_, event) => {
    expect(judgeMessage(formatQueuedEvent(event), strict, NOW)).toEqual({ event });
  });

  it.each([
    ['0.0.0.0/0'],
    ['not an ip'],
    [''],
    ['10.0.0.1'],
    ['224.0.0.5'],
    ['0.0.0.0'],
    ['1.2.3.04'],
    ['203.0.113.1/32'],
    ['203.0.113.0/24'],
    ['2001:db8::1'],
    ['::ffff:203.0.113.1'],
    ['203.0.113.1#GRANT'],
  ])('does not pass with the IP %j, whether it grants or revokes', (ip) => {
    expect(whyNot(raw(grant, { ip }))).toBe('its IP is not acceptable');
    expect(whyNot(raw(revoked(ALICE, 0), { ip }))).toBe('its IP is not acceptable');
  });

  it('does not pass as a revoke without a name, unless it is Knocknoc’s list that says so', () => {
    expect(whyNot(raw(revoked(ALICE, 0), { grantId: '' }))).toBe('its grantId is not one');
  });

  it('passes with what the configuration lets in besides', () => {
    const open = { allowPrivate: true, allowIpv6: true };
    for (const ip of ['10.0.0.1', 'fd00::1', '2001:db8::1']) {
      expect(whyNot(raw(grant, { ip }))).toBe('its IP is not acceptable');
      expect(whyNot(raw(grant, { ip }), open)).toBeUndefined();
    }
    expect(whyNot(raw(grant, { ip: '0.0.0.0' }), open)).toBe('its IP is not acceptable');
  });

  it.each([
    ['an ACL that no configuration can name', { acl: 'OKTA#' }, 'its ACL is none'],
    ['an ACL without a name', { acl: '' }, 'its ACL is none'],
    ['an empty grantId', { grantId: '' }, 'its grantId is not one'],
    ['a grantId with control characters', { grantId: 'a\u0000b' }, 'its grantId is not one'],
    ['a grantId that fits into no key', { grantId: 'é'.repeat(257) }, 'its grantId is not one'],
    ['a user with control characters', { user: '\u001b[2J' }, 'its user is not one'],
    ['an empty grantId of the list', { grantId: '', source: 'allowlist' }, 'its grantId is not one'],
    ['a grantId in another form than texts are compared in', { grantId: 'e\u0301' }, 'its grantId is not one'],
    ['an empty webhook id', { webhookId: '' }, 'its webhook id is none'],
    ['a webhook id of more than its characters', { webhookId: '#id' }, 'its webhook id is none'],
    ['a webhook id with something after it', { webhookId: 'id ' }, 'its webhook id is none'],
    ['a time to come', { timestamp: `${NOW + 300_001}000000` }, 'its timestamp is still to come'],
    ['a time beyond all memory', { timestamp: '0' }, 'older than the events that are remembered'],
    [
      'an end before its beginning',
      { expiresAt: NOW - 1_000 },
      'it ends before it begins, or later than any grant can',
    ],
    ['no end', { expiresAt: Number.MAX_SAFE_INTEGER }, 'it ends before it begins, or later than any grant can'],
    [
      'an end a minute further ahead than can be',
      { expiresAt: NOW + MONTH_MS + MINUTE_MS },
      'it ends before it begins, or later than any grant can',
    ],
  ])('does not pass with %s', (_, changes, why) => {
    expect(whyNot(raw(grant, changes))).toBe(why);
    expect(judgeMessage(JSON.stringify(raw(grant, changes)), strict, NOW).event).toBeDefined();
  });

  it.each([
    ['text', 'no JSON at all'],
    ['nothing', ''],
    ['another version', raw(grant, { version: 2 })],
    ['another type', raw(grant, { type: 'access.exploded' })],
    ['a number for an IP', raw(grant, { ip: 7 })],
    ['a half moment', raw(grant, { expiresAt: NOW + 0.5 })],
    ['a position that none can be', raw(grant, { firstPosition: '9'.repeat(39) })],
    ['a flush of one IP', raw(flushed(0), { ip: ALICE })],
    ['a flush of one grant', raw(flushed(0), { grantId: 'x' })],
  ])('is no event: %s', (_, message) => {
    expect(whyNot(message)).toBe('not an event of this system');
  });

  it('passes whatever the webhook takes, under every configuration', () => {
    const config = configOf({ acls: { 'okta-prod': { zoneIds: ['nzo1'], maxGrantMinutes: 43_200 } }, allowIpv6: true });
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
    const body = fc.record(
      {
        type: fc.constantFrom('access.granted', 'access.revoked', 'access.flushed'),
        ago: fc.integer({ min: -3_600_000, max: 86_400_000 }),
        ip: fc.oneof(
          fc.ipV4(),
          fc.ipV6(),
          fc.ipV4().map((ip) => `${ip}/32`),
        ),
        grantId: text,
        user: text,
        durationSeconds: fc.integer({ min: -10, max: 5_000_000 }),
      },
      { requiredKeys: ['type', 'ago', 'ip'] },
    );
    let taken = 0;
    fc.assert(
      fc.property(body, ({ type, ago, ...data }) => {
        const timestamp = new Date(NOW - ago).toISOString();
        const sent = JSON.stringify({ type, timestamp, data: { acl: 'okta-prod', ...data } });
        let event: ReturnType<typeof judgeEvent>;
        try {
          event = judgeEvent(parseEvent(Buffer.from(sent)), config, NOW);
        } catch {
          return; // Refused: then there is no message.
        }
        if (event.type === 'access.ping') return; // It is never queued.
        taken += 1;
        expect(judgeMessage(formatQueuedEvent({ ...event, webhookId: 'id-1' }), config, NOW).why).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(200);
  });
});
