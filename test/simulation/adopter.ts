import { GrantBook } from '../../lib/grants/grant-book.ts';
import type { OktaZone } from '../../lib/okta/client.ts';
import { OktaFailure } from '../../lib/okta/okta-failure.ts';
import { allowAdoption, zonesToAdopt } from '../../lib/zones/allow-adoption.ts';
import { ZoneStates } from '../../lib/zones/zone-states.ts';
import { configFor, type Deployments } from './deployment.ts';
import { HEALING_MS } from './faults.ts';
import { viewOf } from './inside.ts';
import type { Surroundings } from './sources.ts';
import type { World } from './world.ts';

/** What an operator does with `npm run zone -- adopt`: looks at an ACL's zones, and allows what is in them to be replaced. */
export class Adopter {
  readonly #world: World;
  readonly #around: Surroundings;
  readonly #deployments: Deployments;
  readonly #adopted: (zoneId: string) => void;

  /** @param adopted is told of every zone whose list may be replaced from now on */
  constructor(world: World, around: Surroundings, deployments: Deployments, adopted: (zoneId: string) => void) {
    this.#world = world;
    this.#around = around;
    this.#deployments = deployments;
    this.#adopted = adopted;
  }

  async adopt(acl: string): Promise<void> {
    const { clock, faults } = this.#around;
    const { table } = this.#world;
    const config = configFor(this.#deployments.current);
    const zoneIds = this.#deployments.acl(acl)?.zoneIds ?? [];
    const states = new ZoneStates(table);
    const deps = { config, clock, states, grants: new GrantBook(table, config, { error: () => {} }) };
    const okta = { get: async (zoneId: string) => ({ zone: this.#zone(zoneId), quota: undefined }) };
    const { zones } = await zonesToAdopt(acl, zoneIds, okta, deps);
    if (zones.length === 0) return;
    await allowAdoption(acl, zones, deps);
    await states.requestReading(acl, 'adopted', clock.now());
    faults.struck('adopted by an operator', HEALING_MS);
    for (const { zoneId } of zones) this.#adopted(zoneId);
  }

  #zone(zoneId: string): OktaZone {
    const zone = viewOf(this.#world.okta.simulator, zoneId);
    if (!zone) throw new OktaFailure('ZONE001', 'there is no such zone', { zoneId });
    return { ...zone, gateways: zone.gateways?.map(({ type, value }) => ({ type, value })) ?? null };
  }
}
