import { describe, expect, it } from 'vitest';
import { blockOf } from '../../../lib/addresses/address-block.ts';
import type { SeenEvent } from '../../../lib/grants/seen-event.ts';
import { judgeOutcome, type OutcomeFacts, type ZoneFacts } from '../../../lib/outcome/judge-outcome.ts';
import type { LastError, ZoneState } from '../../../lib/zones/zone-state.ts';

const NOW = 1_800_000_000_000;
const IP = '203.0.113.7';
const OTHER = '203.0.113.8/32';
const SENTINEL = '192.0.2.0/32';
/** Positions, in their order. */
const [BEFORE, AT, LAST] = ['p1', 'p2', 'p3'];

const GRANTED: SeenEvent = {
  ...{ type: 'access.granted', ip: IP, expiresAt: NOW + 60_000, order: 'o', position: AT },
};
const REVOKED: SeenEvent = { type: 'access.revoked', ip: IP, order: 'o', position: AT, ended: 1 };
const FLUSHED: SeenEvent = { type: 'access.flushed', order: 'o', position: AT, ended: 4 };

const IN: ZoneFacts = { lists: [[`${IP}/32`, OTHER]] };
const OUT: ZoneFacts = { lists: [[OTHER]] };
const COMING: ZoneFacts = { lists: [[OTHER], [`${IP}/32`, OTHER]] };
const UNSEEN: ZoneFacts = { lists: undefined };
const EMPTY: ZoneFacts = { lists: [[SENTINEL]] };
const off = (code: 'ZONE001' | 'ZONE004' | 'ZONE008', zone: ZoneFacts): ZoneFacts => ({
  ...{ trouble: { code, detail: `says ${code}` }, lists: zone.lists },
});

const confirmed = (position: string | undefined, more: Partial<ZoneState> = {}): ZoneState => ({
  ...{ zones: {}, ...(position !== undefined && { confirmedPosition: position }) },
  ...more,
});
const error = (code: LastError['code'], more: Partial<LastError> = {}): LastError => ({
  ...{ code, detail: `says ${code}`, at: NOW, since: NOW, position: AT },
  ...more,
});
/** A rebuild that read the event's position, and ended with this. */
const ended = (lastError: LastError, dueAt?: number): ZoneState =>
  confirmed(BEFORE, { lastError, ...(dueAt !== undefined && { dueAt }) });

const PENDING = { status: 'pending' };
const failed = (code: string, heals = false) => ({ status: 'failed', code, detail: `says ${code}`, heals });

type Row = readonly [string, SeenEvent, Partial<OutcomeFacts>, object];

const GRANTS: readonly Row[] = [
  ['stands in a zone', GRANTED, {}, { status: 'applied', heldBy: 1 }],
  ['stands in the second zone', GRANTED, { zones: [OUT, IN] }, { status: 'applied', heldBy: 1 }],
  ['stands in none', GRANTED, { zones: [OUT] }, PENDING],
  ['stands in one of the two lists that a zone may have', GRANTED, { zones: [COMING] }, PENDING],
  ['stands in a zone whose list nobody knows', GRANTED, { zones: [UNSEEN] }, PENDING],
  ['stands in a zone that can’t be used', GRANTED, { zones: [off('ZONE004', IN)] }, PENDING],
  ['is over now', { ...GRANTED, expiresAt: NOW }, {}, { status: 'expired' }],
  ['ends in a moment', { ...GRANTED, expiresAt: NOW + 1 }, {}, { status: 'applied', heldBy: 1 }],
  ['has no end that is known', { ...GRANTED, expiresAt: undefined }, {}, { status: 'expired' }],
  [
    'is stored in a way that nobody can use',
    GRANTED,
    { stored: 'unusable' },
    { status: 'failed', code: 'STORE002', detail: 'what is stored of the grant is left out', heals: false },
  ],
  ['is not there any more', GRANTED, { stored: 'gone' }, PENDING],
  [
    'was overtaken, and nobody holds its IP',
    GRANTED,
    { overtakenBy: 'a later flush', heldBy: 0, stored: 'gone', zones: [OUT] },
    { status: 'applied', heldBy: 0, overtakenBy: 'a later flush' },
  ],
  [
    'was overtaken by one that is in',
    { ...GRANTED, expiresAt: NOW - 1 },
    { overtakenBy: 'a later event on the same grant', stored: 'unusable' },
    { status: 'applied', heldBy: 1, overtakenBy: 'a later event on the same grant' },
  ],
  [
    'was overtaken by one that is not in yet',
    GRANTED,
    { overtakenBy: 'a later event on the same grant', zones: [OUT] },
    PENDING,
  ],
  [
    'is let in by the configuration too',
    GRANTED,
    { alwaysAllowed: true },
    { status: 'applied', heldBy: 1, alwaysAllowed: true },
  ],
];

