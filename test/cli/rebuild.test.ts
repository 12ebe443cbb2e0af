import { beforeEach, describe, expect, it } from 'vitest';
import { awaitRebuild } from '../../cli/rebuild/await-rebuild.ts';
import { WakeItem } from '../../lib/grants/wake-item.ts';
import type { ZoneState } from '../../lib/zones/zone-state.ts';
import { ZoneStates } from '../../lib/zones/zone-states.ts';
import { MemoryTable } from '../../local/stand-ins/memory-table.ts';
import { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import { ACL, configOf, NOW } from '../helpers/events.ts';
import { FakeTerminal } from './fake-terminal.ts';

const RIGHT_BEFORE: ZoneState = { zones: { nzo1: { rightAt: NOW - 60_000 }, nzo2: { rightAt: NOW - 90_000 } } };

/** What the zone function does is said by each test; it waits for what comes of it, at most 60 s. */
let table: MemoryTable;
let clock: VirtualClock;
let states: ZoneStates;
beforeEach(() => {
  table = new MemoryTable();
  clock = new VirtualClock(NOW);
  states = new ZoneStates(table);
});

/** A run of the zone function: it has the lease from one moment to another, and saves what it has found. */
function run(name: string, from: number, to: number, state: ZoneState): void {
  clock.after(from, () => void states.take(ACL, name, clock.now(), clock.now() + 30_000));
  clock.after(to, () => void states.release(ACL, name, state));
}

async function stored(state: ZoneState): Promise<void> {
  await states.take(ACL, 'before', NOW, NOW + 1_000);
  await states.release(ACL, 'before', state);
}

async function result() {
  const config = configOf({ acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'] } } });
  const here = { clock, terminal: new FakeTerminal(), stop: new AbortController().signal };
  const { outcome, code, detail } = await clock.finish(awaitRebuild(ACL, { config, table }, 60, here));
  return { outcome, code, detail, afterMs: clock.now() - NOW };
}

const bothAt = (at: number) => ({ nzo1: { rightAt: NOW + at }, nzo2: { rightAt: NOW + at } });
const confirmedPosition = 'p';

describe('whoever waits for a rebuild', () => {
  it('has asked that every zone be read, by the clock of the functions', async () => {
    await stored(RIGHT_BEFORE);
    run('asked', 1_000, 2_000, { zones: bothAt(1_500), confirmedPosition });
    expect(await result()).toMatchObject({ outcome: 'right' });
    expect((await new WakeItem(table).read(ACL)).readFrom).toBe(NOW - 60_000 + 1);
  });

  it('is told the same where the clock of this machine is an hour wrong', async () => {
    const HOUR = 3_600_000;
    const ofFunctions = { nzo1: { rightAt: NOW + HOUR }, nzo2: { rightAt: NOW + HOUR } };
    await stored({ zones: ofFunctions });
    run('asked', 1_000, 2_000, { zones: bothAt(HOUR + 1_500), confirmedPosition });
    expect(await result()).toMatchObject({ outcome: 'right' });
    expect((await new WakeItem(table).read(ACL)).readFrom).toBe(NOW + HOUR + 1);
  });

  it('is not told what a rebuild found that was under way already', async () => {
    await stored(RIGHT_BEFORE);
    run('under way', 0, 2_000, { zones: bothAt(0), confirmedPosition });
    const lastError = { code: 'ZONE001', detail: 'gone', at: NOW + 4_000, since: NOW + 4_000, zoneId: 'nzo1' } as const;
    run('asked', 3_000, 4_000, { zones: RIGHT_BEFORE.zones, confirmedPosition, lastError });
    await clock.advance(1);
    const { outcome, code, afterMs } = await result();
    expect({ outcome, code }).toEqual({ outcome: 'failed', code: 'ZONE001' });
    expect(afterMs).toBeGreaterThanOrEqual(4_000);
  });

  it('is told that all is right once every zone was seen, not the first of them', async () => {
    await stored(RIGHT_BEFORE);
    run('first', 500, 1_000, { zones: { ...RIGHT_BEFORE.zones, nzo2: { rightAt: NOW + 800 } }, confirmedPosition });
    run('second', 5_000, 6_000, { zones: bothAt(5_500), confirmedPosition });
    const { outcome, afterMs } = await result();
    expect(outcome).toBe('right');
    expect(afterMs).toBeGreaterThanOrEqual(6_000);
  });

  it('is told that somebody waits outside once every zone was seen', async () => {
    await stored(RIGHT_BEFORE);
    const lastError = { code: 'ZONE005', detail: 'full', at: NOW + 1_000, since: NOW + 1_000 } as const;
    run('first', 500, 1_000, { zones: RIGHT_BEFORE.zones, confirmedPosition, lastError });
    run('second', 5_000, 6_000, {
      zones: bothAt(5_500),
      confirmedPosition,
      lastError: { ...lastError, at: NOW + 6_000 },
    });
    const { outcome, code, afterMs } = await result();
    expect({ outcome, code }).toEqual({ outcome: 'full', code: 'ZONE005' });
    expect(afterMs).toBeGreaterThanOrEqual(6_000);
  });

  it('is not told of a failure that was known before', async () => {
    const lastError = { code: 'OKTA001', detail: 'refused', at: NOW - 5_000, since: NOW - 5_000 } as const;
    await stored({ ...RIGHT_BEFORE, lastError });
    run('asked', 1_000, 2_000, { zones: bothAt(1_500), confirmedPosition });
    expect(await result()).toMatchObject({ outcome: 'right' });
  });

  it('is told of a pause where nothing comes of it in time', async () => {
    await stored(RIGHT_BEFORE);
    await states.rest.refused(90_000, NOW, NOW);
    const { outcome, detail, afterMs } = await result();
    expect(outcome).toBe('unknown');
    expect(detail).toMatch(/^no result within 60 s; Okta is called again in \d+ s$/);
    expect(afterMs).toBeGreaterThan(60_000);
  });
});
