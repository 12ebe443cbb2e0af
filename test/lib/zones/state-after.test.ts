import { describe, expect, it } from 'vitest';
import { OktaFailure } from '../../../lib/okta/okta-failure.ts';
import { type Rebuilt, stateAfter } from '../../../lib/zones/state-after.ts';
import type { ZoneState } from '../../../lib/zones/zone-state.ts';

const NOW = 1_800_000_000_000;
const PLAN = {
  isComplete: true,
  configHash: 'h2',
  changes: 3,
  soonestExpiry: NOW + 9_000,
  grants: 4,
  waiting: 0,
  gateways: 2,
};
const TROUBLE = { code: 'ZONE004', detail: 'it is INACTIVE', at: NOW - 5_000 } as const;
const BEFORE: ZoneState = {
  zones: {},
  confirmedPosition: 'p1',
  confirmedChanges: 2,
  configHash: 'h1',
  nextExpiry: NOW - 1,
};
const failing = (code: 'ZONE003' | 'OKTA001', since: number): ZoneState => ({
  ...BEFORE,
  lastError: { code, detail: 'x', at: since, since },
});
/** `plan: 'none'`: the grants were not asked for. */
type Happened = Omit<Partial<Rebuilt>, 'plan'> & { readonly plan?: Rebuilt['plan'] | 'none' };
const rebuilt = ({ plan = PLAN, ...more }: Happened = {}): Rebuilt => ({
  ...{ position: 'p2', zones: { nzo1: { rightAt: NOW } }, answered: true, wrote: false, quota: undefined },
  ...(plan !== 'none' && { plan }),
  ...more,
});
const failure = (code: 'ZONE002' | 'ZONE003' | 'OKTA001' | 'OKTA005' | 'ZONE001', more = {}, retryInMs?: number) =>
  new OktaFailure(code, `says ${code}`, more, retryInMs === undefined ? {} : { retryInMs });

