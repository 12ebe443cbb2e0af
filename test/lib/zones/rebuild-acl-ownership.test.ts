import { beforeEach, describe, expect, it } from 'vitest';
import { AUDIT, ZONE_ITEM, ZONE_PARTITION } from '../../../lib/names.ts';
import { configHash } from '../../../lib/zones/config-hash.ts';
import { rebuildAcl } from '../../../lib/zones/rebuild-acl.ts';
import { ACL, configOf, flushed, granted, positionAt, revoked } from '../../helpers/events.ts';
import { RUN_MS, ZoneWorld } from '../../helpers/zone-world.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.9'];
const SENTINEL = '192.0.2.0/32';
const SETTINGS = { acls: { [ACL]: { zoneIds: ['nzo1'] } } };
let world: ZoneWorld;

describe('a zone that moves from one ACL to another', () => {
  const BEFORE = { acls: { old: { zoneIds: ['nzo1'] }, new: { zoneIds: ['nzo2'] } } };
  const AFTER = { acls: { new: { zoneIds: ['nzo1', 'nzo2'] } } };
  const rebuildOf = (acl: string, deps = world.deps) => rebuildAcl(acl, deps, world.clock.now() + RUN_MS);
  const zoneOf = (acl: string) => world.callList().filter((call) => call.endsWith(acl));
  beforeEach(async () => {
    world = new ZoneWorld({ config: configOf(BEFORE) });
    await world.apply(granted(ALICE, 0, { acl: 'old' }), granted(BOB, 0, { acl: 'new' }));
    await world.rebuild('old');
    await world.rebuild('new');
    await world.clock.advance(10_000);
    world.okta.clearRequests();
  });

  it('is taken over without asking anybody: who is in it by the old ACL goes, and it is said which list was there', async () => {
    world.deploy(AFTER);
    await world.rebuild('new');
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([[SENTINEL], [`${BOB}/32`]]);
    expect(world.codes()).toEqual([]);
    expect(
      world.lines.filter(({ zoneId, message }) => zoneId === 'nzo1' && message === 'zone updated').at(-1),
    ).toMatchObject({
      ...{ acl: 'new', removed: [`${ALICE}/32`], cause: 'configuration' },
    });
  });

  it('is taken back at once where the deploy is: the old ACL is woken, though its configuration is as it was', async () => {
    const before = world.deps;
    world.deploy(AFTER);
    expect(await world.asks(() => world.rebuild('new'), 'old')).toBe(true);
    expect(world.gateways('nzo1')).toEqual([SENTINEL]);
    await world.rebuild('old', before);
    expect(world.gateways('nzo1')).toEqual([`${ALICE}/32`]);
    expect(world.codes()).toEqual([]);
  });

  it('wakes the old ACL once, and no ACL where nothing changes hands', async () => {
    world.deploy(AFTER);
    await world.rebuild('new');
    await world.apply(granted('203.0.113.20', 1, { acl: 'new' }));
    expect(await world.asks(() => world.rebuild('new'), 'old')).toBe(false);
  });

  it('waits for the old ACL’s lease, while the other zones go on', async () => {
    const old = world.deps;
    world.latencyMs = 1_000;
    await world.apply(granted('203.0.113.20', 1, { acl: 'old' }), revoked(BOB, 1, { acl: 'new' }));
    const first = rebuildOf('old', old);
    await world.clock.advance(500);
    world.deploy(AFTER);
    await world.rebuild('new');
    expect(zoneOf('nzo1')).toEqual(['GET nzo1', 'PUT nzo1']);
    expect(world.gateways('nzo2')).toEqual([SENTINEL]);
    expect(world.confirmed()).not.toContain(positionAt(4));
    await world.clock.finish(first);
    await world.timersGoOff();
    expect(world.gateways('nzo1')).toEqual([SENTINEL]);
    expect(world.okta.requests().filter(({ overlapping }) => overlapping)).toEqual([]);
    expect(world.confirmed()).toContain(positionAt(4));
  });

  it('is not waited for long where both ACLs have changed zones and rebuild at once', async () => {
    const SWAPPED = { acls: { old: { zoneIds: ['nzo2'] }, new: { zoneIds: ['nzo1'] } } };
    world.deploy(SWAPPED);
    // Each finds the other at work: as if both had taken their leases at the same moment.
    const began = world.clock.now();
    const { states } = world.deps;
    await states.take('old', 'somebody', began, began + RUN_MS);
    await world.rebuild('new');
    expect(world.gateways('nzo1')).toEqual([`${ALICE}/32`]);
    await states.release('old', 'somebody', (await states.peek('old', began)).state);
    await world.timersGoOff();
    expect(world.gateways('nzo1')).toEqual([`${BOB}/32`]);
    expect(world.clock.now() - began).toBeLessThan(RUN_MS / 2);
  });

  it('is not waited for where the old ACL is at work without a pause, but knows that the zone is another’s', async () => {
    const later = { acls: { old: { zoneIds: ['nzo3'] }, new: { zoneIds: ['nzo1', 'nzo2'] } } };
    world.deploy(later);
    const now = world.clock.now();
    const held = (settings: typeof BEFORE) => {
      const config = configOf(settings);
      const old = config.acls.old;
      return world.deps.states.take('old', 'busy', now, now + RUN_MS, old && configHash(config, old));
    };
    await held(BEFORE);
    await world.rebuild('new');
    expect(world.gateways('nzo1')).toEqual([`${ALICE}/32`]);
    await world.deps.states.release('old', 'busy', (await world.deps.states.peek('old', now)).state);
    await held(later);
    await world.rebuild('new');
    expect(world.gateways('nzo1')).toEqual([SENTINEL]);
  });

  it('is written by no old run afterwards: that finds the zone’s item changed', async () => {
    await world.apply(granted('203.0.113.20', 1, { acl: 'old' }));
    const goOn = world.holdUp('GET nzo1', 'onAnswer');
    const frozen = rebuildOf('old');
    await world.clock.advance(RUN_MS + 6_000);
    world.deploy(AFTER);
    await world.rebuild('new');
    expect(world.gateways('nzo1')).toEqual([SENTINEL]);
    const puts = world.calls('PUT');
    goOn();
    await world.clock.finish(frozen.catch(() => {}));
    expect(world.calls('PUT')).toBe(puts);
    expect(world.gateways('nzo1')).toEqual([SENTINEL]);
    expect(world.codes()).toEqual([]);
  });

  describe('and of which nothing that is stored can be read', () => {
    const CAROL = '203.0.113.20';
    const SWAPPED = { acls: { old: { zoneIds: ['nzo2'] }, new: { zoneIds: ['nzo1'] } } };
    const spoil = () =>
      world.table.write([{ update: { acl: `${ZONE_PARTITION}nzo1`, item: ZONE_ITEM.list }, set: { before: 'x' } }]);
    const overlapping = () => world.okta.requests().filter((request) => request.overlapping);

    it('is not written while a run of the ACL that had it is at work, whichever that was', async () => {
      const old = world.deps;
      await world.apply(granted(CAROL, 1, { acl: 'old' }));
      const goesOn = world.holdUp('PUT nzo1', 'onCall');
      const first = rebuildOf('old', old);
      await world.clock.advance(500);
      await spoil();
      world.deploy(SWAPPED);
      await world.rebuild('new');
      expect(world.calls('PUT', 'nzo1')).toBe(0);
      goesOn();
      await world.clock.finish(first);
      await world.timersGoOff();
      expect([world.gateways('nzo1'), overlapping()]).toEqual([[`${BOB}/32`], []]);
      expect(new Set(world.codes())).toEqual(new Set(['STORE002']));
    });

    it('is written at once where the other ACLs are at work without a pause, but know whose it is', async () => {
      const three = { acls: { new: { zoneIds: ['nzo1'] }, old: { zoneIds: ['nzo2'] }, third: { zoneIds: ['nzo3'] } } };
      await spoil();
      world.deploy(three);
      const [config, now] = [configOf(three), world.clock.now()];
      for (const acl of ['old', 'third']) {
        const settings = config.acls[acl];
        await world.deps.states.take(acl, 'busy', now, now + RUN_MS, settings && configHash(config, settings));
      }
      await world.rebuild('new');
      expect([world.gateways('nzo1'), world.codes()]).toEqual([[`${BOB}/32`], ['STORE002']]);
    });

    it('is written by one of two runs that both found it so', async () => {
      // A new process, which remembers nothing of the zone.
      world.deploy(BEFORE);
      const old = world.deps;
      await world.apply(granted(CAROL, 1, { acl: 'old' }));
      await spoil();
      const goesOn = world.holdUp('GET nzo1', 'onAnswer');
      const frozen = rebuildOf('old', old);
      await world.clock.advance(500);
      // That the old ACL is at work, nobody knows any more.
      world.deploy({ acls: { new: { zoneIds: ['nzo1'] } } });
      await world.rebuild('new');
      expect(world.gateways('nzo1')).toEqual([`${BOB}/32`]);
      const puts = world.calls('PUT', 'nzo1');
      goesOn();
      await world.clock.finish(frozen.catch(() => {}));
      expect([world.calls('PUT', 'nzo1'), world.gateways('nzo1')]).toEqual([puts, [`${BOB}/32`]]);
    });
  });

  describe('is audited without a gap', () => {
    const CAROL = '203.0.113.20';
    const linesOf = (zoneId: string) =>
      world.lines.flatMap(({ action, zoneId: of, acl, cause, added, removed }) =>
        action === AUDIT.zoneUpdated && of === zoneId ? [{ acl, cause, added, removed }] : [],
      );
    const carols = { acl: 'old', added: [`${CAROL}/32`], removed: [] };
    /** The old ACL’s run dies with a write that Okta has carried out. */
    const dies = async () => {
      await world.apply(granted(CAROL, 1, { acl: 'old' }));
      world.holdUp('PUT nzo1', 'onAnswer');
      void rebuildOf('old');
      await world.clock.advance(RUN_MS + 6_000);
      world.lines.length = 0;
    };

    it('by the new ACL, which finds what a run of the old one could not tell any more', async () => {
      await dies();
      world.deploy(AFTER);
      await world.rebuild('new');
      expect(linesOf('nzo1')).toMatchObject([
        { ...carols, cause: 'repair' },
        { acl: 'new', added: [SENTINEL], removed: [`${ALICE}/32`, `${CAROL}/32`] },
      ]);
    });

    it('by the new ACL once, before its first event too', async () => {
      await dies();
      world.deploy({ acls: { unused: { zoneIds: ['nzo1'] }, new: { zoneIds: ['nzo2'] } } });
      await world.rebuild('unused');
      await world.clock.advance(300_000);
      await world.rebuild('unused');
      expect([linesOf('nzo1').length, world.calls('PUT', 'nzo1')]).toEqual([1, 1]);
      expect(linesOf('nzo1')).toMatchObject([carols]);
    });

    it('not twice, where the old ACL has told of it and has rebuilt its other zones since', async () => {
      const BOTH = { acls: { old: { zoneIds: ['nzo1', 'nzo3'] }, new: { zoneIds: ['nzo2'] } } };
      world.okta.seedZone('nzo3', { gateways: [SENTINEL] });
      world.deploy(BOTH);
      await world.rebuild('old');
      expect(linesOf('nzo1')).toHaveLength(1);
      world.deploy({ acls: { old: { zoneIds: ['nzo3'] }, new: { zoneIds: ['nzo2', 'nzo1'] } } });
      await world.rebuild('old');
      await world.rebuild('new');
      expect(linesOf('nzo1').map(({ acl }) => acl)).toEqual(['old', 'new']);
    });
  });

  it('is put right where an update of an old run arrives late: it is read each minute for two minutes', async () => {
    await world.apply(granted('203.0.113.20', 1, { acl: 'old' }));
    const arrives = world.holdUp('PUT nzo1', 'onCall');
    const late = rebuildOf('old');
    await world.clock.advance(RUN_MS + 6_000);
    world.deploy(AFTER);
    await world.rebuild('new');
    await world.minute('new');
    arrives();
    await world.clock.finish(late.catch(() => {}));
    expect(world.gateways('nzo1')).not.toEqual([SENTINEL]);
    expect(await world.minute('new')).toBe(true);
    expect(world.gateways('nzo1')).toEqual([SENTINEL]);
    expect(world.codes()).toEqual(['ZONE007']);
  });
});

