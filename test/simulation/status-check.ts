import type { AclStatus } from '../../cli/acl-status.ts';
import type { Deployments } from './deployment.ts';
import { entryFor } from './gateways.ts';
import type { Monitor } from './monitor.ts';
import type { Surroundings } from './sources.ts';
import type { World } from './world.ts';

/** Somebody looks at how an ACL stands, as `npm run zone -- status` does, and judges what is said by what Okta showed last. */
export class StatusCheck {
  readonly #world: World;
  readonly #monitor: Monitor;
  readonly #deployments: Deployments;
  readonly #around: Surroundings;

  constructor(world: World, monitor: Monitor, deployments: Deployments, around: Surroundings) {
    this.#world = world;
    this.#monitor = monitor;
    this.#deployments = deployments;
    this.#around = around;
  }

  async look(acl: string): Promise<void> {
    const { clock, faults } = this.#around;
    const began = clock.now();
    // While a deploy goes on, another configuration may have been at work.
    if (!this.#deployments.hasLong(acl, began)) return;
    const status = await this.#world.statusOf(acl, this.#deployments.current, began);
    faults.struck('status looked at');
    const wrong = this.#wrongIn(status, began);
    if (wrong) this.#monitor.broken('status is true', `${acl}: ${status.standing}, but ${wrong}`);
  }

  #wrongIn({ acl, standing, grants, lastError }: AclStatus, began: number): string | undefined {
    if (lastError && !this.#monitor.hasSaid(lastError.code)) return `nobody has said ${lastError.code}`;
    if (standing !== 'right') return undefined;
    const { ipv6 } = this.#deployments.current;
    const now = this.#around.clock.now();
    const zoneIds = this.#deployments.known(acl).flatMap((each) => each.zoneIds);
    const out = grants.find(({ ip, inZone }) => {
      const entry = entryFor(ip, ipv6);
      const isShown = this.#monitor.shown.wereOnce(zoneIds, began, now, (lists) => lists.some((one) => one.has(entry)));
      return inZone !== 'yes' || !isShown;
    });
    return out && `${out.ip} is not in (${out.inZone})`;
  }
}
