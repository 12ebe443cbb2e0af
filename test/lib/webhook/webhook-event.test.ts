import { describe, expect, it } from 'vitest';
import { judgeEvent, parseEvent } from '../../../lib/webhook/webhook-event.ts';
import { ACL, configOf, NOW } from '../../helpers/events.ts';

const config = configOf({ acls: { [ACL]: { zoneIds: ['nzo1'], defaultGrantMinutes: 60, maxGrantMinutes: 120 } } });
const HOUR = 3_600_000;
const AT = '2026-11-24T18:00:00Z';
const nanos = (ms: number, more = 0n) => BigInt(ms) * 1_000_000n + more;

const judged = (body: unknown, now = NOW, settings = config) =>
  judgeEvent(parseEvent(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))), settings, now);
function read(...args: Parameters<typeof judged>) {
  const event = judged(...args);
  if (event.type === 'access.ping') throw new Error('it is a ping');
  return event;
}
const event = (type: string, data: Readonly<Record<string, unknown>>, timestamp: unknown = AT) => ({
  type,
  timestamp,
  data: { acl: ACL, ...data },
});
const grant = (data: Readonly<Record<string, unknown>> = {}, timestamp: unknown = AT) =>
  event('access.granted', { ip: '203.0.113.7', ...data }, timestamp);
const expiry = (...args: Parameters<typeof grant>) => read(grant(...args)).expiresAt;

describe('an event', () => {
  it('of a grant holds what was sent, in canonical form', () => {
    const data = {
      ip: '::ffff:203.0.113.7',
      grantId: 's-42',
      user: 'alice@example.com',
      expiresAt: AT.replace('18', '19'),
    };
    expect(read(grant(data))).toEqual({
      type: 'access.granted',
      acl: ACL,
      timestamp: nanos(NOW),
      ip: '203.0.113.7',
      grantId: 's-42',
      user: 'alice@example.com',
      expiresAt: NOW + HOUR,
    });
  });

  it('of a revoke or a flush holds no expiry, and a flush no IP', () => {
    expect(read(event('access.revoked', { ip: '203.0.113.7/32' }))).toEqual({
      ...{ type: 'access.revoked', acl: ACL, timestamp: nanos(NOW), ip: '203.0.113.7' },
    });
    expect(read(event('access.revoked', { ip: '203.0.113.7', grantId: 'g' }))).toMatchObject({ grantId: 'g' });
    expect(read(event('access.flushed', {}))).toEqual({
      type: 'access.flushed',
      acl: ACL,
      timestamp: nanos(NOW),
    });
  });

  it('may hold fields that are not known, at every level', () => {
    expect(read({ ...grant({ extra: [1] }), more: { deep: true } })).toMatchObject({ ip: '203.0.113.7' });
  });
});

describe('a ping', () => {
  it('is for an ACL, and for nothing else', () => {
    expect(judged(event('access.ping', {}))).toEqual({ type: 'access.ping', acl: ACL });
    // As in every event, fields that are not known are ignored.
    expect(judged(event('access.ping', { ip: 'no address' }))).toEqual({ type: 'access.ping', acl: ACL });
  });

  it.each([
    ['without a timestamp', event('access.ping', {}, null), 'HOOK003'],
    ['of yesterday', event('access.ping', {}, '2026-11-23T17:59:59Z'), 'HOOK003'],
    ['without an ACL', event('access.ping', { acl: undefined }), 'HOOK003'],
    ['for an ACL that is not configured', event('access.ping', { acl: 'constructor' }), 'HOOK004'],
  ])('%s is judged like any event', (_, body, code) => {
    expect(() => judged(body)).toThrow(expect.objectContaining({ code }));
  });
});

describe('the time of an event', () => {
  it('is kept to the nanosecond', () => {
    expect(read(grant({}, '2026-11-24T17:59:59.123456789Z')).timestamp).toBe(nanos(NOW - 1_000, 123_456_789n));
  });

  it('counts as the receipt where it is ahead of it, by however little', () => {
    for (const ahead of ['2026-11-24T18:00:00.000000001Z', '2026-11-24T18:00:05Z', '9999-12-31T23:59:59Z']) {
      expect(read(grant({}, ahead)).timestamp).toBe(nanos(NOW));
    }
  });

  it('may be 24 hours old, and not a nanosecond more', () => {
    const flush = (timestamp: string) => read(event('access.flushed', {}, timestamp));
    expect(flush('2026-11-23T18:00:00Z').timestamp).toBe(nanos(NOW - 24 * HOUR));
    expect(() => flush('2026-11-23T17:59:59.999999999Z')).toThrow(expect.objectContaining({ code: 'HOOK003' }));
  });
});

