import { beforeEach, describe, expect, it } from 'vitest';
import { readAclStatus } from '../../../cli/acl-status.ts';
import { grantKey } from '../../../lib/grants/grant-items.ts';
import type { QueuedEvent } from '../../../lib/grants/queue-message.ts';
import type { Key, Table } from '../../../lib/ports.ts';
import { rebuildAcl } from '../../../lib/zones/rebuild-acl.ts';
import type { ZoneEdit } from '../../../local/okta-simulator/simulator.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { ACL, configOf, flushed, granted, revoked } from '../../helpers/events.ts';
import { RUN_MS, ZoneWorld } from '../../helpers/zone-world.ts';

const [ALICE, BOB, STRANGER] = ['203.0.113.1', '203.0.113.9', '198.18.0.1'];
const APPLIED = { status: 'applied' };
const TWO_ZONES = { acls: { 'okta-prod': { zoneIds: ['nzo1', 'nzo2'] } } };
let world: ZoneWorld;
beforeEach(() => {
  world = new ZoneWorld();
});
const apply = async (...events: readonly QueuedEvent[]) => {
  await world.apply(...events);
  await world.rebuild();
};
const failed = (code: string) => ({ status: 'failed', code });

describe('what somebody else has put into a zone', () => {
  it('counts for those alone who stand there: they may get in by it', async () => {
    world.okta.editZone('nzo1', { gateways: [STRANGER] });
    const [theirs, others] = [revoked(STRANGER, 1), revoked(ALICE, 2)];
    await apply(theirs, others);
    expect(await world.outcome(theirs)).toMatchObject(failed('ZONE008'));
    expect(await world.outcome(others)).toMatchObject(APPLIED);
  });

  it('keeps a flush from being applied, though another zone is right', async () => {
    world = new ZoneWorld({ config: configOf(TWO_ZONES) });
    world.okta.editZone('nzo2', { gateways: [STRANGER] });
    const flush = flushed(2);
    await apply(granted(ALICE, 1), flush);
    expect(world.gateways('nzo1')).toEqual(['192.0.2.0/32']);
    expect(await world.outcome(flush)).toMatchObject(failed('ZONE008'));
  });
});

describe('what a zone had when it could be used for the last time', () => {
  /** Alice is in the first zone, which is closed then; the second one is open. */
  async function closedAround(...always: readonly string[]) {
    const acls = { 'okta-prod': { zoneIds: ['nzo1', 'nzo2'], alwaysAllow: always } };
    world = new ZoneWorld({ config: configOf({ acls, gatewayLimit: 2 }) });
    await apply(granted(ALICE, 1));
    expect(world.gateways('nzo1')).toContain(`${ALICE}/32`);
    world.okta.editZone('nzo1', { status: 'INACTIVE' });
    await world.clock.advance(300_000);
    await world.rebuild();
    expect(world.codes()).toContain('ZONE004');
  }

  it('it still has: who stands there is not out, and who does not is', async () => {
    await closedAround();
    const [hers, his] = [revoked(ALICE, 400), revoked(BOB, 401)];
    await apply(hers, his);
    expect(await world.outcome(hers)).toMatchObject(failed('ZONE004'));
    expect(await world.outcome(his)).toMatchObject(APPLIED);
  });

  it('keeps a flush from being applied, but not where it holds those alone who are in again, or always', async () => {
    await closedAround('198.51.100.0/28');
    const flush = flushed(400);
    await apply(flush);
    expect(await world.outcome(flush)).toMatchObject(failed('ZONE004'));
    await apply(granted(BOB, 401));
    expect(await world.outcome(flush)).toMatchObject(failed('ZONE004'));
    await apply(granted(ALICE, 402));
    expect(await world.outcome(flush)).toEqual({ ...APPLIED, ended: 1 });
  });
});

describe('a zone that could never be used', () => {
  it('lets nobody in, and keeps no event of another zone from being applied', async () => {
    world = new ZoneWorld({ config: configOf(TWO_ZONES) });
    world.okta.editZone('nzo2', { status: 'INACTIVE' });
    const [grant, revoke, flush] = [granted(ALICE, 1), revoked(BOB, 2), flushed(-9)];
    await apply(grant, revoke, flush);
    expect(world.codes()).toEqual(['ZONE004']);
    for (const event of [grant, revoke, flush]) expect(await world.outcome(event)).toMatchObject(APPLIED);
  });
});

