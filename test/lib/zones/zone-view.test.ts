import { describe, expect, it } from 'vitest';
import { CALL_TIMEOUT_MS } from '../../../lib/okta/call-timeout.ts';
import type { StoredZone } from '../../../lib/zones/zone-items.ts';
import type { ZoneMemory } from '../../../lib/zones/zone-state.ts';
import { isContradiction, isRecorded, isUsable, shown, viewOf, written } from '../../../lib/zones/zone-view.ts';

const [NOW, MINUTE] = [1_800_000_000_000, 60_000];
const [A, B, C] = ['198.18.0.2/32', '198.18.0.4/32', '198.18.0.6/32'];
const AT = NOW - 5_000;
/** Ours: from A and B to B and C. */
const record = { owner: 'lab', write: 7, at: AT, before: [A, B], after: [B, C] };
const trouble = { code: 'ZONE004', detail: 'x', at: NOW } as const;
const view = (stored: StoredZone, memory: ZoneMemory = {}, acl = 'lab') => viewOf('nzo1', stored, memory, acl, NOW);
const LATEST = CALL_TIMEOUT_MS + MINUTE;

describe('before Okta is asked, a zone', () => {
  it.each<[string, StoredZone, ZoneMemory, readonly string[] | undefined, boolean]>([
    ['is unknown where nothing is stored', 'none', { write: 7 }, undefined, true],
    ['is unknown where what is stored can’t be read', 'unreadable', { write: 7 }, undefined, true],
    ['has what Okta confirmed', record, { write: 7 }, [B, C], false],
    ['has what both lists hold where a write has no answer', record, { write: 6 }, [B], true],
    ['has what both lists hold where nothing is remembered', record, {}, [B], true],
    ['has the one list there is, where no write was begun', { ...record, before: [B, C] }, {}, [B, C], false],
    ['has what both lists hold where another ACL wrote it', { ...record, owner: 'old' }, { write: 7 }, [B], true],
    ['is read where another ACL left it as it is', { ...record, owner: 'old', before: [B, C] }, {}, [B, C], true],
  ])('%s', (_, stored, memory, has, unsure) => {
    expect(view(stored, memory)).toMatchObject({ has, unsure, doubted: false });
  });

  it.each<[string, StoredZone, ZoneMemory, number | undefined]>([
    ['no longer than it was', record, { write: 7, doubtUntil: NOW + 9 }, NOW + 9],
    ['not at all, where all is confirmed', record, { write: 7 }, undefined],
    ['for as long as the write may come late', record, {}, AT + LATEST],
    ['for the longest of both', record, { doubtUntil: AT + 3 * MINUTE }, AT + 3 * MINUTE],
    ['from now on, where it was another ACL that wrote', { ...record, owner: 'old' }, {}, NOW + LATEST],
    ['from now on, where what is stored can’t be read', 'unreadable', { write: 7 }, NOW + LATEST],
    ['not at all, where nobody has written it', 'none', {}, undefined],
  ])('is in doubt %s', (_, stored, memory, doubtUntil) => {
    expect(view(stored, memory).memory.doubtUntil).toBe(doubtUntil);
  });
});

describe('a plan may count on a zone', () => {
  it.each([
    ['whose list is known', view(record, { write: 7 }), true],
    ['of whose list only a part is known', view(record), true],
    ['but not on one of which nothing is known', view('none'), false],
    ['nor on one that can’t be used', view(record, { write: 7, trouble }), false],
    ['nor on one that another ACL may still write', { ...view(record, { write: 7 }), heldUntil: NOW + 1 }, false],
  ])('%s', (_, one, expected) => {
    expect(isUsable(one)).toBe(expected);
  });
});

describe('what Okta shows', () => {
  const UNKNOWN = view('none');
  const SURE = view(record, { write: 7 });
  const UNSURE = view(record, { write: 6 });
  it.each([
    ['is nobody’s fault where nothing is known', UNKNOWN, [C], false],
    ['is what was confirmed', SURE, [B, C], false],
    ['is not what was confirmed', SURE, [A, B], true],
    ['is one of both lists of a write: it took place', UNSURE, [B, C], false],
    ['is one of both lists of a write: it did not', UNSURE, [A, B], false],
    ['is neither', UNSURE, [B], true],
  ] as const)('%s', (_, before, list, contradicts) => {
    expect(isContradiction(before, list)).toBe(contradicts);
    const after = shown(before, list, NOW);
    expect(after).toMatchObject({ has: list, unsure: false, doubted: contradicts, seenAt: NOW });
  });

  it('confirms the write that it shows, and no other', () => {
    expect(shown(UNSURE, [B, C], NOW).memory.write).toBe(7);
    expect(shown(UNSURE, [A, B], NOW).memory.write).toBe(6);
    expect(shown(UNSURE, [B], NOW).memory.write).toBe(6);
  });

  it('puts the zone in doubt for a minute where it contradicts, and is blamed on somebody once', () => {
    const after = shown(SURE, [A], NOW);
    expect(after.memory.doubtUntil).toBe(NOW + MINUTE);
    expect(isContradiction(after, [A])).toBe(false);
    expect(isContradiction(after, [B])).toBe(true);
  });

  it('leaves a doubt that a write without an answer has left', () => {
    expect(shown(UNSURE, [A, B], NOW).memory.doubtUntil).toBe(AT + LATEST);
  });

  it('does not confirm a write by a list that was in doubt already, though it is the right one', () => {
    // Somebody put it right by hand, or an old answer came: it is written all the same.
    const doubted = shown(SURE, [A], NOW);
    expect(shown(doubted, [B, C], NOW).doubted).toBe(true);
  });

  it('ends the zone’s trouble', () => {
    expect(isUsable(shown(view(record, { write: 7, trouble }), [B, C], NOW))).toBe(true);
  });
});

describe('a write that Okta has confirmed', () => {
  it('is all that is known from then on: its list, its number, no doubt about either', () => {
    const next = { ...record, write: 8, before: [A], after: [B] };
    const after = written(shown(view(record, { write: 7 }), [A], NOW), next, NOW + 1);
    expect(after).toMatchObject({ has: [B], unsure: false, doubted: false, seenAt: NOW + 1, memory: { write: 8 } });
    expect(isContradiction(after, [B])).toBe(false);
    expect(isContradiction(after, [A])).toBe(true);
    expect(isRecorded(after, 'lab')).toBe(true);
  });
});

describe('what is stored says which list a zone has', () => {
  it.each([
    ['where it was confirmed', view(record, { write: 7 }), true],
    ['not where nothing is stored', shown(view('none'), [A], NOW), false],
    ['not where it can’t be read', shown(view('unreadable'), [A], NOW), false],
    ['not where a write has no answer', view(record), false],
    ['once Okta has shown that it took place', shown(view(record), [B, C], NOW), true],
    ['not where Okta has shown that it did not', shown(view(record), [A, B], NOW), false],
    ['not where Okta shows another', shown(view(record, { write: 7 }), [A], NOW), false],
    ['not where it is another ACL’s', shown(view({ ...record, owner: 'old' }), [B, C], NOW), false],
  ])('%s', (_, one, expected) => {
    expect(isRecorded(one, 'lab')).toBe(expected);
  });
});
