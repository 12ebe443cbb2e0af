import { beforeEach, describe, expect, it } from 'vitest';
import { handleTimer, tick } from '../../../lib/expiry/expire-grants.ts';
import { GrantBook } from '../../../lib/grants/grant-book.ts';
import { ITEM, TABLE } from '../../../lib/names.ts';
import type { Item } from '../../../lib/ports.ts';
import { parseTimer } from '../../../lib/timer-message.ts';
import { ACL, configOf, granted, NOW } from '../../helpers/events.ts';
import { ZoneWorld } from '../../helpers/zone-world.ts';

const [ALICE, BOB, CAROL] = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
let world: ZoneWorld;
beforeEach(() => {
  world = new ZoneWorld();
});
const grant = (ip: string, ms: number, more = {}) => granted(ip, 0, { expiresAt: NOW + ms, ...more });
const timer = (ms: number, kind: 'expiry' | 'rebuild' = 'expiry') => ({ kind, acl: ACL, at: NOW + ms });

describe('the minute tick', () => {
  it('ends what is due, at the very millisecond, and nothing that is not', async () => {
    await world.apply(grant(ALICE, -60_000), grant(BOB, 0), grant(CAROL, 1));
    await tick(world.deps);
    expect(await world.grants()).toEqual([CAROL]);
  });

  it('ends one of two grants on an IP and leaves the other', async () => {
    await world.apply(grant(ALICE, 0, { grantId: 'short' }), grant(ALICE, 60_000, { grantId: 'long' }));
    await tick(world.deps);
    expect((await world.deps.grants.live(ACL, NOW)).map(({ grantId }) => grantId)).toEqual(['long']);
  });

  it('leaves a grant that is extended while it looks', async () => {
    class Extending extends GrantBook {
      override async end(rows: readonly Item[], now: number) {
        await world.apply(granted(ALICE, 1, { expiresAt: NOW + 60_000 }));
        return super.end(rows, now);
      }
    }
    await world.apply(grant(ALICE, 0), grant(BOB, 0));
    await tick({ ...world.deps, grants: new Extending(world.table, world.deps.config, world.deps.telemetry) });
    expect(await world.grants()).toEqual([ALICE]);
  });

  it('ends what is no grant, too, once it is due, and goes on with the others', async () => {
    await world.apply(grant(ALICE, 0), grant(BOB, 60_000));
    const put = (item: string, rest: object) => world.table.write([{ put: { acl: ACL, item, ...rest } }]);
    await put(`${ITEM.grant}0.0.0.0/0#`, { ip: '0.0.0.0/0', [TABLE.expiryAttribute]: NOW });
    await put(`${ITEM.grant}nobody#`, { ip: 7, user: { deep: 1 }, [TABLE.expiryAttribute]: -5 });
    await put(`${ITEM.grant}later#`, { ip: 'later', [TABLE.expiryAttribute]: NOW + 30_000 });
    await tick(world.deps);
    expect(await world.grants()).toEqual([BOB, 'later']);
    expect(world.armed()).toContainEqual(['expiry', 30_000, 30]);
  });

  it('ends any number', async () => {
    for (let i = 0; i < 250; i += 1) await world.apply(grant(`198.51.0.${i}`, -i));
    await tick(world.deps);
    expect(await world.grants()).toEqual([]);
  });

  it('arms one timer for each second in which something falls due before the next tick can come', async () => {
    const due = [1, 999, 1_000, 1_001, 59_500, 60_000, 119_999, 120_000];
    for (const [i, ms] of due.entries()) await world.apply(grant(`198.51.0.${i}`, ms));
    await world.apply(grant(ALICE, 120_001), grant(BOB, 3_600_000));
    await tick(world.deps);
    expect(world.armed()).toEqual([
      ['expiry', 1_000, 1],
      ['expiry', 2_000, 2],
      ['expiry', 60_000, 60],
      ['expiry', 120_000, 120],
    ]);
  });

  it('arms no second again, but one that has come since; another process arms all', async () => {
    const due = [90_000, 105_000, 106_000, 150_000];
    for (const [i, ms] of due.entries()) await world.apply(grant(`198.51.0.${i}`, ms));
    await tick(world.deps);
    await world.clock.advance(60_000);
    await world.apply(grant('198.51.0.9', 110_000));
    const armed = async (deps: Partial<typeof world.deps> = {}) => {
      world.timers.length = 0;
      await tick({ ...world.deps, ...deps });
      return world.timers.map(({ body }) => (parseTimer(body)?.at ?? 0) - NOW);
    };
    expect(await armed()).toEqual([110_000, 150_000]);
    expect(await armed()).toEqual([]);
    expect((await armed({ armed: new Map() })).sort((a, b) => a - b)).toEqual([
      90_000, 105_000, 106_000, 110_000, 150_000,
    ]);
  });

  it('arms with the next tick what it could not arm with this one', async () => {
    await world.apply(grant(ALICE, 90_000));
    const timers = { send: () => Promise.reject(new Error('the queue does not answer')) };
    await expect(tick({ ...world.deps, timers })).rejects.toThrow(/1 ACL/);
    await world.clock.advance(60_000);
    await tick(world.deps);
    expect(world.armed()).toEqual([['expiry', 90_000, 30]]);
  });

  it('sends nothing where nothing falls due', async () => {
    await world.apply(grant(ALICE, 3_600_000));
    await tick(world.deps);
    expect(world.timers).toEqual([]);
  });

  it('looks after every ACL, also where one of them fails, and then says that it failed', async () => {
    const acls = { broken: { zoneIds: ['nzo2'] }, [ACL]: { zoneIds: ['nzo1'] }, last: { zoneIds: ['nzo3'] } };
    class HalfBroken extends GrantBook {
      override async between(acl: string, after: number, upTo: number) {
        if (acl === 'broken') throw new Error('this partition does not answer');
        return super.between(acl, after, upTo);
      }
    }
    world = new ZoneWorld({ config: configOf({ acls }) });
    await world.apply(grant(ALICE, 0), grant(BOB, 0, { acl: 'last' }), grant(CAROL, 0, { acl: 'broken' }));
    const deps = { ...world.deps, grants: new HalfBroken(world.table, world.deps.config, world.deps.telemetry) };
    await expect(tick(deps)).rejects.toThrow(/1 ACL/);
    expect([await world.grants(), await world.grants('last'), await world.grants('broken')]).toEqual([[], [], [CAROL]]);
    expect(world.lines.filter(({ code }) => code !== undefined)).toMatchObject([{ code: 'STORE001', acl: 'broken' }]);
  });
});

