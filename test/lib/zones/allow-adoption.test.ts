import { describe, expect, it } from 'vitest';
import { OktaFailure } from '../../../lib/okta/okta-failure.ts';
import { allowAdoption, foreignZone, zonesToAdopt } from '../../../lib/zones/allow-adoption.ts';
import { ACL, configOf, granted } from '../../helpers/events.ts';
import { ZoneWorld } from '../../helpers/zone-world.ts';

const ALICE = '8.8.8.1';
const MALLORY = '9.9.9.9/32';
const ZONES = ['nzo1', 'nzo2'];

/** An ACL with two zones. */
function aWorld(settings: Readonly<Record<string, unknown>> = {}) {
  const world = new ZoneWorld({ config: configOf({ acls: { [ACL]: { zoneIds: ZONES, ...settings } } }) });
  const { okta } = world;
  const read = async (zoneId: string) => {
    if (!okta.zones().some(({ id }) => id === zoneId)) throw new OktaFailure('ZONE001', 'Okta answered 404');
    const { id, name, type, gateways } = okta.zone(zoneId);
    return { zone: { id, name, type, gateways: [...(gateways ?? [])] }, quota: undefined };
  };
  return { world, toAdopt: () => zonesToAdopt(ACL, ZONES, { get: read }, world.deps) };
}

describe('the zones of an ACL that somebody must allow to be taken over', () => {
  it('are those with others’ entries that were never written; each entry goes or stays', async () => {
    const { world, toAdopt } = aWorld({ alwaysAllow: ['8.8.4.0/24'] });
    await world.apply(granted(ALICE, 0));
    const gateways = [MALLORY, ALICE, '8.8.4.7', '192.0.2.77', '192.0.2.0/32'];
    world.okta.seedZone('nzo1', { gateways });
    const { zones, failures } = await toAdopt();
    expect(failures).toEqual([]);
    expect(zones).toEqual([
      {
        ...{ zoneId: 'nzo1', isAllowed: false },
        shown: ['192.0.2.0/32', '192.0.2.77/32', '8.8.4.7/32', `${ALICE}/32`, MALLORY],
        goes: ['192.0.2.77/32', MALLORY],
        stays: ['192.0.2.0/32', '8.8.4.7/32', `${ALICE}/32`],
      },
    ]);
  });

  it.each([
    ['only placeholders are in it', {}, ['192.0.2.77', '203.0.113.0/24']],
    ['all that is in it would be in it anyway', { alwaysAllow: ['9.9.9.0/24'] }, [MALLORY]],
    ['the configuration allows to replace whatever is there', { replaceExisting: true }, [MALLORY]],
  ])('are none where %s', async (_, settings, gateways) => {
    const { world, toAdopt } = aWorld(settings);
    world.okta.seedZone('nzo1', { gateways });
    expect(await toAdopt()).toEqual({ zones: [], failures: [] });
  });

  it('are none that this system has written, whatever somebody has put into them since', async () => {
    const { world, toAdopt } = aWorld();
    await world.apply(granted(ALICE, 0));
    await world.rebuild();
    world.okta.editZone('nzo1', { gateways: [MALLORY] });
    expect(await toAdopt()).toEqual({ zones: [], failures: [] });
  });

  it('are told beside a zone that is not there', async () => {
    const { world, toAdopt } = aWorld();
    world.okta.removeZone('nzo1');
    world.okta.seedZone('nzo2', { gateways: [MALLORY] });
    const { zones, failures } = await toAdopt();
    expect(zones.map(({ zoneId }) => zoneId)).toEqual(['nzo2']);
    expect(failures.map(({ code, fields }) => [code, fields.zoneId])).toEqual([['ZONE001', 'nzo1']]);
  });

  it('are not known where Okta as a whole refuses', async () => {
    const { world } = aWorld();
    const get = async () => {
      throw new OktaFailure('OKTA001', 'Okta answered 401');
    };
    await expect(zonesToAdopt(ACL, ZONES, { get }, world.deps)).rejects.toMatchObject({ code: 'OKTA001' });
  });
});

describe('a permission to take zones over', () => {
  it('holds for the list that was shown, and no other', async () => {
    const { world, toAdopt } = aWorld();
    const { deps, okta } = world;
    okta.seedZone('nzo1', { gateways: [MALLORY] });
    const { zones } = await toAdopt();
    await allowAdoption(ACL, zones, deps);
    expect(await toAdopt()).toMatchObject({ zones: [{ isAllowed: true }] });
    expect(await foreignZone(ACL, 'nzo1', [MALLORY, '9.9.9.8/32'].sort(), deps)).toMatchObject({ isAllowed: false });
  });

  it('lets the next rebuild that reads the zone write it', async () => {
    const { world, toAdopt } = aWorld();
    const { deps, okta, clock } = world;
    okta.seedZone('nzo1', { gateways: [MALLORY] });
    await world.apply(granted(ALICE, 0));
    await world.rebuild();
    expect(world.codes()).toContain('ZONE008');
    expect(world.gateways()).toEqual([MALLORY]);
    await clock.advance(5_000);
    await allowAdoption(ACL, (await toAdopt()).zones, deps);
    await deps.states.requestReading(ACL, 'a test', clock.now());
    await world.rebuild();
    expect(world.gateways()).not.toContain(MALLORY);
    expect(await toAdopt()).toEqual({ zones: [], failures: [] });
  });
});