describe('a list of which it is not known whether Okta has it', () => {
  it('lets nobody in who would be new in it, and keeps those in who were there before', async () => {
    const [hers, his] = [granted(ALICE, 1), granted(BOB, 2)];
    await apply(hers);
    world.okta.addFault({ count: 1, method: 'PUT', fault: { drop: 'after' } });
    await apply(his);
    expect(await world.outcome(his)).toMatchObject(failed('ZONE003'));
    expect(await world.outcome(hers)).toMatchObject(APPLIED);
    await world.timersGoOff();
    expect(await world.outcome(his)).toMatchObject(APPLIED);
  });

  it.each<[string, string, ZoneEdit]>([
    ['another that nobody announced', 'ZONE007', { gateways: ['192.0.2.0/32'] }],
    ['that the zone can’t be used', 'ZONE004', { usage: 'BLOCKLIST' }],
  ])('is believed no more once Okta has shown %s, while the rebuild goes on', async (_, code, edit) => {
    world = new ZoneWorld({ config: configOf(TWO_ZONES) });
    const grant = granted(ALICE, 1);
    await apply(grant);
    world.okta.editZone('nzo1', edit);
    await world.clock.advance(300_000);
    // What comes next takes its time.
    const [goesOn, alsoGoesOn] = [world.holdUp('PUT nzo1', 'onCall'), world.holdUp('PUT nzo2', 'onAnswer')];
    const run = rebuildAcl(ACL, world.deps, world.clock.now() + RUN_MS);
    await world.clock.advance(1_000);
    expect(await world.outcome(grant)).not.toMatchObject(APPLIED);
    const status = await readAclStatus({ table: world.table, config: configOf(TWO_ZONES) }, ACL, world.clock.now());
    expect(status.standing).toBe('rebuilding');
    // What is told is said.
    expect(world.codes()).toEqual([code]);
    goesOn();
    alsoGoesOn();
    await world.clock.finish(run);
    expect(await world.outcome(grant)).toMatchObject(APPLIED);
  });

  it('is believed no more once Okta has shown another that nobody announced', async () => {
    const grant = granted(ALICE, 1);
    await apply(grant);
    world.okta.editZone('nzo1', { gateways: ['192.0.2.0/32'] });
    world.okta.addFault({ count: 1, method: 'PUT', fault: { status: 503 } });
    await world.clock.advance(300_000);
    await world.rebuild();
    expect(world.codes()).toEqual(['ZONE007', 'ZONE003']);
    expect(await world.outcome(grant)).not.toMatchObject(APPLIED);
    await world.timersGoOff();
    expect(await world.outcome(grant)).toMatchObject(APPLIED);
  });
});

describe('a zone that another ACL has written last', () => {
  it('lets in nobody by this ACL, whoever stands in it', async () => {
    const acls = { 'okta-prod': { zoneIds: ['nzo1'] }, other: { zoneIds: ['nzo2'] } };
    world = new ZoneWorld({ config: configOf({ acls }) });
    const [grant, revoke] = [granted(ALICE, 1), revoked(BOB, 2)];
    await world.apply(grant, granted(ALICE, 1, { acl: 'other' }), revoke);
    await world.rebuild();
    await world.rebuild('other');
    world.deploy({ acls: { 'okta-prod': { zoneIds: ['nzo2'] }, other: { zoneIds: ['nzo1'] } } });
    for (const event of [grant, revoke]) expect(await world.outcome(event)).toEqual({ status: 'pending' });
    await world.clock.advance(60_000);
    await world.rebuild();
    for (const event of [grant, revoke]) expect(await world.outcome(event)).toMatchObject(APPLIED);
  });
});

