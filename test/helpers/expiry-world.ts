import type { Config } from '../../lib/config.ts';
import { type ExpiryDeps, tick } from '../../lib/expiry/expire-grants.ts';
import { GrantBook } from '../../lib/grants/grant-book.ts';
import type { QueuedEvent } from '../../lib/grants/queue-message.ts';
import { ITEM } from '../../lib/names.ts';
import type { Fields } from '../../lib/ports.ts';
import { configHash } from '../../lib/zones/config-hash.ts';
import { type ZoneState, ZoneStates } from '../../lib/zones/zone-state.ts';
import { logTelemetry } from '../../local/stand-ins/log-telemetry.ts';
import { type Change, MemoryTable } from '../../local/stand-ins/memory-table.ts';
import { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import { ACL, configOf, NOW, positionAt } from './events.ts';

/** The expiry function by itself: what it deletes, arms and asks for is only looked at. */
export class ExpiryWorld {
  readonly clock = new VirtualClock(NOW);
  readonly changes: Change[] = [];
  readonly table = new MemoryTable((change) => this.changes.push(change));
  readonly lines: Fields[] = [];
  readonly timers: { readonly body: string; readonly delaySeconds: number }[] = [];
  readonly deps: ExpiryDeps;
  #events = 0;

  constructor(config: Config = configOf()) {
    const telemetry = logTelemetry(
      'expiry',
      () => this.clock.now(),
      (line) => this.lines.push(line),
    );
    this.deps = {
      config,
      clock: this.clock,
      grants: new GrantBook(this.table, config, telemetry),
      states: new ZoneStates(this.table),
      timers: { send: async (messages) => void this.timers.push(...messages) },
      telemetry,
    };
  }

  async apply(...events: readonly QueuedEvent[]): Promise<void> {
    for (const event of events) {
      this.#events += 1;
      await this.deps.grants.apply(event, positionAt(this.#events), this.clock.now());
    }
    await this.deps.grants.announce(this.clock.now());
  }

  /** Saves a state of the zones as if all were well at this moment, but for what is given. */
  async zonesAre(more: Partial<ZoneState> = {}, acl = ACL): Promise<void> {
    const settings = this.deps.config.acls[acl];
    if (!settings) throw new Error('no such ACL');
    const position = await this.deps.grants.position(acl);
    const well: Partial<ZoneState> = {
      ...{ verifiedAt: this.clock.now(), needsSync: false, configHash: configHash(this.deps.config, settings) },
      ...(position !== undefined && { confirmedPosition: position }),
    };
    await this.table.write([{ put: { acl, item: ITEM.zone, ...well, ...more } }]);
  }

  /** @returns the reason for which the tick asked for a rebuild of the ACL; undefined where it did not */
  async reasonAfterTick(acl = ACL): Promise<unknown> {
    await this.table.write([{ update: { acl, item: ITEM.wake }, remove: ['reason', 'askedAt'] }]);
    await tick(this.deps);
    return (await this.table.get({ acl, item: ITEM.wake }))?.reason;
  }

  state(acl = ACL): Promise<ZoneState> {
    return this.deps.states.get(acl);
  }

  grants(acl = ACL): unknown[] {
    return this.table
      .items()
      .filter((item) => item.acl === acl && item.item.startsWith(ITEM.grant))
      .map(({ ip }) => ip);
  }

  /** What was armed: kind, milliseconds after NOW, and the delay in seconds. */
  armed(): unknown[] {
    return this.timers.map(({ body, delaySeconds }) => {
      const { kind, at } = JSON.parse(body);
      return [kind, at - NOW, delaySeconds];
    });
  }
}
