import { describe, expect, it } from 'vitest';
import { rehearse } from '../../../cli/rehearsal/rehearse.ts';
import { OktaRest } from '../../../lib/okta/rest.ts';
import type { HttpClient } from '../../../lib/ports.ts';
import { ACL, configOf, granted, NOW } from '../../helpers/events.ts';
import { RUN_MS, TOKEN, ZoneWorld } from '../../helpers/zone-world.ts';

const ALICE = '203.0.113.1';
const BOB = '8.8.8.8';
const MANY = Array.from({ length: 30 }, (_, index) => `nzo${index}`);

/** An ACL as the zone function has left it, rehearsed on its own clock. */
class RehearsedWorld {
  readonly world: ZoneWorld;
  /** Milliseconds that each call of the rehearsal takes. */
  latencyMs = 100;
  #timers: unknown[] = [];

  constructor(settings: Readonly<Record<string, unknown>> = {}) {
    this.world = new ZoneWorld({ config: configOf(settings) });
  }

  async rehearse(stop = new AbortController().signal) {
    const { world } = this;
    const { clock, deps, okta, table } = world;
    const http: HttpClient = async ({ method, url, headers, body = '' }) => {
      await clock.sleep(this.latencyMs);
      const answer = okta.handle({ method, path: new URL(url).pathname, headers: { ...headers }, body });
      if (answer.kind !== 'answer') throw new Error('no answer');
      return answer;
    };
    const oktaCredentials = { read: async () => world.token.text };
    const items = table.items();
    okta.clearRequests();
    const rehearsal = await clock.finish(
      rehearse(ACL, { config: deps.config, table, oktaCredentials }, { clock, http, stop, newId: deps.newId }),
    );
    // Whatever is tried below: nothing was written.
    expect(table.items()).toEqual(items);
    expect(okta.requests(0).filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(world.timers).toEqual(this.#timers);
    return rehearsal;
  }

  /** From here on no timer may be armed. */
  settle(): void {
    this.#timers = [...this.world.timers];
  }
}

/** Alice is in, and Okta has confirmed it. */
async function aWorld(settings: Readonly<Record<string, unknown>> = {}): Promise<RehearsedWorld> {
  const rehearsed = new RehearsedWorld(settings);
  const { world } = rehearsed;
  await world.apply(granted(ALICE, 0));
  await world.rebuild();
  await world.clock.advance(5_000);
  rehearsed.settle();
  return rehearsed;
}

describe('a rehearsal', () => {
  it('reads every zone, due or not, and finds nothing to do where all is right', async () => {
    const rehearsed = await aWorld({ acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'] } } });
    const { zones, failure, waiting, hasEvents } = await rehearsed.rehearse();
    expect({ failure, waiting, hasEvents }).toEqual({ failure: undefined, waiting: 0, hasEvents: true });
    expect(zones).toMatchObject([
      { zoneId: 'nzo1', current: [`${ALICE}/32`], desired: [`${ALICE}/32`], foreign: false, failure: undefined },
      { zoneId: 'nzo2', current: ['192.0.2.0/32'], desired: ['192.0.2.0/32'], foreign: false, failure: undefined },
    ]);
    expect(rehearsed.world.okta.requests(0).map(({ zoneId }) => zoneId)).toEqual(['nzo1', 'nzo2']);
  });

  it('says what a rebuild would make of a list that somebody else has changed', async () => {
    const rehearsed = await aWorld();
    rehearsed.world.okta.editZone('nzo1', { gateways: [BOB] });
    const { zones } = await rehearsed.rehearse();
    expect(zones).toMatchObject([{ current: [`${BOB}/32`], desired: [`${ALICE}/32`], foreign: true }]);
  });

  it('is not held up by a rebuild that is under way, nor by its pauses, and leaves its lease alone', async () => {
    const rehearsed = await aWorld();
    const { clock, deps } = rehearsed.world;
    await deps.states.take(ACL, 'somebody', clock.now(), clock.now() + RUN_MS);
    await rehearsed.world.apply(granted(BOB, 1));
    const { zones } = await rehearsed.rehearse();
    expect(zones).toMatchObject([{ current: [`${ALICE}/32`], desired: [`${ALICE}/32`, `${BOB}/32`].sort() }]);
    expect(await deps.states.lease(ACL, clock.now())).toMatchObject({ owner: 'somebody' });
  });

  it('goes on after the time of one run, until every zone is read', async () => {
    const rehearsed = await aWorld({ acls: { [ACL]: { zoneIds: MANY } } });
    rehearsed.latencyMs = 900;
    const { zones, failure, restInMs } = await rehearsed.rehearse();
    expect({ failure, restInMs }).toEqual({ failure: undefined, restInMs: undefined });
    expect(zones.filter(({ zone }) => zone)).toHaveLength(MANY.length);
    expect(rehearsed.world.okta.requests(0)).toHaveLength(MANY.length);
  });

  it('reads on no more after Ctrl-C', async () => {
    const rehearsed = await aWorld({ acls: { [ACL]: { zoneIds: MANY } } });
    rehearsed.latencyMs = 900;
    const stop = new AbortController();
    const rehearsing = rehearsed.rehearse(stop.signal);
    stop.abort();
    const { zones, failure } = await rehearsing;
    expect(failure).toBeUndefined();
    expect(zones.filter(({ zone }) => zone).length).toBeLessThan(MANY.length);
    expect(rehearsed.world.okta.requests(0).length).toBeLessThan(MANY.length);
  });

  it('leaves half of the quota to others, and says when it can go on', async () => {
    const rehearsed = await aWorld({ acls: { [ACL]: { zoneIds: MANY } } });
    rehearsed.world.okta.setRateLimit({ limit: 20, remaining: 15, resetInSeconds: 50 });
    const { zones, restInMs, failure } = await rehearsed.rehearse();
    expect(failure).toBeUndefined();
    expect(zones.filter(({ zone }) => zone)).toHaveLength(5);
    expect(restInMs).toBeGreaterThan(30_000);
  });

  it('makes no call while Okta rests, and says for how long', async () => {
    const rehearsed = await aWorld();
    const { clock, table, okta } = rehearsed.world;
    await new OktaRest(table).refused(40_000, clock.now(), clock.now());
    const { failure, zones } = await rehearsed.rehearse();
    expect(failure).toMatchObject({ code: 'OKTA005', retryInMs: 40_000 });
    expect(zones).toMatchObject([{ zone: undefined }]);
    expect(okta.requests(0)).toEqual([]);
  });

  it('ends with the first call that Okta refuses', async () => {
    const rehearsed = await aWorld({ acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'] } } });
    rehearsed.world.okta.addFault({ count: 1, fault: { rateLimit: { resetInSeconds: 30 } } });
    const { failure } = await rehearsed.rehearse();
    expect(failure?.code).toBe('OKTA005');
    expect(failure?.retryInMs).toBeGreaterThan(20_000);
    expect(rehearsed.world.okta.requests(0)).toHaveLength(1);
  });

  it('tells trouble with one zone from what would become of the others', async () => {
    const rehearsed = await aWorld({ acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'] } } });
    rehearsed.world.okta.editZone('nzo1', { status: 'INACTIVE' });
    const { zones, failure } = await rehearsed.rehearse();
    expect(failure).toBeUndefined();
    expect(zones).toMatchObject([
      { zoneId: 'nzo1', failure: { code: 'ZONE004' } },
      { zoneId: 'nzo2', failure: undefined, current: ['192.0.2.0/32'], desired: [`${ALICE}/32`] },
    ]);
  });

  it('finds a zone right again that was in trouble', async () => {
    const rehearsed = await aWorld();
    const { okta, clock } = rehearsed.world;
    okta.editZone('nzo1', { status: 'INACTIVE' });
    await clock.advance(600_000);
    await rehearsed.world.rebuild();
    rehearsed.settle();
    okta.editZone('nzo1', { status: 'ACTIVE' });
    expect((await rehearsed.rehearse()).zones).toMatchObject([{ failure: undefined, desired: [`${ALICE}/32`] }]);
  });

  it('knows before the first event that a zone holds others’ entries, and that they may go', async () => {
    const rehearsed = new RehearsedWorld();
    const { okta, deps } = rehearsed.world;
    okta.seedZone('nzo1', { gateways: [BOB] });
    expect(await rehearsed.rehearse()).toMatchObject({
      hasEvents: false,
      zones: [{ failure: undefined, toAdopt: { goes: [`${BOB}/32`] }, current: [`${BOB}/32`], desired: [`${BOB}/32`] }],
    });
    await deps.states.items.allowAdoption('nzo1', ACL, [`${BOB}/32`], NOW);
    expect((await rehearsed.rehearse()).zones).toMatchObject([{ toAdopt: undefined }]);
  });

  it('says why the secret can’t be read: it may be a right that the person is missing', async () => {
    const { world } = await aWorld();
    const { deps, table, clock } = world;
    const read = async () => {
      throw new Error('not authorized to perform secretsmanager:GetSecretValue');
    };
    const target = { config: deps.config, table, oktaCredentials: { read } };
    const http = async () => {
      throw new Error('nobody may be called');
    };
    const stop = new AbortController().signal;
    const { failure } = await clock.finish(rehearse(ACL, target, { clock, http, stop, newId: deps.newId }));
    expect(failure).toMatchObject({
      code: 'ZONE006',
      message: expect.stringContaining('secretsmanager:GetSecretValue'),
    });
    expect(failure?.message).not.toContain(TOKEN);
  });
});