describe('a zone that comes back into the configuration', () => {
  it('lets in nobody until Okta has shown it, also where the first rebuild does not get that far', async () => {
    world = new ZoneWorld({ config: configOf({ ...TWO_ZONES, gatewayLimit: 1 }) });
    const [hers, his] = [granted(ALICE, 1), granted(BOB, 2)];
    await apply(hers, his);
    world.deploy({ acls: { 'okta-prod': { zoneIds: ['nzo1'] } }, gatewayLimit: 1 });
    await world.clock.advance(10_000);
    await world.rebuild();
    world.okta.editZone('nzo2', { gateways: ['192.0.2.0/32'] });
    world.deploy({ ...TWO_ZONES, gatewayLimit: 1 });
    expect(await world.outcome(his)).not.toMatchObject(APPLIED);
    world.okta.addFault({ count: 1, method: 'GET', zoneId: 'nzo1', fault: { status: 503 } });
    await world.clock.advance(10_000);
    await apply(revoked(ALICE, 20));
    expect(world.codes()).toContain('ZONE003');
    expect(await world.outcome(his)).not.toMatchObject(APPLIED);
    const { grants } = await readAclStatus({ table: world.table, config: world.deps.config }, ACL, world.clock.now());
    expect(grants).toMatchObject([{ ip: BOB, inZone: 'no' }]);
    await world.timersGoOff();
    expect(await world.outcome(his)).toMatchObject(APPLIED);
    expect([...world.gateways('nzo1'), ...world.gateways('nzo2')]).toContain(`${BOB}/32`);
  });
});

describe('what was wrong with a zone before another ACL had it', () => {
  const acls = (own: readonly string[], others: readonly string[]) => ({
    acls: { 'okta-prod': { zoneIds: own }, other: { zoneIds: others } },
    gatewayLimit: 1,
  });

  it.each<[string, ZoneEdit, ZoneEdit]>([
    ['it was closed', { status: 'INACTIVE' }, { status: 'ACTIVE' }],
    ['others’ entries were in it', { gateways: [STRANGER] }, { gateways: ['192.0.2.0/32'] }],
  ])('is told of no more once it is back: %s', async (_, edit, mended) => {
    world = new ZoneWorld({ config: configOf(acls(['nzo1', 'nzo2'], ['nzo3'])) });
    world.okta.editZone('nzo2', edit);
    await apply(granted(ALICE, 1));
    world.deploy(acls(['nzo1'], ['nzo3', 'nzo2']));
    await world.clock.advance(10_000);
    await world.rebuild();
    world.okta.editZone('nzo2', mended);
    await world.apply(granted(ALICE, 5, { acl: 'other' }), granted(BOB, 6, { acl: 'other' }));
    await world.rebuild('other');
    await world.clock.advance(60_000);
    await world.rebuild('other');
    expect(world.gateways('nzo2')).toEqual([`${BOB}/32`]);
    world.deploy(acls(['nzo1', 'nzo2'], ['nzo3']));
    const revoke = revoked(BOB, 90);
    await world.apply(revoke);
    world.okta.addFault({ count: 1, method: 'GET', zoneId: 'nzo2', fault: { status: 503 } });
    await world.clock.advance(60_000);
    await world.rebuild();
    expect(await world.outcome(revoke)).toMatchObject(failed('ZONE003'));
    await world.timersGoOff();
    expect(world.gateways('nzo2')).toEqual(['192.0.2.0/32']);
    expect(await world.outcome(revoke)).toMatchObject(APPLIED);
  });
});

describe('a function that does not know the new configuration yet', () => {
  const MOVED = { acls: { 'okta-prod': { zoneIds: ['nzo2'] }, other: { zoneIds: ['nzo1'] } } };
  const MISTYPED = { acls: { 'okta-prod': { zoneIds: ['nzo1-mistyped'] }, other: { zoneIds: ['nzo2'] } } };
  const HERE = { acls: { 'okta-prod': { zoneIds: ['nzo1'] }, other: { zoneIds: ['nzo2'] } } };

  it.each<[string, Readonly<Record<string, unknown>>, ZoneEdit]>([
    ['that another ACL has now, and that can’t be used', MOVED, { usage: 'BLOCKLIST' }],
    ['that another ACL has now, and that has shown what nobody announced', MOVED, { gateways: ['192.0.2.0/32'] }],
    ['that nobody has any more, and that can’t be used', MISTYPED, { usage: 'BLOCKLIST' }],
  ])('believes nothing of a zone %s', async (_, newer, edit) => {
    world = new ZoneWorld({ config: configOf(HERE) });
    const grant = granted(ALICE, 1);
    await apply(grant);
    const older = world.deps;
    world.okta.editZone('nzo1', edit);
    world.okta.addFault({ count: 1, method: 'PUT', zoneId: 'nzo1', fault: { status: 503 } });
    await world.clock.advance(300_000);
    await world.rebuild();
    world.deploy(newer);
    world.okta.addFault({ count: 1, method: 'PUT', zoneId: 'nzo2', fault: { status: 503 } });
    await world.clock.advance(10_000);
    await world.rebuild();
    world.deps = older;
    expect(await world.outcome(grant)).not.toMatchObject(APPLIED);
  });
});