/** What a rebuild does to each field: the field, what was, what happened, what is. */
const TABLE: readonly [string, ZoneState, Happened, Partial<Record<keyof ZoneState, unknown>>][] = [
  [
    'a plan that is carried out is confirmed',
    BEFORE,
    {},
    {
      confirmedPosition: 'p2',
      confirmedChanges: 3,
      configHash: 'h2',
      nextExpiry: NOW + 9_000,
      unfinished: undefined,
      lastError: undefined,
    },
  ],
  [
    'one that is not confirms nothing',
    BEFORE,
    { plan: { ...PLAN, isComplete: false } },
    { confirmedPosition: 'p1', confirmedChanges: 2, configHash: 'h1', nextExpiry: NOW - 1, unfinished: true },
  ],
  [
    'without a plan all stays confirmed as it was',
    { ...BEFORE, waiting: 0, gateways: 7 },
    { plan: 'none' },
    { confirmedPosition: 'p1', nextExpiry: NOW - 1, gateways: 7 },
  ],
  [
    'what was left stays left where nothing was planned',
    { ...BEFORE, unfinished: true },
    { plan: 'none' },
    { unfinished: true },
  ],
  ['a write is followed by a pause', BEFORE, { wrote: true }, { notBefore: NOW + 750 }],
  [
    'a rebuild that wrote nothing leaves the pause as it is',
    { ...BEFORE, notBefore: NOW + 400 },
    {},
    { notBefore: NOW + 400 },
  ],
  ['a pause that is over is forgotten', { ...BEFORE, notBefore: NOW - 400 }, {}, { notBefore: undefined }],
  [
    'little quota makes a long pause',
    BEFORE,
    { wrote: true, quota: { limit: 100, remaining: 20, resetInMs: 30_000 } },
    { notBefore: NOW + 6_000 },
  ],
  ['what is left is due when it can go on', BEFORE, { leftUntil: NOW + 7_000 }, { dueAt: NOW + 7_000 }],
  [
    'a refusal is over when Okta says',
    BEFORE,
    { failure: failure('OKTA005', {}, 20_000) },
    { dueAt: NOW + 20_000, notBefore: NOW + 750 },
  ],
  [
    'whoever has written waits for their turn',
    BEFORE,
    { failure: failure('OKTA005', {}, 20_000), wrote: true },
    { dueAt: NOW + 23_000 },
  ],
  ['an outage is tried again after two seconds', BEFORE, { failure: failure('ZONE003') }, { dueAt: NOW + 2_000 }],
  [
    'then after as long as it has lasted',
    failing('ZONE003', NOW - 16_000),
    { failure: failure('ZONE003') },
    { dueAt: NOW + 16_000 },
  ],
  [
    'and after a minute at most',
    failing('ZONE003', NOW - 999_000),
    { failure: failure('ZONE003') },
    { dueAt: NOW + 60_000 },
  ],
  ['what a person must mend is left to the tick', BEFORE, { failure: failure('OKTA001') }, { dueAt: undefined }],
  [
    'a failure is remembered with its zone and position',
    BEFORE,
    { failure: failure('ZONE002', { zoneId: 'nzo1' }) },
    { lastError: { code: 'ZONE002', detail: 'says ZONE002', at: NOW, since: NOW, zoneId: 'nzo1', position: 'p2' } },
  ],
  [
    'one of all zones is not put down to the zone that met it',
    BEFORE,
    { failure: failure('OKTA001', { zoneId: 'nzo1' }) },
    { lastError: { code: 'OKTA001', detail: 'says OKTA001', at: NOW, since: NOW, position: 'p2' } },
  ],
  [
    'and with the time since which rebuilds fail',
    failing('OKTA001', NOW - 9),
    { failure: failure('ZONE003') },
    { lastError: expect.objectContaining({ code: 'ZONE003', since: NOW - 9 }) },
  ],
  [
    'trouble of a zone that was not read is told all the same',
    BEFORE,
    { zones: { nzo0: { rightAt: NOW }, nzo1: { trouble: TROUBLE } } },
    { lastError: expect.objectContaining({ ...TROUBLE, zoneId: 'nzo1' }) },
  ],
  [
    'whoever waits is told where nothing is worse',
    BEFORE,
    { plan: { ...PLAN, waiting: 3 } },
    { lastError: expect.objectContaining({ code: 'ZONE005' }), waiting: 3 },
  ],
  ['an answer of Okta ends trouble with Okta', failing('OKTA001', NOW - 9), {}, { lastError: undefined }],
  [
    'a rebuild that asked nobody does not',
    failing('OKTA001', NOW - 9),
    { answered: false },
    { lastError: expect.objectContaining({ code: 'OKTA001' }) },
  ],
  [
    'trouble of a zone is over when the zone has none, whoever was asked',
    { ...BEFORE, lastError: { ...TROUBLE, since: NOW - 5_000, zoneId: 'nzo1' } },
    { answered: false },
    { lastError: undefined },
  ],
  [
    'and nobody waits when all have room, whoever was asked',
    { ...BEFORE, waiting: 2, lastError: { code: 'ZONE005', detail: '2 wait', at: NOW - 5_000, since: NOW - 5_000 } },
    { answered: false },
    { lastError: undefined, waiting: 0 },
  ],
  [
    'a complete plan is confirmed though a check failed afterwards',
    BEFORE,
    { failure: failure('OKTA005', {}, 1_000) },
    { confirmedPosition: 'p2', lastError: expect.objectContaining({ code: 'OKTA005' }) },
  ],
  [
    'before the first event nothing is confirmed',
    { zones: {} },
    { position: undefined, plan: 'none' },
    { confirmedPosition: undefined, configHash: undefined },
  ],
];

describe('what is remembered after a rebuild', () => {
  it.each(TABLE)('%s', (_, before, happened, expected) => {
    const after: Partial<Record<keyof ZoneState, unknown>> = stateAfter(before, rebuilt(happened), NOW);
    for (const [field, value] of Object.entries(expected))
      expect([field, after[field as keyof ZoneState]]).toEqual([field, value]);
  });

  it('has no field without a value: DynamoDB stores none', () => {
    for (const value of Object.values(stateAfter(BEFORE, rebuilt(), NOW))) expect(value).toBeDefined();
  });
});
