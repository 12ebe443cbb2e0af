import type { Clock } from '../../lib/ports.ts';
import type { OutsideCall, Way } from '../stand-ins/outside-call.ts';
import type { TableFault, TableFaults } from './table-faults.ts';

type TableCall = Extract<OutsideCall, { to: 'table' }>;

/** What calls take, in milliseconds. Okta's are the simulator's own; the webhook's take none, so that it answers at once. */
const LATENCY_MS = {
  get: 4,
  query: 6,
  write: 8,
  events: 10,
  timers: 10,
  'dead letters': 10,
  secret: 30,
  okta: 0,
  knocknoc: 0,
} as const;
/** A client of AWS gives up on an answer after this long, in milliseconds, and asks this often in all. */
const NO_ANSWER_MS = 2_500;
const ASKS = 3;
/** What passes by itself (a conflict, a throttled call) is tried so often in all, with longer and longer pauses. */
const TRIES = 5;
const PAUSE_MS = 40;

/** The service refused the call for now. */
class Passing extends Error {
  override readonly name = 'Passing';
}
class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/**
 * What lies between the functions and the services of AWS: time, conflicts of writes that meet, and the faults that a
 * scenario asks for. What the production clients try again by themselves is tried again here in the same way.
 */
export class Network {
  readonly #clock: Clock;
  readonly #faults: TableFaults;
  readonly #struck: (fault: TableFault, call: OutsideCall) => void;
  /** Items with a transaction under way. */
  readonly #transactions = new Set<string>();

  /** @param struck is told of each fault that struck a call */
  constructor(clock: Clock, faults: TableFaults, struck: (fault: TableFault, call: OutsideCall) => void) {
    this.#clock = clock;
    this.#faults = faults;
    this.#struck = struck;
  }

  readonly way: Way = async (call, reach) => {
    if (call.to === 'table') return this.#reachTable(call, reach);
    await this.#takeTime(call, LATENCY_MS[call.to]);
    return reach();
  };

  async #takeTime(call: OutsideCall, ms: number): Promise<void> {
    // Whoever asks at the door gets the answer in the same moment, unless it has to wait.
    if (call.from !== 'webhook' && call.from !== 'outcome' && ms > 0) await this.#clock.sleep(ms);
  }

  async #reachTable<T>(call: TableCall, reach: () => Promise<T>): Promise<T> {
    let passing = 0;
    let silent = 0;
    for (;;) {
      try {
        return await this.#attempt(call, reach);
      } catch (error) {
        if (error instanceof Passing) {
          passing += 1;
          if (passing === TRIES) throw error;
          await this.#clock.sleep(PAUSE_MS * passing);
        } else if (error instanceof NoAnswer) {
          silent += 1;
          if (silent === ASKS) throw error;
        } else throw error;
      }
    }
  }

  async #attempt<T>(call: TableCall, reach: () => Promise<T>): Promise<T> {
    const fault = this.#faults.take(call, this.#clock.now());
    if (fault) this.#struck(fault, call);
    if (fault === 'silence') {
      await this.#clock.sleep(NO_ANSWER_MS);
      throw new NoAnswer('the table does not answer');
    }
    const result = await this.#locked(call, async () => {
      await this.#takeTime(call, LATENCY_MS[call.method]);
      if (fault === 'conflict') throw new Passing('TransactionConflict');
      if (fault === 'throttle') throw new Passing('ThrottlingException');
      if (fault === 'refuse') throw new Error('AccessDeniedException');
      return reach();
    });
    if (fault !== 'lose the answer') return result;
    await this.#clock.sleep(NO_ANSWER_MS);
    throw new NoAnswer('the answer of the table was lost');
  }

  /** As the table does it: a write that meets a transaction under way on the same item is refused for now. */
  async #locked<T>(call: TableCall, work: () => Promise<T>): Promise<T> {
    if (call.method !== 'write') return work();
    const items = call.keys.map(({ acl, item }) => JSON.stringify([acl, item]));
    if (items.some((item) => this.#transactions.has(item))) {
      await this.#takeTime(call, LATENCY_MS.write);
      throw new Passing('TransactionConflict');
    }
    if (!call.isTransaction) return work();
    for (const item of items) this.#transactions.add(item);
    try {
      return await work();
    } finally {
      for (const item of items) this.#transactions.delete(item);
    }
  }
}