describe('the expiry of a grant', () => {
  it.each([
    ['the default of the ACL', {}, NOW + HOUR],
    ['its duration', { durationSeconds: 90 }, NOW + 90_000],
    ['its own expiry', { expiresAt: '2026-11-24T20:00:00+02:00'.replace('20:', '21:') }, NOW + HOUR],
    ['the cap, for a longer expiry', { expiresAt: '2027-01-01T00:00:00Z' }, NOW + 2 * HOUR],
    ['the cap, for a longer duration', { durationSeconds: 7_201 }, NOW + 2 * HOUR],
    ['the cap itself', { durationSeconds: 7_200 }, NOW + 2 * HOUR],
    ['whole milliseconds, rounded down', { expiresAt: '2026-11-24T18:00:00.0019Z' }, NOW + 1],
  ])('is %s', (_, data, expected) => {
    expect(expiry(data)).toBe(expected);
  });

  it('is capped by a default that is longer than the cap', () => {
    const odd = configOf({ acls: { [ACL]: { zoneIds: ['nzo1'], defaultGrantMinutes: 60, maxGrantMinutes: 60 } } });
    const { [ACL]: settings } = odd.acls;
    if (!settings) throw new Error('the ACL is there');
    const acls = { [ACL]: { ...settings, maxGrantMinutes: 30 } };
    expect(read(grant(), NOW, { ...odd, acls }).expiresAt).toBe(NOW + HOUR / 2);
  });

  it('counts from the event’s own time, or the receipt where that is ahead', () => {
    expect(expiry({ durationSeconds: 60 }, '2026-11-24T17:59:30Z')).toBe(NOW + 30_000);
    expect(expiry({}, '2026-11-24T17:30:00Z')).toBe(NOW + HOUR / 2);
    expect(expiry({ expiresAt: '2027-01-01T00:00:00Z' }, '2026-11-24T17:00:00Z')).toBe(NOW + HOUR);
    expect(expiry({ durationSeconds: 60 }, '2026-11-24T18:10:00Z')).toBe(NOW + 60_000);
  });

  it.each([
    ['its expiry is now', { expiresAt: AT }],
    ['its expiry is less than a millisecond ahead', { expiresAt: '2026-11-24T18:00:00.0009Z' }],
    ['its expiry is past', { expiresAt: '1970-01-01T00:00:00Z' }],
    ['it lasts for nothing', { durationSeconds: 0 }],
    ['it lasts backwards', { durationSeconds: -1 }],
    ['it lasts backwards as far as numbers go', { durationSeconds: Number.MIN_SAFE_INTEGER }],
  ])('is refused with HOOK006 where %s', (_, data) => {
    expect(() => read(grant(data))).toThrow(expect.objectContaining({ code: 'HOOK006', status: 422 }));
  });

  it('is refused where a late delivery comes after the grant’s end', () => {
    expect(() => read(grant({ durationSeconds: 60 }, '2026-11-24T17:59:00Z'))).toThrow(
      expect.objectContaining({ code: 'HOOK006' }),
    );
  });

  it('may be a millisecond ahead', () => {
    expect(expiry({ expiresAt: '2026-11-24T18:00:00.001Z' })).toBe(NOW + 1);
  });
});

describe('text in an event', () => {
  it.each(['grantId', 'user'])('%s may be 512 bytes, and not one more', (field) => {
    expect(read(grant({ [field]: 'é'.repeat(256) }))).toMatchObject({ [field]: 'é'.repeat(256) });
    expect(() => read(grant({ [field]: `${'é'.repeat(256)}x` }))).toThrow(/at most 512 bytes/);
  });

  it.each(['a#b', 'a/b', '  ', '💡', '"', '\\'])('a grant id may be %j', (grantId) => {
    expect(read(grant({ grantId })).grantId).toBe(grantId);
  });

  it.each(['grantId', 'user'])('%s is the same text however its characters are composed', (field) => {
    const [composed, decomposed] = ['J\u00f6rg', 'Jo\u0308rg'];
    expect(read(grant({ [field]: decomposed }))).toMatchObject({ [field]: composed });
    expect(read(grant({ [field]: composed }))).toMatchObject({ [field]: composed });
    // As it is stored it must fit, which can be longer than it came.
    expect(() => read(grant({ [field]: '\u0958'.repeat(170) }))).toThrow(/at most 512 bytes/);
  });

  it.each(['\n', '\0', '\u001b[31m', '\u007f', '\u0085'])('control characters are refused: %j', (text) => {
    expect(() => read(grant({ user: `a${text}b` }))).toThrow(expect.objectContaining({ code: 'HOOK003', status: 400 }));
  });
});
