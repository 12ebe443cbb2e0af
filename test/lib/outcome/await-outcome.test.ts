import { beforeEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../lib/error-codes.ts';
import type { GrantBook } from '../../../lib/grants/grant-book.ts';
import type { QueuedEvent } from '../../../lib/grants/queue-message.ts';
import { ITEM } from '../../../lib/names.ts';
import { awaitOutcome } from '../../../lib/outcome/await-outcome.ts';
import { type ZoneState, ZoneStates } from '../../../lib/zones/zone-state.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { VirtualClock } from '../../../local/stand-ins/virtual-clock.ts';
import { ACL, bookOf, flushed, granted, NOW, positionAt, revoked } from '../../helpers/events.ts';

const ALICE = '203.0.113.1';
let clock: VirtualClock;
let table: MemoryTable;
let grants: GrantBook;
let applied: number;
beforeEach(() => {
  clock = new VirtualClock(NOW);
  table = new MemoryTable();
  grants = bookOf(table);
  applied = 0;
});
const apply = async (...events: readonly QueuedEvent[]) => {
  for (const event of events) {
    applied += 1;
    await grants.apply(event, positionAt(applied), NOW);
  }
};
const zonesAre = (state: ZoneState) => table.write([{ put: { acl: ACL, item: ITEM.zone, ...state } }]);
const confirmed = (upTo = applied) => ({ confirmedPosition: positionAt(upTo) });
const failed = (code: ErrorCode, upTo = applied) => ({
  ...{ lastError: { code, at: NOW, detail: 'so it is' }, failedPosition: positionAt(upTo) },
});
const wait = (event: QueuedEvent, seconds = 20) =>
  clock.finish(awaitOutcome(event, NOW + seconds * 1000, { clock: clock, grants, states: new ZoneStates(table) }));

describe('the outcome of an event', () => {
  it.each([
    ['a grant', granted(ALICE, 1)],
    ['a revoke', revoked(ALICE, 1)],
    ['a flush', flushed(1)],
  ])('is that it is applied once Okta has confirmed it: %s', async (_, event) => {
    await apply(event);
    await zonesAre(confirmed());
    expect(await wait(event)).toEqual({ status: 'applied' });
    expect(clock.now()).toBe(NOW);
  });

  it('is open while it is not applied, or not confirmed, until the time is up and not longer', async () => {
    const [before, grant] = [granted('203.0.113.2', 0), granted(ALICE, 1)];
    await apply(before);
    await zonesAre(confirmed());
    expect(await wait(grant, 5)).toEqual({ status: 'pending' });
    await apply(grant);
    clock = new VirtualClock(NOW);
    expect(await wait(grant, 5)).toEqual({ status: 'pending' });
    expect(clock.now()).toBeLessThanOrEqual(NOW + 5_000);
    expect(clock.now()).toBeGreaterThan(NOW + 2_000);
  });

  it('is looked at once also where there is no time at all', async () => {
    const grant = granted(ALICE, 1);
    expect(await wait(grant, 0)).toEqual({ status: 'pending' });
    await apply(grant);
    await zonesAre(confirmed());
    expect(await wait(grant, 0)).toEqual({ status: 'applied' });
    expect(clock.now()).toBe(NOW);
  });

  it('is seen within two seconds of its coming', async () => {
    const grant = granted(ALICE, 1);
    await apply(grant);
    clock.after(9_000, () => void zonesAre(confirmed()));
    expect(await wait(grant)).toEqual({ status: 'applied' });
    expect(clock.now()).toBeGreaterThanOrEqual(NOW + 9_000);
    expect(clock.now()).toBeLessThanOrEqual(NOW + 11_000);
  });

  it('is looked for soon at first, then ever more rarely, and every two seconds in the end', async () => {
    const pauses: number[] = [];
    const watched = {
      now: () => clock.now(),
      sleep: (ms: number) => {
        pauses.push(ms);
        return clock.sleep(ms);
      },
    };
    const deps = { clock: watched, grants, states: new ZoneStates(table) };
    await clock.finish(awaitOutcome(granted(ALICE, 1), NOW + 11_000, deps));
    expect(pauses).toEqual([300, 450, 675, 1_012.5, 1_518.75, 2_000, 2_000, 2_000]);
  });

  it('is looked at for the last time when the time is just up', async () => {
    const grant = granted(ALICE, 1);
    await apply(grant);
    clock.after(290, () => void zonesAre(confirmed()));
    expect(await wait(grant, 0.3)).toEqual({ status: 'applied' });
    expect(clock.now()).toBe(NOW + 300);
  });

  it('is that of the event first seen, for an id that came before', async () => {
    const grant = granted(ALICE, 1);
    await apply(grant);
    await zonesAre(confirmed());
    await apply(grant);
    expect(await wait(grant)).toEqual({ status: 'applied' });
  });
});

describe('a zone that could not be updated', () => {
  it.each(['OKTA001', 'OKTA002', 'ZONE001', 'ZONE002', 'ZONE004', 'ZONE006'] as const)(
    'is said at once where a person must mend it: %s',
    async (code) => {
      const grant = granted(ALICE, 1);
      await apply(grant);
      await zonesAre(failed(code));
      expect(await wait(grant)).toEqual({ status: 'failed', code, detail: 'so it is' });
      expect(clock.now()).toBe(NOW);
    },
  );

  it.each(['ZONE003', 'OKTA005'] as const)(
    'is waited out where it passes, and said when the time is up: %s',
    async (code) => {
      const grant = granted(ALICE, 1);
      await apply(grant);
      await zonesAre(failed(code));
      expect(await wait(grant, 5)).toMatchObject({ status: 'failed', code });
      expect(clock.now()).toBeGreaterThan(NOW + 2_000);
      clock = new VirtualClock(NOW);
      clock.after(4_000, () => void zonesAre(confirmed()));
      expect(await wait(grant)).toEqual({ status: 'applied' });
    },
  );

  it('before the event was read says nothing of the event', async () => {
    const [before, grant] = [granted('203.0.113.2', 0), granted(ALICE, 1)];
    await apply(before, grant);
    await zonesAre(failed('OKTA001', 1));
    expect(await wait(grant, 3)).toEqual({ status: 'pending' });
    expect(await wait(before, 3)).toMatchObject({ status: 'failed' });
  });

  it('and was put right since is no failure', async () => {
    const grant = granted(ALICE, 1);
    await apply(grant);
    await zonesAre({ ...failed('OKTA001'), ...confirmed() });
    expect(await wait(grant)).toEqual({ status: 'applied' });
  });

  it('because it is full is ZONE005 for who waits, and for nobody else', async () => {
    const [inside, outside, gone] = [granted('203.0.113.2', 0), granted(ALICE, 1), revoked('203.0.113.3', 2)];
    await apply(inside, outside, gone);
    await zonesAre({ ...confirmed(), ...failed('ZONE005', 0), waiting: [ALICE] });
    expect(await wait(outside)).toMatchObject({
      ...{ status: 'failed', code: 'ZONE005', detail: expect.stringContaining('full') },
    });
    expect(await wait(inside)).toEqual({ status: 'applied' });
    expect(await wait(gone)).toEqual({ status: 'applied' });
  });
});

describe('more that wait than are kept by name', () => {
  it('is ZONE005 for whoever is in no list, and for nobody else', async () => {
    const [inside, coming, outside] = ['203.0.113.2', '203.0.113.3', ALICE].map((ip, i) => granted(ip, i)) as [
      QueuedEvent,
      QueuedEvent,
      QueuedEvent,
    ];
    await apply(inside, coming, outside);
    const change = {
      written: ['203.0.113.2/32'],
      removed: ['203.0.113.2/32'],
      added: ['203.0.113.2/31'],
      write: 1,
      at: NOW,
    };
    await table.write([{ put: { acl: ACL, item: `${ITEM.list}nzo1`, ...change } }]);
    await zonesAre({ ...confirmed(), ...failed('ZONE005', 0), waiting: ['203.0.113.9'], waitingCount: 2 });
    expect(await wait(outside)).toMatchObject({ status: 'failed', code: 'ZONE005' });
    expect(await wait(inside)).toEqual({ status: 'applied' });
    expect(await wait(coming)).toEqual({ status: 'applied' });
  });
});

describe('an event that a later one overtook', () => {
  it('is applied, with the word that it changed nothing, once the later one is confirmed', async () => {
    const [late, earlier] = [revoked(ALICE, 5), granted(ALICE, 1)];
    await apply(late, earlier);
    await zonesAre(confirmed(1));
    expect(await wait(earlier, 1)).toEqual({ status: 'pending' });
    await zonesAre(confirmed());
    expect(await wait(earlier)).toMatchObject({ status: 'applied', overtakenBy: expect.any(String) });
  });

  it('after it was applied is told so as well: a grant that is gone is not called in', async () => {
    const [grant, revoke] = [granted(ALICE, 1), revoked(ALICE, 2)];
    await apply(grant, revoke);
    await zonesAre(confirmed());
    expect(await wait(grant)).toMatchObject({ status: 'applied', overtakenBy: expect.stringContaining('expiry') });
  });

  it('is told by what, where it is the end of a grant that was made anew', async () => {
    const [later, earlier] = [granted(ALICE, 5, { grantId: 'g' }), revoked(ALICE, 1, { grantId: 'g' })];
    await apply(later, earlier);
    await zonesAre(confirmed());
    expect(await wait(earlier)).toEqual({ status: 'applied', overtakenBy: 'a later event on the same grant' });
  });

  it('counts as in where a later grant keeps the person in', async () => {
    const [later, earlier] = [granted(ALICE, 5), granted(ALICE, 1)];
    await apply(later, earlier);
    await zonesAre(confirmed());
    expect(await wait(earlier)).toEqual({ status: 'applied', overtakenBy: 'a later grant' });
  });
});
