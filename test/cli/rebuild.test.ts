import { beforeEach, describe, expect, it } from 'vitest';
import { awaitRebuild } from '../../cli/rebuild/await-rebuild.ts';
import { rebuildAcl } from '../../lib/zones/rebuild-acl.ts';
import { ACL, configOf, granted, NOW } from '../helpers/events.ts';
import { RUN_MS, TOKEN, ZoneWorld } from '../helpers/zone-world.ts';
import { FakeTerminal } from './fake-terminal.ts';

const ALICE = '203.0.113.7';
const BOB = '198.51.100.23';
const CAROL = '203.0.113.9';
const MINUTE = 60_000;
const config = configOf({ acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'] } }, gatewayLimit: 1 });

/** Both zones were seen to be right a minute ago. When the zone function runs is said by each test. */
let world: ZoneWorld;
beforeEach(async () => {
  world = new ZoneWorld({ config });
  await world.apply(granted(ALICE, 0), granted(BOB, 0));
  await world.rebuild();
  await world.clock.runUntil(NOW + MINUTE);
  world.okta.clearRequests();
});

/** @param ms after the minute */
function runAt(ms: number): void {
  world.clock.after(ms, () => void rebuildAcl(ACL, world.deps, world.clock.now() + RUN_MS));
}

/** @param wrongMs how far the clock of this machine is ahead of the functions' */
async function result(wrongMs = 0) {
  const clock = { now: () => world.clock.now() + wrongMs, sleep: (ms: number) => world.clock.sleep(ms) };
  const here = { clock, terminal: new FakeTerminal(), stop: new AbortController().signal };
  const waiting = awaitRebuild(ACL, { config, table: world.table }, 60, here);
  const { outcome, code, detail } = await world.clock.finish(waiting);
  return { outcome, code, detail, afterMs: world.clock.now() - NOW - MINUTE };
}

describe('whoever waits for a rebuild', () => {
  it.each([
    ['right', 0],
    ['an hour ahead', 3_600_000],
    ['an hour behind', -3_600_000],
  ])('has asked that every zone be read, where the clock of this machine is %s', async (_, wrongMs) => {
    runAt(1_000);
    expect(await result(wrongMs)).toMatchObject({ outcome: 'right' });
    expect(world.callList()).toEqual(['GET nzo1', 'GET nzo2']);
  });

  it('is not told what a rebuild found that was under way already', async () => {
    await world.deps.states.requestReading(ACL, 'somebody else', world.clock.now());
    world.latencyMs = 1_000;
    runAt(0);
    await world.clock.advance(1);
    world.clock.after(2_500, () => world.okta.removeZone('nzo1'));
    runAt(4_000);
    const { outcome, code, afterMs } = await result();
    expect({ outcome, code }).toEqual({ outcome: 'failed', code: 'ZONE001' });
    expect(afterMs).toBeGreaterThanOrEqual(4_000);
  });

  it('is told that all is right once every zone was seen, not the first of them', async () => {
    world.okta.setRateLimit({ limit: 4, remaining: 3, resetInSeconds: 20 });
    runAt(500);
    runAt(25_000);
    const { outcome, afterMs } = await result();
    expect(outcome).toBe('right');
    expect(afterMs).toBeGreaterThanOrEqual(25_000);
  });

  it('is told that somebody waits outside once every zone was seen', async () => {
    await world.apply(granted(CAROL, 1));
    world.okta.setRateLimit({ limit: 4, remaining: 3, resetInSeconds: 20 });
    runAt(500);
    runAt(25_000);
    const { outcome, code, afterMs } = await result();
    expect({ outcome, code }).toEqual({ outcome: 'full', code: 'ZONE005' });
    expect(afterMs).toBeGreaterThanOrEqual(25_000);
  });

  it('is not told of a failure that was known before', async () => {
    world.okta.revokeToken(TOKEN);
    await world.deps.states.requestReading(ACL, 'somebody else', world.clock.now());
    await world.rebuild();
    expect(world.codes()).toContain('OKTA001');
    world.okta.setToken(TOKEN, 'ORG_ADMIN');
    await world.clock.advance(10_000);
    runAt(1_000);
    expect(await result()).toMatchObject({ outcome: 'right' });
  });

  it('is told that nothing was written yet where there was no event', async () => {
    world = new ZoneWorld({ config });
    await world.clock.runUntil(NOW + MINUTE);
    runAt(1_000);
    expect(await result()).toMatchObject({ outcome: 'untouched' });
  });

  it('is told of a pause where nothing comes of it in time', async () => {
    await world.deps.states.rest.refused(90_000, world.clock.now(), world.clock.now());
    const { outcome, detail, afterMs } = await result();
    expect(outcome).toBe('unknown');
    expect(detail).toMatch(/^no result within 60 s; Okta is called again in \d+ s$/);
    expect(afterMs).toBeGreaterThan(60_000);
  });
});
