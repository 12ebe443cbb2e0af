import { beforeEach, describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/zone.ts';
import { tick } from '../../lib/expiry/expire-grants.ts';
import { GrantBook } from '../../lib/grants/grant-book.ts';
import type { QueuedEvent } from '../../lib/grants/queue-message.ts';
import { ITEM, TABLE } from '../../lib/names.ts';
import type { Table, Write } from '../../lib/ports.ts';
import { lambdaContext, streamEvent } from '../../local/stand-ins/aws-events.ts';
import { type Change, MemoryTable } from '../../local/stand-ins/memory-table.ts';
import { ACL, flushed, granted, NOW, revoked } from '../helpers/events.ts';
import { FaultyTable } from '../helpers/faulty-table.ts';
import { ZoneWorld } from '../helpers/zone-world.ts';

const ALICE = '203.0.113.1';
const BOB = '203.0.113.2';
const over = (ip: string, lateMs: number, rest: Partial<QueuedEvent> = {}) =>
  granted(ip, -60, { expiresAt: NOW - lateMs, ...rest });
let world: ZoneWorld;
beforeEach(() => {
  world = new ZoneWorld();
});

/** The zone function, with what the table's stream has to tell. */
const tell = (changes: readonly Change[] = world.changes.splice(0), deps = world.deps) =>
  world.clock.finish(
    Promise.resolve(
      createHandler(() => deps)(
        streamEvent(changes),
        lambdaContext('zone', 'r', () => 30_000),
      ),
    ),
  );
const said = () => world.lines.filter(({ action }) => action === 'grant-expired');

describe('a grant that is over has a line of the audit', () => {
  it('with who it was and how late it ended', async () => {
    await world.apply(over(ALICE, 1_500, { grantId: 'g', user: 'alice' }));
    await tick(world.deps);
    await tell();
    const expiresAt = NOW - 1_500;
    expect(said()).toMatchObject([
      { acl: ACL, ip: ALICE, grantId: 'g', user: 'alice', expiresAt, cause: 'expiry', lateMs: 1_500 },
    ]);
    expect(said()[0]).not.toHaveProperty('item');
  });

  it('counts its lateness to the moment at which it was ended, however late it is told', async () => {
    await world.apply(over(ALICE, 1_500));
    await tick(world.deps);
    await world.clock.advance(60_000);
    await tell();
    expect(said()).toMatchObject([{ lateMs: 1_500 }]);
  });

  it('also where the table’s TTL was faster than anybody', async () => {
    await world.apply(over(ALICE, 5_500, { user: 'alice' }));
    expect(world.table.removeExpired(NOW)).toBe(1);
    await tick(world.deps);
    await tell();
    expect(said()).toMatchObject([{ ip: ALICE, user: 'alice', lateMs: 5_500, byTtl: true }]);
  });

  it('also where the row was no grant, with what can be read of it', async () => {
    const put = (item: string, rest: object) => world.table.write([{ put: { acl: ACL, item, ...rest } }]);
    await put(`${ITEM.grant}0.0.0.0/0#`, { ip: '0.0.0.0/0', [TABLE.expiryAttribute]: NOW });
    await put(`${ITEM.grant}nobody#`, { ip: 7, user: { deep: 1 }, [TABLE.expiryAttribute]: -5 });
    await tick(world.deps);
    await tell();
    expect(said()).toHaveLength(2);
    expect(said()).toContainEqual(expect.objectContaining({ acl: ACL, ip: '0.0.0.0/0', expiresAt: NOW, lateMs: 0 }));
    expect(said()).toContainEqual(expect.objectContaining({ acl: ACL, item: `${ITEM.grant}nobody#`, expiresAt: -5 }));
  });

  it('once, where a timer and the tick end it side by side', async () => {
    await world.apply(over(ALICE, 0), over(BOB, 0));
    await Promise.all([tick(world.deps), tick(world.deps), tick(world.deps)]);
    await tell();
    expect(said().map(({ ip }) => ip)).toEqual([ALICE, BOB]);
  });

  it('once, where the zones could not be rebuilt at first and the records came again', async () => {
    await world.apply(over(ALICE, 0));
    await tick(world.deps);
    const changes = world.changes.splice(0);
    world.table.unreachable = true;
    await expect(tell(changes)).rejects.toThrow();
    expect(said()).toEqual([]);
    world.table.unreachable = false;
    await tell(changes);
    expect(said()).toHaveLength(1);
  });

  it('and none where a revoke or a flush has ended it', async () => {
    await world.apply(granted(ALICE, 0), granted(BOB, 0), granted(BOB, 0, { grantId: 'x' }));
    await world.apply(revoked(ALICE, 1), revoked(BOB, 1, { grantId: 'x' }), flushed(2));
    await tick(world.deps);
    await tell();
    expect(said()).toEqual([]);
  });

  it('also where a revoke or a flush comes before anybody has ended it: that ends nothing', async () => {
    await world.apply(over(ALICE, 1), over(BOB, 1, { grantId: 'x' }), over('203.0.113.3', 1));
    await world.apply(revoked(ALICE, 1), revoked(BOB, 1, { grantId: 'x' }), flushed(2));
    await tick(world.deps);
    await tell();
    expect(said().map(({ ip }) => ip)).toEqual([ALICE, BOB, '203.0.113.3']);
  });

  it('and none where it was extended meanwhile', async () => {
    await world.apply(over(ALICE, 0));
    const faulty = new FaultyTable(world.table);
    // The first write marks the row; the run dies there.
    Object.assign(faulty, { crashAt: 1, afterApplying: true });
    await expect(tick(depsOver(faulty))).rejects.toThrow();
    await world.apply(granted(ALICE, 1));
    await tick(world.deps);
    await tell();
    expect(await world.grants()).toEqual([ALICE]);
    expect(said()).toEqual([]);
  });

  it.each([
    ['before a write', false],
    ['between a write and its end', true],
  ])('once, at whichever write the run dies: %s', async (_, afterApplying) => {
    for (let crashAt = 1; ; crashAt += 1) {
      world = new ZoneWorld();
      await world.apply(over(ALICE, 0), over(BOB, 0));
      const faulty = new FaultyTable(world.table);
      Object.assign(faulty, { crashAt, afterApplying });
      const died = await tick(depsOver(faulty)).then(
        () => false,
        () => true,
      );
      await tick(world.deps);
      await tell();
      expect(
        said()
          .map(({ ip }) => ip)
          .sort(),
      ).toEqual([ALICE, BOB]);
      if (!died) return expect(crashAt).toBeGreaterThan(5);
    }
  });

  it('once, where the table goes on refusing one of many', async () => {
    class Stubborn extends MemoryTable {
      stubborn = true;
      override async write(writes: readonly Write[]) {
        const isBobs = writes.some(
          (write) => 'remove' in write && 'acl' in write.remove && write.remove.item.includes(BOB),
        );
        if (isBobs && this.stubborn) throw new Error('no');
        return super.write(writes);
      }
    }
    world = new ZoneWorld({ Table: Stubborn });
    await world.apply(...Array.from({ length: 30 }, (_, i) => over(`198.51.100.${i}`, i)), over(BOB, 0));
    for (const _ of [1, 2, 3]) await expect(tick(world.deps)).rejects.toThrow();
    await tell();
    expect(said()).toHaveLength(30);
    if (world.table instanceof Stubborn) world.table.stubborn = false;
    await tick(world.deps);
    await tell();
    expect(said()).toHaveLength(31);
    expect(new Set(said().map(({ ip }) => ip)).size).toBe(31);
  });
});

function depsOver(table: Table) {
  return { ...world.deps, grants: new GrantBook(table, world.deps.config, world.deps.telemetry) };
}