const REVOKES: readonly Row[] = [
  ['stands in no zone', REVOKED, { heldBy: 0, zones: [OUT, EMPTY] }, { status: 'applied', ended: 1, heldBy: 0 }],
  ['ended nothing', { ...REVOKED, ended: undefined }, { heldBy: 0, zones: [OUT] }, { ...ok(0), heldBy: 0 }],
  ['stands in one zone still', REVOKED, { heldBy: 0, zones: [OUT, IN] }, PENDING],
  ['stands in one of the lists of a zone', REVOKED, { heldBy: 0, zones: [COMING] }, PENDING],
  ['may stand in a list that nobody knows', REVOKED, { heldBy: 0, zones: [OUT, UNSEEN] }, PENDING],
  ['is held by somebody else', REVOKED, { heldBy: 2, zones: [IN] }, { ...ok(1), heldBy: 2 }],
  [
    'is let in by the configuration',
    REVOKED,
    { heldBy: 0, alwaysAllowed: true, zones: [IN] },
    { ...ok(1), heldBy: 0, alwaysAllowed: true },
  ],
  ['stands in a zone that can’t be used', REVOKED, { heldBy: 0, zones: [OUT, off('ZONE004', IN)] }, failed('ZONE004')],
  ['stood in a zone that is gone', REVOKED, { heldBy: 0, zones: [OUT, off('ZONE001', IN)] }, { ...ok(1), heldBy: 0 }],
  [
    'stands not in a zone that can’t be used',
    REVOKED,
    { heldBy: 0, zones: [OUT, off('ZONE004', OUT)] },
    { ...ok(1), heldBy: 0 },
  ],
  [
    'may or may not stand in one that can’t be used',
    REVOKED,
    { heldBy: 0, zones: [OUT, off('ZONE004', COMING)] },
    failed('ZONE004'),
  ],
  ['has no zone that shows anything', REVOKED, { heldBy: 2, zones: [off('ZONE004', UNSEEN)] }, failed('ZONE004')],
  ['stands among the entries of others', REVOKED, { heldBy: 0, zones: [off('ZONE008', IN)] }, failed('ZONE008')],
  [
    'stands not among the entries of others',
    REVOKED,
    { heldBy: 0, zones: [off('ZONE008', OUT)] },
    { ...ok(1), heldBy: 0 },
  ],
];

const FLUSHES: readonly Row[] = [
  ['left the sentinel alone', FLUSHED, { zones: [EMPTY] }, ok(4)],
  ['left what is ours', FLUSHED, { zones: [{ lists: [['198.51.100.9/32', SENTINEL]] }] }, ok(4)],
  ['is not confirmed', FLUSHED, { zones: [EMPTY], state: confirmed(BEFORE) }, PENDING],
  ['was told twice', { ...FLUSHED, ended: undefined }, { zones: [EMPTY] }, ok(0)],
  ['says nothing of what is always let in', FLUSHED, { zones: [EMPTY], alwaysAllowed: true }, ok(4)],
  ['has no zone that can be used', FLUSHED, { zones: [off('ZONE004', EMPTY)] }, failed('ZONE004')],
  ['left people in a zone that can’t be used', FLUSHED, { zones: [EMPTY, off('ZONE004', IN)] }, failed('ZONE004')],
  [
    'left people in one of the lists of such a zone',
    FLUSHED,
    { zones: [EMPTY, off('ZONE004', { lists: [[SENTINEL], [SENTINEL, OTHER]] })] },
    failed('ZONE004'),
  ],
  ['left nobody there', FLUSHED, { zones: [EMPTY, off('ZONE004', EMPTY)] }, ok(4)],
  ['left people in a zone that is gone', FLUSHED, { zones: [EMPTY, off('ZONE001', IN)] }, ok(4)],
  ['left what nobody can know', FLUSHED, { zones: [EMPTY, off('ZONE004', UNSEEN)] }, ok(4)],
];