describe('a timer', () => {
  it('ends what is due in its ACL, at the very millisecond, and wakes the zone function afterwards', async () => {
    await world.apply(grant(ALICE, 0), grant(BOB, 1), grant(CAROL, 0, { acl: 'other' }));
    world.changes.length = 0;
    await handleTimer(timer(0), world.deps);
    expect([await world.grants(), await world.grants('other')]).toEqual([[BOB], [CAROL]]);
    expect(world.changes.map(({ eventName, key }) => [eventName, key.acl, key.item])).toEqual([
      ['MODIFY', ACL, expect.stringContaining(ALICE)],
      ['REMOVE', ACL, expect.stringContaining(ALICE)],
      ['MODIFY', ACL, ITEM.wake],
    ]);
  });

  it('wakes nobody where nothing is due any more', async () => {
    await world.apply(grant(BOB, 1));
    world.changes.length = 0;
    await handleTimer(timer(0), world.deps);
    expect(world.changes).toEqual([]);
  });

  it('that comes early is armed again for what is left, and ends nothing', async () => {
    await world.apply(grant(ALICE, 900));
    await handleTimer(timer(900), world.deps);
    expect(world.armed()).toEqual([['expiry', 900, 1]]);
    expect(await world.grants()).toEqual([ALICE]);
  });

  it('for further ahead than SQS can delay is armed again and again', async () => {
    await handleTimer(timer(2_000_000), world.deps);
    await world.clock.advance(900_000);
    await handleTimer(timer(2_000_000), world.deps);
    await world.clock.advance(900_000);
    await handleTimer(timer(2_000_000), world.deps);
    expect(world.armed()).toEqual([
      ['expiry', 2_000_000, 900],
      ['expiry', 2_000_000, 900],
      ['expiry', 2_000_000, 200],
    ]);
  });

  it('that comes late, or twice, does no harm', async () => {
    await world.apply(grant(ALICE, 0), grant(BOB, 60_000));
    await world.clock.advance(30_000);
    for (const _ of [1, 2]) await handleTimer(timer(0), world.deps);
    expect(await world.grants()).toEqual([BOB]);
  });

  it('leaves a grant that was extended since it was armed', async () => {
    await world.apply(grant(ALICE, 0), granted(ALICE, 1, { expiresAt: NOW + 60_000 }));
    await handleTimer(timer(0), world.deps);
    expect(await world.grants()).toEqual([ALICE]);
  });

  it('for a rebuild asks for it through the table, and not before its time', async () => {
    await handleTimer(timer(5_000, 'rebuild'), world.deps);
    expect(world.changes).toEqual([]);
    expect(world.armed()).toEqual([['rebuild', 5_000, 5]]);
    await world.clock.advance(5_000);
    await handleTimer(timer(5_000, 'rebuild'), world.deps);
    expect(world.changes).toMatchObject([{ key: { acl: ACL, item: ITEM.wake } }]);
  });

  it('rejects where the table fails, so that it comes again, and says STORE001', async () => {
    world.table.unreachable = true;
    await expect(handleTimer(timer(0), world.deps)).rejects.toThrow();
    expect(world.lines.flatMap(({ code }) => code ?? [])).toEqual(['STORE001']);
  });
});

describe('two ticks as far apart as they can be', () => {
  it('leave no grant without a timer: what falls due between them was armed by the first', async () => {
    for (let ms = 1; ms <= 119_999; ms += 7_777) {
      world = new ZoneWorld();
      await world.apply(grant(ALICE, ms));
      await tick(world.deps);
      const [armed] = world.timers;
      expect([ms, armed?.delaySeconds]).toEqual([ms, Math.ceil(ms / 1000)]);
    }
  });
});
