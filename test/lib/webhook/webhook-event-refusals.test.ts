import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../lib/refusal.ts';
import { judgeEvent, parseEvent } from '../../../lib/webhook/webhook-event.ts';
import { ACL, configOf, NOW } from '../../helpers/events.ts';

const config = configOf();
const good = {
  type: 'access.granted',
  timestamp: '2026-11-24T18:00:00Z',
  data: { acl: ACL, ip: '203.0.113.7' },
};
const withData = (data: Readonly<Record<string, unknown>>) => ({ ...good, data: { ...good.data, ...data } });

function refusalOf(body: unknown): Refusal {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  try {
    judgeEvent(parseEvent(bytes), config, NOW);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a body that is refused as malformed', () => {
  it.each([
    ['empty', '', 'not JSON'],
    ['not JSON', 'hello', 'not JSON'],
    ['an array', '[]', 'type is missing'],
    ['null', 'null', 'body'],
    ['a string', '"x"', 'body'],
    ['a number', '1', 'body'],
    ['without a type', { ...good, type: undefined }, 'type is missing'],
    ['with a type that is not known', { ...good, type: 'access.denied' }, 'type must be access.granted'],
    ['with a type in capitals', { ...good, type: 'ACCESS.GRANTED' }, 'type must be'],
    ['with a type that is no text', { ...good, type: 1 }, 'type must be'],
    ['without data', { ...good, data: undefined }, 'data is missing'],
    ['with data that is null', { ...good, data: null }, 'data must be'],
    ['with data that is a list', { ...good, data: [] }, 'data'],
    ['without a timestamp', { ...good, timestamp: undefined }, 'timestamp is missing'],
    ['with a timestamp that is a number', { ...good, timestamp: 1_764_007_200 }, 'timestamp must be'],
    ['with a timestamp that does not exist', { ...good, timestamp: '2026-02-30T00:00:00Z' }, 'timestamp must be'],
    ['with a timestamp without an offset', { ...good, timestamp: '2026-11-24T18:00:00' }, 'timestamp must be'],
    ['without an ACL', withData({ acl: undefined }), 'data.acl is missing'],
    ['with an ACL that is a number', withData({ acl: 7 }), 'data.acl must be'],
    ['without an IP', withData({ ip: undefined }), 'data.ip is missing'],
    ['with an IP that is a number', withData({ ip: 3_405_803_783 }), 'data.ip must be'],
    ['with several IPs', withData({ ip: ['203.0.113.7'] }), 'data.ip must be'],
    ['with a grant id that is a number', withData({ grantId: 42 }), 'data.grantId must be'],
    ['with an empty grant id', withData({ grantId: '' }), 'data.grantId must not be empty'],
    ['with a grant id that is null', withData({ grantId: null }), 'data.grantId must be'],
    ['with a grant id that is reserved', withData({ grantId: 'allowlist' }), 'data.grantId must not be "allowlist"'],
    ['with an empty user', withData({ user: '' }), 'data.user must not be empty'],
    ['with an expiry that is a number', withData({ expiresAt: NOW + 1 }), 'data.expiresAt must be'],
    ['with an expiry that is no date-time', withData({ expiresAt: 'tomorrow' }), 'data.expiresAt must be a date-time'],
    ['with an expiry that is null', withData({ expiresAt: null }), 'data.expiresAt must be'],
    ['with a duration that is text', withData({ durationSeconds: '60' }), 'data.durationSeconds must be'],
    ['with a duration of half a second', withData({ durationSeconds: 0.5 }), 'data.durationSeconds must be'],
    ['with a duration beyond whole numbers', withData({ durationSeconds: 1e300 }), 'data.durationSeconds must be'],
    ['with two expiries', withData({ expiresAt: '2026-11-25T00:00:00Z', durationSeconds: 60 }), 'must not have both'],
    [
      'with two expiries, one of them wrong',
      withData({ expiresAt: '2026-11-25T00:00:00Z', durationSeconds: 0 }),
      'both',
    ],
    ['with a key twice', `{"type":"access.flushed","timestamp":"${good.timestamp}","type":"access.granted"}`, 'twice'],
    ['not UTF-8', Uint8Array.from([0x7b, 0xff, 0x7d]), 'not JSON in UTF-8'],
  ])('%s', (_, body, detail) => {
    expect(refusalOf(body)).toMatchObject({ code: 'HOOK003', status: 400, message: expect.stringContaining(detail) });
  });

  it('a revoke without an IP, which is no flush', () => {
    const revoke = { type: 'access.revoked', timestamp: good.timestamp, data: { acl: ACL } };
    expect(refusalOf(revoke)).toMatchObject({ code: 'HOOK003', message: 'data.ip is missing' });
  });
});

describe('a body that is refused for what it asks', () => {
  it.each(['nobody', '', 'OKTA-PROD', 'constructor', 'toString', 'hasOwnProperty', `${ACL} `])(
    'the ACL %j: HOOK004',
    (acl) => {
      expect(refusalOf(withData({ acl }))).toMatchObject({ code: 'HOOK004', status: 404 });
    },
  );

  it.each(['', '10.0.0.1', '203.0.113.0/24', '203.000.113.007', '2001:db8::1', '0.0.0.0', 'example.com'])(
    'the IP %j: HOOK005, for a grant and for a revoke',
    (ip) => {
      for (const type of ['access.granted', 'access.revoked']) {
        expect(refusalOf({ ...withData({ ip }), type })).toMatchObject({ code: 'HOOK005', status: 422 });
      }
    },
  );

  it('says which is wrong first: the shape, then the age, the ACL, the IP, the expiry', () => {
    const all = { acl: 'nobody', ip: '10.0.0.1', durationSeconds: 0 };
    const old = '2020-01-01T00:00:00Z';
    expect(refusalOf({ ...withData({ ...all, user: 1 }), timestamp: old }).message).toContain('data.user');
    expect(refusalOf({ ...withData(all), timestamp: old }).message).toContain('24 hours');
    expect(refusalOf(withData(all)).code).toBe('HOOK004');
    expect(refusalOf(withData({ ...all, acl: ACL })).code).toBe('HOOK005');
    expect(refusalOf(withData({ ...all, acl: ACL, ip: '203.0.113.7' })).code).toBe('HOOK006');
  });
});

describe('what a refusal says', () => {
  it('names fields and limits, and repeats nothing of what was sent', () => {
    const hush = 'hush-hush';
    const bodies = [
      hush,
      { ...good, type: hush },
      { ...good, timestamp: hush },
      { [hush]: 1 },
      withData({ acl: hush }),
      withData({ ip: hush }),
      withData({ grantId: [hush] }),
      withData({ user: `${hush}\n` }),
      withData({ expiresAt: hush }),
      withData({ durationSeconds: hush }),
      `{"${hush}":1,"${hush}":2}`,
    ];
    for (const body of bodies) expect(refusalOf(body).message).not.toContain(hush);
  });
});
