import { describe, expect, it } from 'vitest';
import { bookOf, granted, positionAt } from '../helpers/events.ts';
import { VirtualSystem } from '../helpers/virtual-system.ts';

const LONG = { durationSeconds: 86_400 };

/** Distinct addresses, none beside another, so that nothing merges. */
const apart = (i: number) => `${20 + (i >> 15)}.${(i >> 7) & 255}.${(i & 127) * 2}.9`;

async function fill(system: VirtualSystem, count: number): Promise<void> {
  const expiresAt = system.clock.now() + 86_400_000;
  const book = bookOf(system.functions.table);
  for (let i = 0; i < count; i += 1) {
    await book.apply(granted(apart(i), -60, { expiresAt }), positionAt(i), system.clock.now());
  }
}

describe('five thousand live grants of one ACL', () => {
  it('are read in full; whoever has no place waits, is told so, and comes in as room appears', async () => {
    const system = new VirtualSystem();
    system.functions.stream.losesEverything = true;
    await fill(system, 5_000);
    system.functions.stream.losesEverything = false;
    const last = await system.outcomeOf('access.granted', { ip: '9.9.9.9', ...LONG });
    expect(last).toMatchObject({ status: 502, body: { code: 'ZONE005' } });
    expect(system.gateways()).toEqual(Array.from({ length: 150 }, (_, i) => `${apart(i)}/32`).sort());
    expect(system.lines.find(({ code }) => code === 'ZONE005')).toMatchObject({ waiting: 4_851 });

    await system.revoke(apart(0));
    await system.clock.advance(3_000);
    expect(system.gateways()).toContain(`${apart(150)}/32`);
    expect(system.gateways()).not.toContain(`${apart(0)}/32`);
    // More wait than are kept by name: whoever is in a zone is told so all the same.
    const again = await system.outcomeOf('access.granted', { ip: apart(1), ...LONG });
    expect(again).toMatchObject({ status: 200, body: { status: 'applied' } });
  }, 30_000);
});

describe('fifty ACLs', () => {
  const names = Array.from({ length: 50 }, (_, i) => `acl-${i}`);
  const zoneOf = (name: string) => `nzo-${name}`;
  const start = (settings: object = {}) => {
    const acls = Object.fromEntries(names.map((name) => [name, { zoneIds: [zoneOf(name)] }]));
    const system = new VirtualSystem({ acls, ...settings });
    for (const name of names)
      system.okta.seedZone(zoneOf(name), { gateways: [{ type: 'CIDR', value: '192.0.2.0/32' }] });
    return system;
  };
  /** The ACLs that have the person so many milliseconds after the grant. */
  const letIn = async (system: VirtualSystem, ms: number, whose = names) => {
    for (const acl of names) await system.grant('203.0.113.7', { acl, ...LONG });
    await system.clock.advance(ms);
    return whose.filter((name) => system.gateways(zoneOf(name)).includes('203.0.113.7/32'));
  };

  it('are all looked at by one tick', async () => {
    const system = start();
    await system.functions.tick();
    await system.clock.advance(5_000);
    const read = new Set(system.okta.requests(0).map(({ zoneId }) => zoneId));
    expect([...read].sort()).toEqual(names.map(zoneOf).sort());
  });

  it('are updated side by side', async () => {
    expect(await letIn(start(), 2_000)).toEqual(names);
  });

  it('a wrong zone id is the trouble of its own ACL only', async () => {
    const system = start();
    system.okta.removeZone(zoneOf('acl-3'));
    system.okta.removeZone(zoneOf('acl-40'));
    const good = names.filter((name) => !['acl-3', 'acl-40'].includes(name));
    expect(await letIn(system, 2_000, good)).toEqual(good);
    expect(new Set(system.codes())).toEqual(new Set(['ZONE001']));
  });

  it('one that Okta does not answer for holds up few others, and those for one run only', async () => {
    const late = async (settings: object) => {
      const system = start(settings);
      system.okta.addFault({ count: 1_000, zoneId: zoneOf('acl-3'), fault: { hang: true } });
      const good = names.filter((name) => name !== 'acl-3');
      const soon = await letIn(system, 2_000, good);
      await system.clock.advance(20_000);
      expect(await letIn(system, 0, good)).toEqual(good);
      return good.length - soon.length;
    };
    const [sideBySide, oneByOne] = [await late({}), await late({ reservedConcurrency: false })];
    expect(sideBySide).toBeLessThan(10);
    expect(oneByOne).toBeGreaterThan(2 * sideBySide);
  });
});