describe('the grants that are asked for', () => {
  it('are those of the same network where that stands for its hosts, and of the host alone where it does not', async () => {
    const [one, two] = ['2001:db8::1', '2001:db8::2'];
    const heldBy = async (ipv6PrefixLength: number) => {
      world = new ZoneWorld({ config: configOf({ allowIpv6: true, ipv6PrefixLength }) });
      const revoke = revoked(one, 2, { grantId: 'other' });
      await apply(granted(one, 1), granted(two, 1), granted(one, 1, { grantId: 'g' }), granted(ALICE, 1), revoke);
      return world.outcome(revoke);
    };
    expect(await heldBy(64)).toEqual({ ...APPLIED, ended: 0, heldBy: 3 });
    expect(await heldBy(128)).toEqual({ ...APPLIED, ended: 0, heldBy: 2 });
  });

  it('tell one of a session from that of the IP', async () => {
    const [session, anonymous] = [granted(ALICE, 1, { grantId: 'g' }), granted(BOB, 1)];
    await apply(session, anonymous);
    for (const event of [session, anonymous]) expect(await world.outcome(event)).toEqual({ ...APPLIED, heldBy: 1 });
    const gone = granted(ALICE, 2);
    await apply(gone, revoked(ALICE, 3, { grantId: 'g' }));
    expect(await world.outcome(gone)).toEqual({ ...APPLIED, heldBy: 1 });
  });

  it('that can’t be used are told so: whoever holds one is not in', async () => {
    const grant = granted(ALICE, 1);
    await world.apply(grant);
    await world.table.write([{ update: grantKey({ acl: ACL, ip: ALICE }), set: { ip: '0.0.0.0' } }]);
    await world.rebuild();
    expect(await world.outcome(grant)).toMatchObject(failed('STORE002'));
  });
});

describe('what is read of the table', () => {
  let reads: string[];
  class Counted extends MemoryTable {
    override get(key: Key, { stale = false }: Parameters<Table['get']>[1] = {}) {
      reads.push(`${key.item.split('#')[0]}${stale ? ' at half the price' : ''}`);
      return super.get(key);
    }
    override queryPrefix(acl: string, prefix: string) {
      reads.push(`all of ${prefix}`);
      return super.queryPrefix(acl, prefix);
    }
  }
  const LOOKED_AT = ['SEEN', 'STATE', 'WAKE'].map((item) => `${item} at half the price`);
  async function readFor(event: QueuedEvent, settings: object = {}): Promise<string[]> {
    reads = [];
    world = new ZoneWorld({ Table: Counted, config: configOf({ allowIpv6: true, ...settings }) });
    await apply(event);
    reads = [];
    await world.outcome(event);
    return reads.sort();
  }

  it.each<[string, QueuedEvent, object, readonly string[]]>([
    [
      'a grant asks for those of its IP',
      granted(ALICE, 1),
      { ipv6PrefixLength: 64 },
      ['GRANT', 'FLUSHED', 'REVOKED', 'LAST', `all of GRANT#${ALICE}#`],
    ],
    [
      'so does one of an IPv6 address that stands for itself',
      revoked('2001:db8::1', 1, { grantId: 'g' }),
      {},
      ['LAST', 'all of GRANT#2001:db8::1#'],
    ],
    [
      'one whose network stands for it asks for all',
      revoked('2001:db8::1', 1, { grantId: 'g' }),
      { ipv6PrefixLength: 64 },
      ['LAST', 'all of GRANT#'],
    ],
    ['a revoke asks for no grant that it has made', revoked(ALICE, 1), {}, [`all of GRANT#${ALICE}#`]],
  ])('is no more than what tells the outcome: %s', async (_, event, settings, more) => {
    expect(await readFor(event, settings)).toEqual([...LOOKED_AT, 'LIST', 'STATE', 'WAKE', ...more].sort());
  });

  it('is no grant where a flush finds each zone as it must be, and little while nothing is confirmed', async () => {
    expect((await readFor(flushed(1))).filter((read) => read.startsWith('all of'))).toEqual([]);
    const open = granted(ALICE, 2);
    await world.apply(open);
    reads = [];
    await world.outcome(open);
    expect(reads.sort()).toEqual(LOOKED_AT);
  });
});