const REFUSED = ended(error('OKTA002'));
const WAITING = ended(error('ZONE005'));
const FAILURES: readonly Row[] = [
  ['Okta refused a grant', GRANTED, { zones: [OUT], state: REFUSED }, failed('OKTA002')],
  ['Okta refused a revoke', REVOKED, { heldBy: 0, zones: [IN], state: REFUSED }, failed('OKTA002')],
  ['Okta refused a flush', FLUSHED, { zones: [IN], state: REFUSED }, failed('OKTA002')],
  [
    'Okta refused, and nothing is known of any zone',
    REVOKED,
    { heldBy: 0, zones: [], state: REFUSED },
    failed('OKTA002'),
  ],
  ['Okta refused, and a flush has no zone', FLUSHED, { zones: [], state: REFUSED }, failed('OKTA002')],
  ['it failed in passing', GRANTED, { zones: [OUT], state: ended(error('ZONE003')) }, failed('ZONE003', true)],
  [
    'it failed for what came before',
    GRANTED,
    { zones: [OUT], state: ended(error('OKTA002', { position: BEFORE })) },
    PENDING,
  ],
  ['there is no room for a grant', GRANTED, { zones: [OUT], state: WAITING }, failed('ZONE005')],
  ['there is no room, which is no trouble of a revoke', REVOKED, { heldBy: 0, zones: [IN], state: WAITING }, PENDING],
  [
    'there is no room yet, and something is left to do',
    GRANTED,
    { zones: [OUT], state: ended(error('ZONE005'), NOW + 1) },
    PENDING,
  ],
  [
    'one zone is in trouble, and something is left to do in others',
    GRANTED,
    { zones: [OUT], state: ended(error('ZONE004', { zoneId: 'nzo1' }), NOW + 1) },
    PENDING,
  ],
  [
    'all are in trouble, though something is left to do',
    GRANTED,
    { zones: [OUT], state: ended(error('OKTA002'), NOW + 1) },
    failed('OKTA002'),
  ],
  [
    'one zone is in trouble, and nothing is left to do',
    GRANTED,
    { zones: [OUT], state: ended(error('ZONE004', { zoneId: 'nzo1' })) },
    failed('ZONE004'),
  ],
];

const unread = (code: LastError['code'], dueAt?: number): Partial<OutcomeFacts> => ({
  state: ended(error(code, { position: BEFORE }), dueAt),
});
const UNREAD: readonly Row[] = [
  ['nothing has been read', GRANTED, { state: confirmed(undefined) }, PENDING],
  ['another event has been read', GRANTED, { state: confirmed(BEFORE) }, PENDING],
  ['a later event has been read', GRANTED, { state: confirmed(LAST) }, { status: 'applied', heldBy: 1 }],
  ['what was read is above all that was applied', GRANTED, { state: confirmed('p4') }, PENDING],
  ['nothing was applied', GRANTED, { position: undefined }, PENDING],
  ['the rebuild that would read it waits for Okta', GRANTED, unread('ZONE003', NOW + 1), failed('ZONE003', true)],
  ['its wait is over', GRANTED, unread('ZONE003', NOW), PENDING],
  ['nobody waits', GRANTED, unread('ZONE003'), PENDING],
  ['what it waits for passes by nobody’s doing', GRANTED, unread('OKTA002', NOW + 1), PENDING],
];

describe.each([
  ['a grant that', GRANTS],
  ['a revoke of an IP that', REVOKES],
  ['a flush that', FLUSHES],
  ['where', FAILURES],
  ['as long as', UNREAD],
])('the outcome of an event: %s', (_, rows) => {
  it.each(rows)('%s', (_name, event, known, outcome) => {
    const facts: OutcomeFacts = {
      ...{ event, now: NOW, state: confirmed(AT), position: LAST, zones: [IN] },
      ...{ overtakenBy: undefined, heldBy: 1, stored: 'live', alwaysAllowed: false },
      ours: [blockOf(SENTINEL), blockOf('198.51.100.0/24')],
      ...known,
    };
    expect(judgeOutcome(facts)).toEqual(outcome);
  });
});

function ok(endedGrants: number) {
  return { status: 'applied', ended: endedGrants };
}