describe('a change of the configuration', () => {
  it('is written at once, and each zone of the ACL is read each minute for two minutes', async () => {
    world = new ZoneWorld({ config: configOf({ acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'] } } }) });
    await world.apply(granted(ALICE, 0));
    await world.rebuild();
    await world.clock.advance(10_000);
    world.deploy({ acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'], alwaysAllow: ['198.51.100.0/24'] } } });
    const reads: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      world.okta.clearRequests();
      await world.minute();
      reads.push(world.calls('GET'));
    }
    expect(world.gateways()).toEqual(['198.51.100.0/24', `${ALICE}/32`]);
    expect(reads).toEqual([2, 2, 2, 2, 0, 0]);
  });
});

describe('a zone that holds entries of somebody else', () => {
  const THEIRS = ['8.8.8.0/24', '9.9.9.9/32'];
  beforeEach(async () => {
    world = new ZoneWorld({ config: configOf(SETTINGS) });
    world.okta.editZone('nzo1', { gateways: THEIRS });
  });
  const adopt = (seen: readonly string[]) =>
    world.deps.states.items.allowAdoption('nzo1', ACL, seen, world.clock.now());

  it.each([
    ['a grant', granted(ALICE, 0)],
    ['a revoke', revoked(ALICE, 0)],
    ['a flush', flushed(0)],
  ])('is not written with the first event: ZONE008, each minute: %s', async (_, event) => {
    await world.apply(event);
    await world.rebuild();
    await world.minute();
    expect(world.codes()).toEqual(['ZONE008', 'ZONE008']);
    expect(world.lines.find(({ code }) => code === 'ZONE008')).toMatchObject({
      ...{ acl: ACL, zoneId: 'nzo1', detail: expect.stringContaining('2 entries') },
    });
    expect([world.calls('PUT'), world.gateways()]).toEqual([0, THEIRS]);
  });

  it('is told to whoever waits for an event', async () => {
    const event = granted(ALICE, 0);
    await world.apply(event);
    await world.rebuild();
    expect(await world.outcome(event)).toMatchObject({ status: 'failed', code: 'ZONE008' });
  });

  it('is taken over within the minute once a person has allowed the list that they saw, and said whole', async () => {
    await world.apply(granted(ALICE, 0));
    await world.rebuild();
    await adopt(THEIRS);
    await world.minute();
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
    expect(world.confirmed().at(-1)).toBe(positionAt(1));
    expect(world.lines.filter(({ removedInAll }) => removedInAll !== undefined)).toMatchObject([
      { level: 'WARN', acl: ACL, zoneId: 'nzo1', removedInAll: 2, removed: THEIRS },
    ]);
    expect(world.codes()).toEqual(['ZONE008']);
  });

  it('is not, where its list has changed since a person saw it', async () => {
    await world.apply(granted(ALICE, 0));
    await adopt(THEIRS);
    world.okta.editZone('nzo1', { addGateways: ['1.1.1.1'] });
    await world.rebuild();
    expect(world.codes()).toEqual(['ZONE008']);
    expect(world.lines.find(({ code }) => code === 'ZONE008')?.detail).toContain('changed');
    expect(world.calls('PUT')).toBe(0);
  });

  it('is not, where the run that was allowed to died before its write, and the list has changed since', async () => {
    await world.apply(granted(ALICE, 0));
    await adopt(THEIRS);
    world.holdUp('PUT nzo1', 'onCall');
    void rebuildAcl(ACL, world.deps, world.clock.now() + RUN_MS);
    await world.clock.advance(RUN_MS + 6_000);
    const changed = [...THEIRS, '1.1.1.1/32'].sort();
    world.okta.editZone('nzo1', { gateways: changed });
    world.deploy(SETTINGS);
    await world.rebuild();
    expect([world.codes(), world.gateways()]).toEqual([['ZONE008'], changed]);
    // The person looks once more, and allows this list too.
    expect(await world.deps.states.items.get('nzo1')).toBe('none');
    await adopt(changed);
    await world.minute();
    expect([world.codes(), world.gateways()]).toEqual([['ZONE008'], [`${ALICE}/32`]]);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['keeps one of theirs beside whom that write was to put in', THEIRS, ['8.8.8.0/24', `${ALICE}/32`]],
    ['holds others, where that write was only to take out', [...THEIRS, `${ALICE}/32`], ['1.1.1.1/32']],
  ])('is not, where the run that was allowed to died before its write, and the list %s', async (_, found, changed) => {
    world.okta.editZone('nzo1', { gateways: found });
    await world.apply(granted(ALICE, 0));
    await adopt([...found].sort());
    world.holdUp('PUT nzo1', 'onCall');
    void rebuildAcl(ACL, world.deps, world.clock.now() + RUN_MS);
    await world.clock.advance(RUN_MS + 6_000);
    world.okta.editZone('nzo1', { gateways: changed });
    world.deploy(SETTINGS);
    await world.rebuild();
    expect([world.codes(), world.gateways()]).toEqual([['ZONE008'], [...changed].sort()]);
  });

  it('is not, where Okta has refused the list that was allowed, and the zone’s has changed since', async () => {
    await world.apply(granted(ALICE, 0));
    await adopt(THEIRS);
    world.okta.addFault({ count: 1, method: 'PUT', fault: { status: 400 } });
    await world.rebuild();
    const changed = [...THEIRS, '1.1.1.1/32'].sort();
    world.okta.editZone('nzo1', { gateways: changed });
    for (let i = 0; i < 3; i += 1) await world.minute();
    expect(world.codes().slice(0, 2)).toEqual(['ZONE002', 'ZONE008']);
    expect(world.gateways()).toEqual(changed);
  });

  it('is ours, where that write was carried out and only its answer was lost', async () => {
    await world.apply(granted(ALICE, 0));
    await adopt(THEIRS);
    world.holdUp('PUT nzo1', 'onAnswer');
    void rebuildAcl(ACL, world.deps, world.clock.now() + RUN_MS);
    await world.clock.advance(RUN_MS + 6_000);
    world.okta.editZone('nzo1', { addGateways: ['1.1.1.1'] });
    world.deploy(SETTINGS);
    await world.rebuild();
    expect([world.codes(), world.gateways()]).toEqual([['ZONE007'], [`${ALICE}/32`]]);
  });

  it('is taken over where the configuration says so', async () => {
    world.deploy({ acls: { [ACL]: { zoneIds: ['nzo1'], replaceExisting: true } } });
    await world.apply(granted(ALICE, 0));
    await world.rebuild();
    expect([world.codes(), world.gateways()]).toEqual([[], [`${ALICE}/32`]]);
  });

  it('is named entry by entry when it is taken over, in as many lines as it takes', async () => {
    const many = Array.from({ length: 120 }, (_, n) => `8.8.${n}.8/32`);
    world.okta.editZone('nzo1', { gateways: many });
    world.deploy({ acls: { [ACL]: { zoneIds: ['nzo1'], replaceExisting: true } } });
    await world.apply(granted(ALICE, 0));
    await world.rebuild();
    const named = world.lines.flatMap(({ removed, removedInAll }) => (removedInAll === 120 ? [removed] : []));
    expect(named).toHaveLength(3);
    expect(named.flat().sort()).toEqual(many.sort());
  });

  it('belongs to the ACL from the first write on: what somebody else puts into it then is ZONE007', async () => {
    world.okta.editZone('nzo1', { gateways: [SENTINEL] });
    await world.apply(granted(ALICE, 0));
    await world.rebuild();
    world.okta.editZone('nzo1', { gateways: THEIRS });
    await world.clock.advance(300_000);
    await world.rebuild();
    expect(world.codes()).toEqual(['ZONE007']);
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
  });

  it('is none where it holds only people who have a grant', async () => {
    world.okta.editZone('nzo1', { gateways: ['8.8.8.8', '8.8.4.4'] });
    await world.apply(granted('8.8.8.8', 0), granted('8.8.4.4', 0), granted(ALICE, 0));
    await world.rebuild();
    expect([world.codes(), world.gateways()]).toEqual([[], [`${ALICE}/32`, '8.8.4.4/32', '8.8.8.8/32'].sort()]);
  });
});
