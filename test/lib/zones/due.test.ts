import { describe, expect, it } from 'vitest';
import { aclConfig } from '../../../lib/config.ts';
import { configHash } from '../../../lib/zones/config-hash.ts';
import { readingIsDue, restIsOverAt } from '../../../lib/zones/reading-is-due.ts';
import { whyRebuild } from '../../../lib/zones/rebuild-is-due.ts';
import type { ZoneMemory, ZoneState } from '../../../lib/zones/zone-state.ts';
import { ACL, configOf } from '../../helpers/events.ts';

const [NOW, MINUTE] = [1_800_000_000_000, 60_000];
const trouble = (at: number) => ({ code: 'ZONE004', detail: 'x', at }) as const;

describe('a zone is read though nothing has changed', () => {
  it.each<[string, ZoneMemory, boolean]>([
    ['where it never was right', {}, true],
    ['after verifyMinutes', { rightAt: NOW - 5 * MINUTE }, true],
    ['with the tick before that, if it would come too late with the next', { rightAt: NOW - 4.5 * MINUTE }, true],
    ['and not sooner', { rightAt: NOW - 4.5 * MINUTE + 1 }, false],
    ['each minute while an older write may come late', { rightAt: NOW - MINUTE / 2, doubtUntil: NOW }, true],
    ['and not sooner than that', { rightAt: NOW - MINUTE / 2 + 1, doubtUntil: NOW }, false],
    ['not for a doubt that was over when it was right', { rightAt: NOW - MINUTE, doubtUntil: NOW - MINUTE - 1 }, false],
    ['not for a doubt that no write can have left', { rightAt: NOW - MINUTE, doubtUntil: NOW + 99 * MINUTE }, false],
    ['each minute while it can’t be used', { rightAt: NOW, trouble: trouble(NOW - MINUTE / 2) }, true],
    ['and not at each event', { rightAt: NOW, trouble: trouble(NOW - MINUTE / 2 + 1) }, false],
    ['where the moment it was right lies far ahead', { rightAt: NOW + 99 * MINUTE }, true],
    ['where the moment of its trouble lies far ahead', { trouble: trouble(NOW + 99 * MINUTE) }, true],
  ])('%s', (_, memory, isDue) => {
    expect(readingIsDue(memory, { verifyMinutes: 5 }, NOW)).toBe(isDue);
  });

  it.each<[string, ZoneMemory, number, boolean]>([
    ['where a person has asked since', { rightAt: NOW - 10 }, NOW - 9, true],
    ['also while it can’t be used', { trouble: trouble(NOW - 10) }, NOW - 9, true],
    ['not where it was read since', { rightAt: NOW - 10 }, NOW - 10, false],
    ['not where the asking lies far ahead', { rightAt: NOW - 10 }, NOW + 99 * MINUTE, false],
  ])('%s', (_, memory, readFrom, isDue) => {
    expect(readingIsDue(memory, { verifyMinutes: 5, readFrom }, NOW)).toBe(isDue);
  });

  it.each<[string, ZoneMemory, boolean]>([
    ['from three fifths of its time on', { rightAt: NOW - 2.5 * MINUTE }, true],
    ['and not sooner', { rightAt: NOW - 2.5 * MINUTE + 1 }, false],
    ['and not sooner while it can’t be used', { rightAt: NOW, trouble: trouble(NOW - MINUTE / 2 + 1) }, false],
  ])('with others that are read now, %s', (_, memory, isDue) => {
    expect(readingIsDue(memory, { verifyMinutes: 5, withOthers: true }, NOW)).toBe(isDue);
  });
});

describe('what was read just before a tick is read again after it', () => {
  const WELL = { rightAt: NOW };
  it.each<[string, readonly ZoneMemory[], number | undefined]>([
    ['not where all is well', [WELL], undefined],
    ['not where no zone can be used, since each rebuild reads them', [{ trouble: trouble(NOW - 25_000) }], undefined],
    ['half a minute after it was read, where it can’t be used', [WELL, { trouble: trouble(NOW - 25_000) }], 10_000],
    [
      'half a minute after it was right, while an older write may come late',
      [{ rightAt: NOW - 25_000, doubtUntil: NOW }],
      10_000,
    ],
    ['not for a doubt that was over when it was right', [{ rightAt: NOW - 1, doubtUntil: NOW - 2 }], undefined],
    ['all at once', [WELL, { trouble: trouble(NOW - 1) }, { trouble: trouble(NOW - 25_000) }], 34_999],
    ['where the rebuild’s clock may be behind', [WELL, { trouble: trouble(NOW - 34_999) }], 1],
    ['not where this tick does', [WELL, { trouble: trouble(NOW - 35_000) }], undefined],
    ['not where a clock was wrong, since the tick does', [WELL, { trouble: trouble(NOW + 99 * MINUTE) }], undefined],
  ])('%s', (_, memories, inMs) => {
    expect(restIsOverAt(memories, NOW)).toBe(inMs === undefined ? undefined : NOW + inMs);
  });
});

describe('the tick asks for a rebuild', () => {
  const config = configOf({ acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'] } } });
  const settings = aclConfig(config, ACL);
  if (!settings) throw new Error('no such ACL');
  const RIGHT = { rightAt: NOW - MINUTE };
  const well: ZoneState = {
    zones: { nzo1: RIGHT, nzo2: RIGHT },
    ...{ confirmedPosition: 'p', configHash: configHash(config, settings), nextExpiry: NOW + 1 },
  };
  const why = (state: ZoneState, position: string | undefined = 'p') =>
    whyRebuild(state, settings, config, position, NOW);

  it('not for what has a timer that is still to come', () => {
    expect(why({ ...well, dueAt: NOW + 30_000 })).toBeUndefined();
  });

  it('not where all is well', () => {
    expect(why(well)).toBeUndefined();
    expect(why({ ...well, nextExpiry: 0 })).toBeUndefined();
  });

  it.each<[string, ZoneState, string?]>([
    ['something was left to do', { ...well, dueAt: NOW - 1 }],
    ['something was left to do', { ...well, dueAt: NOW + 999 * MINUTE }],
    ['something was left to do', { ...well, unfinished: true }],
    ['the last rebuild failed', { ...well, lastError: { code: 'OKTA001', detail: 'x', at: NOW, since: NOW } }],
    ['events are not in the zones yet', well, 'q'],
    ['a grant in the zones has expired', { ...well, nextExpiry: NOW }],
    ['the configuration is new', { ...well, configHash: 'other' }],
    ['zones are due for reading', { ...well, zones: { nzo1: RIGHT } }],
  ])('since %s', (reason, state, position = 'p') => {
    expect(why(state, position)).toBe(reason);
  });

  it('before the first event only to read the zones', () => {
    expect(whyRebuild({ zones: {} }, settings, config, undefined, NOW)).toBe('zones are due for reading');
    expect(whyRebuild({ zones: { nzo1: RIGHT, nzo2: RIGHT } }, settings, config, undefined, NOW)).toBeUndefined();
  });
});
