import { redrive } from '../../lib/grants/redrive.ts';
import { configOf } from './events.ts';
import { VirtualSystem } from './virtual-system.ts';

/** The whole system with its dead letters, and the command that puts them back. */
export class RedriveWorld extends VirtualSystem {
  get letters() {
    return this.functions.events.deadLetters;
  }

  redrive(options: { readonly dryRun?: boolean } = {}) {
    const { events } = this.functions;
    return redrive(
      { clock: this.clock, config: configOf(), events, box: this.letters, deadLetters: this.letters },
      options,
    );
  }

  /** Out of reach for long enough that every event on the queue is given up on: a quarter of an hour for each ten. */
  async outage(events: () => Promise<unknown>, minutes = 24): Promise<void> {
    this.functions.table.unreachable = true;
    await events();
    await this.clock.advance(minutes * 60_000);
    this.functions.table.unreachable = false;
  }
}
