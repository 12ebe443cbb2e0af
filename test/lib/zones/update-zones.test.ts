import { beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../local/okta-simulator/simulator.ts';
import { granted, revoked } from '../../helpers/events.ts';
import { answer, RawOkta, rawZone } from '../../helpers/raw-okta.ts';
import { SyncWorld } from '../../helpers/sync-world.ts';

const [ALICE, BOB, OWN] = ['203.0.113.1', '203.0.113.2', '198.51.100.77'];
let world: SyncWorld;
beforeEach(async () => {
  world = new SyncWorld();
  await world.apply(granted(ALICE, 0));
});
const again = async () => {
  await world.clock.advance(5_000);
  await world.sync();
};

describe('a list that someone else changed', () => {
  beforeEach(() => world.sync());

  it('is put right, and said as ZONE007 each time', async () => {
    for (const times of [1, 2, 3]) {
      world.okta.editZone('nzo1', { addGateways: [OWN], removeGateways: [ALICE] });
      await again();
      expect(world.gateways()).toEqual([`${ALICE}/32`]);
      expect(world.codes()).toEqual(Array(times).fill('ZONE007'));
    }
    expect(world.lines.find(({ code }) => code === 'ZONE007')).toMatchObject({
      ...{ zoneId: 'nzo1', added: [expect.stringContaining(OWN)], removed: [`${ALICE}/32`] },
    });
  });

  it('is named in the log with what came and went, fifty of each at most', async () => {
    const others = Array.from({ length: 52 }, (_, i) => `198.51.100.${100 + i}/32`);
    world.okta.editZone('nzo1', { addGateways: others });
    await again();
    expect(world.lines.find(({ code }) => code === 'ZONE007')).toMatchObject({
      ...{ detail: expect.stringContaining('nzo1'), before: 1, after: 53, added: others.slice(0, 50), removed: [] },
    });
    const updates = world.lines.filter(({ message }) => message === 'zone updated');
    expect(updates.at(-1)).toMatchObject({ zoneId: 'nzo1', added: [], removed: others.slice(0, 50) });
  });

  it('is said also where it happens to be what the grants ask for by now', async () => {
    world.okta.editZone('nzo1', { addGateways: [`${BOB}/32`] });
    await world.apply(granted(BOB, 1));
    await again();
    expect(world.codes()).toEqual(['ZONE007']);
    expect(world.calls('PUT')).toBe(1);
  });

  it('is said also where it was wiped', async () => {
    world.okta.editZone('nzo1', { gateways: null, proxies: ['192.0.2.200'] });
    await again();
    expect(world.codes()).toEqual(['ZONE007']);
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
    expect(world.okta.zone('nzo1').proxies).toEqual([expect.objectContaining({ type: 'RANGE' })]);
  });

  it('is not suspected where only the spelling, the name or the proxies changed', async () => {
    world.okta.editZone('nzo1', { gateways: [ALICE, `${ALICE}/32`], name: 'Renamed', proxies: ['192.0.2.200'] });
    await again();
    expect(world.codes()).toEqual([]);
    expect(world.calls('PUT')).toBe(1);
  });
});

describe('a write whose fate is not known', () => {
  it.each<[string, Fault]>([
    ['the connection drops after it', { drop: 'after' }],
    ['no answer comes', { hang: true, apply: true }],
    ['an error comes though it took place', { status: 500, apply: true }],
    ['an error comes with a page of HTML', { status: 502, body: 'html', apply: true }],
  ])('is no change by someone else: %s', async (_, fault) => {
    await world.sync();
    world.okta.addFault({ count: 1, method: 'PUT', fault });
    await world.apply(granted(BOB, 1));
    await again();
    await world.apply(revoked(ALICE, 2));
    await again();
    await again();
    expect(world.gateways()).toEqual([`${BOB}/32`]);
    expect(world.codes()).toEqual(['ZONE003']);
  });
});

describe('an answer that shows another list than was written', () => {
  const aWorldOn = async (okta: RawOkta) => {
    world = new SyncWorld({ http: okta.http });
    await world.apply(granted(ALICE, 0));
    return world;
  };

  it('is believed once a fresh read shows the right one', async () => {
    const okta = new RawOkta({ nzo1: rawZone() });
    await aWorldOn(okta);
    // The write takes place, but its answer shows the zone as it was.
    okta.next.push(undefined, answer(200, rawZone()));
    okta.zones.set('nzo1', rawZone({ gateways: [{ type: 'CIDR', value: '192.0.2.0/32' }] }));
    const http = okta.http;
    world = new SyncWorld({
      http: async (request) => {
        const given = await http(request);
        if (request.method === 'PUT') okta.zones.set('nzo1', JSON.parse(request.body ?? '{}'));
        return given;
      },
    });
    await world.apply(granted(ALICE, 0));
    await world.sync();
    expect(world.codes()).toEqual([]);
    expect(okta.requests.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET']);
    expect(await world.state()).toMatchObject({ zones: { nzo1: { written: [`${ALICE}/32`] } } });
  });

  it('and does not show the right one afterwards is ZONE003: the zone is never said to be right', async () => {
    const okta = new RawOkta({ nzo1: rawZone() });
    await aWorldOn(okta);
    okta.next.push(undefined, answer(200, rawZone()), answer(200, rawZone()));
    await world.sync();
    expect(world.codes()).toEqual(['ZONE003']);
    const state = await world.state();
    expect(state).toMatchObject({ needsSync: true, lastError: { code: 'ZONE003' } });
    expect(state).not.toHaveProperty('confirmedPosition');
    // Written is what was read before, and not the list that Okta does not show.
    expect(state.zones.nzo1).toMatchObject({ written: ['192.0.2.0/32'] });
  });

  it('in spelling only is the same list', async () => {
    const okta = new RawOkta({ nzo1: rawZone() });
    await aWorldOn(okta);
    const spelled = rawZone({ gateways: [{ type: 'RANGE', value: `${ALICE}-${ALICE}` }] });
    okta.next.push(undefined, answer(200, spelled));
    await world.sync();
    expect(okta.requests).toHaveLength(2);
    expect(world.codes()).toEqual([]);
  });
});

describe('what goes back with a write', () => {
  it('is all of the zone as read in this very run, but the gateways', async () => {
    const okta = new RawOkta({ nzo1: rawZone() });
    world = new SyncWorld({ http: okta.http });
    await world.apply(granted(ALICE, 0));
    await world.sync();
    const changed = rawZone({ name: 'New', proxies: [{ type: 'CIDR', value: '192.0.2.5/32' }], novelty: { a: [1] } });
    okta.zones.set('nzo1', changed);
    await again();
    const { _links, created, lastUpdated, ...rest } = changed;
    expect(okta.puts().at(-1)).toEqual({ ...rest, gateways: [{ type: 'CIDR', value: `${ALICE}/32` }] });
  });
});
