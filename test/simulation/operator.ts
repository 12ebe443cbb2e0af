import { redrive } from '../../lib/grants/redrive.ts';
import { ZONE_ITEM, ZONE_PARTITION } from '../../lib/names.ts';
import { Adopter } from './adopter.ts';
import type { Deployments } from './deployment.ts';
import { HEALING_MS } from './faults.ts';
import { garbageMessage, garbageRow } from './garbage.ts';
import type { Monitor } from './monitor.ts';
import type { Action } from './plan.ts';
import type { Surroundings } from './sources.ts';
import { isRemembered, spoiled } from './spoiled.ts';
import type { World } from './world.ts';

/** How long an item is waited for that nobody is at work on, in milliseconds. */
const PATIENCE_MS = 120_000;
/** After a function died, calls of its may still be on their way. */
const ON_THE_WAY_MS = 60_000;

/** What happens to table and queues beside the events: things that are none, another version, an outage, a new queue. */
export class Operator {
  readonly #adopter: Adopter;
  readonly #world: World;
  readonly #around: Surroundings;
  readonly #noticedMs: number;
  readonly #monitor: Monitor;

  constructor(world: World, around: Surroundings, noticedMs: number, monitor: Monitor, deployments: Deployments) {
    this.#adopter = new Adopter(world, around, deployments, (zoneId) => monitor.zoneIsAdopted(zoneId));
    this.#world = world;
    this.#around = around;
    this.#noticedMs = noticedMs;
    this.#monitor = monitor;
  }

  act(action: Action): void {
    const { clock, faults } = this.#around;
    const { fifo, weather } = this.#world;
    const now = clock.now();
    if (action.do === 'garbage row') {
      faults.struck('garbage row');
      void this.#world.table.write([{ put: garbageRow(action.acl, action.n, now) }]);
    }
    if (action.do === 'garbage message') {
      faults.struck('garbage message');
      const body = garbageMessage(action.acl, action.n, now);
      void fifo.send({ body, deduplicationId: `garbage ${now} ${action.n}` });
    }
    if (action.do === 'replace queue') {
      faults.struck('queue replaced');
      fifo.replace();
    }
    if (action.do === 'table out' && weather) {
      faults.struck('table out', action.seconds * 1000 + HEALING_MS);
      weather.outUntil = now + action.seconds * 1000;
    }
    if (action.do === 'redrive') void this.#redrive();
    if (action.do === 'adopt') void this.#adopter.adopt(action.acl);
    if (action.do === 'spoil') this.#spoil(action, now + PATIENCE_MS);
  }

  async #redrive(): Promise<void> {
    const { clock, faults } = this.#around;
    const { fifo } = this.#world;
    if (fifo.deadLetters.letters.length === 0) return;
    faults.disturb(HEALING_MS);
    const config = { allowPrivate: false, allowIpv6: true };
    await redrive({ config, clock, events: fifo, box: fifo.deadLetters, deadLetters: fifo.deadLetters });
  }

  /** Not under the hands of a run: another version has ended before this one begins. */
  #spoil(action: Extract<Action, { do: 'spoil' }>, until: number): void {
    const { clock, faults } = this.#around;
    const { zone, table } = this.#world;
    const now = clock.now();
    if (zone.active > 0 || now < zone.diedAt + ON_THE_WAY_MS) {
      if (now < until) clock.after(300, () => this.#spoil(action, until));
      return;
    }
    const keys = [...this.#world.keys.values()].filter(isRemembered);
    const key = keys[action.n % Math.max(1, keys.length)];
    const item = key && table.look(key);
    if (!item) return;
    const put = spoiled(item, action.how, action.n);
    faults.struck('spoiled item', this.#noticedMs + HEALING_MS, item.item, JSON.stringify(put));
    const isList = key.acl.startsWith(ZONE_PARTITION) && key.item === ZONE_ITEM.list;
    this.#monitor.isSpoiled(isList ? key.acl.slice(ZONE_PARTITION.length) : undefined);
    void table.write([{ put }]);
  }
}
