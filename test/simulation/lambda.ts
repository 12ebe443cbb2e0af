import type { Context } from 'aws-lambda';
import type { Clock, Key, Table, TimerQueue, Write } from '../../lib/ports.ts';
import { lambdaContext } from '../../local/stand-ins/aws-events.ts';
import type { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import type { Faults } from './faults.ts';
import type { Random } from './random.ts';
import type { Surroundings } from './sources.ts';

export class Died extends Error {
  override name = 'Died';
}

/**
 * One execution environment of a function. It can die between any two calls of the code in it: that
 * code then waits for ever for its call, while the platform sees the invocation fail.
 */
export class Environment {
  dead = false;
  /** What an invocation under way is told when the environment dies. */
  onDeath: (reason: Died) => void = () => {};
  readonly skewMs: number;
  readonly #clock: VirtualClock;
  readonly #faults: Faults;
  readonly #random: Random;
  readonly #slow: boolean;
  readonly #name: string;

  constructor(name: string, { clock, faults, random, slow }: Surroundings) {
    this.#slow = slow;
    this.#name = name;
    this.#clock = clock;
    this.#faults = faults;
    this.#random = random;
    this.skewMs = faults.strikes('clock skew') ? faults.whole('clock skew', -2_000, 2_000) : 0;
  }

  die(reason: string): void {
    if (this.dead) return;
    this.dead = true;
    this.onDeath(new Died(reason));
  }

  /** This environment's clock: off by some seconds, and silent once it is dead. */
  readonly clock: Clock = {
    now: () => this.#clock.now() + this.skewMs,
    sleep: async (ms) => {
      await this.#clock.sleep(ms);
      await this.alive();
    },
  };

  /** @returns a promise that never settles, once the environment is dead */
  alive(): Promise<void> {
    return this.dead ? new Promise(() => {}) : Promise.resolve();
  }

  /** A call to the outside, with all that can happen to function and call around it. */
  async call<T>(what: string, reach: () => Promise<T>): Promise<T> {
    const faults = this.#faults;
    if (this.dead) return never();
    if (faults.strikes('crash before a call', this.#name, what)) this.die('crash');
    if (this.dead) return never();
    // Most calls take no time at all, which keeps runs fast; some a little, so that others come in between.
    const usual = this.#random.chance(this.#slow ? 0.4 : 0.1) ? this.#random.whole(1, this.#slow ? 1_500 : 25) : 0;
    const slow = faults.strikes('slow call', this.#name, what) ? faults.whole('slow call', 50, 6_000) : usual;
    // The process is gone, the request is on its way.
    if (faults.strikes('crash inside a call', this.#name, what)) this.die('crash');
    if (slow > 0) await this.#clock.sleep(slow);
    const result = await reach();
    if (faults.strikes('crash after a call', this.#name, what)) this.die('crash');
    if (faults.strikes('frozen function', this.#name, what)) {
      await this.#clock.sleep(faults.whole('frozen function', 500, 40_000));
    }
    return this.dead ? never() : result;
  }

  /** The table as this environment reaches it. */
  table(table: Table): Table {
    const fails = () => {
      if (this.#faults.strikes('table error', this.#name)) throw new Error('the table does not answer');
    };
    const read = <T>(what: string, reach: () => Promise<T>) =>
      this.call(what, () => {
        fails();
        return reach();
      });
    return {
      get: (key: Key, options) => read(`get ${key.item}`, () => table.get(key, options)),
      write: (writes: readonly Write[]) =>
        this.call('write', async () => {
          fails();
          const result = await table.write(writes);
          if (this.#faults.strikes('table error after applying', this.#name)) throw new Error('no answer in time');
          return result;
        }),
      queryPrefix: (acl, prefix) => this.#pages(table.queryPrefix(acl, prefix), read),
      queryExpiry: (acl, after, upTo) => this.#pages(table.queryExpiry(acl, after, upTo), read),
    };
  }

  async *#pages<T>(pages: AsyncIterable<T>, read: <R>(what: string, reach: () => Promise<R>) => Promise<R>) {
    const iterator = pages[Symbol.asyncIterator]();
    for (;;) {
      const page = await read('query', () => iterator.next());
      if (page.done) return;
      yield page.value;
    }
  }

  /** A queue as this environment reaches it. */
  send<T>(what: string, reach: () => Promise<T>): Promise<T> {
    return this.call(what, async () => {
      if (this.#faults.strikes('queue error', this.#name)) throw new Error('the queue does not answer');
      const result = await reach();
      if (this.#faults.strikes('queue error after sending', this.#name)) throw new Error('no answer in time');
      return result;
    });
  }

  timers(queue: TimerQueue): TimerQueue {
    return { send: (messages) => this.send('arm', () => queue.send(messages)) };
  }
}

export interface Deployed<Event, Result> {
  readonly environment: Environment;
  readonly handler: (event: Event, context: Context) => Promise<Result>;
}

export interface SimFunctionOptions<Event, Result> {
  readonly name: string;
  readonly timeoutMs: number;
  readonly around: Surroundings;
  readonly coldChance: number;
  readonly create: (environment: Environment) => Deployed<Event, Result>['handler'];
}

/** A function with its warm environments. Each handles one invocation at a time. */
export class SimFunction<Event, Result> {
  readonly #idle: Deployed<Event, Result>[] = [];
  #version = 0;
  #invocations = 0;
  readonly #options: SimFunctionOptions<Event, Result>;

  constructor(options: SimFunctionOptions<Event, Result>) {
    this.#options = options;
  }

  /** From now on invocations meet new code; those under way end as they began. */
  redeploy(): void {
    this.#version += 1;
    this.#idle.length = 0;
  }

  /** @throws what the handler throws, or Died when it did not come to its end */
  async invoke(event: Event): Promise<Result> {
    const { name, timeoutMs } = this.#options;
    const { clock, faults } = this.#options.around;
    const version = this.#version;
    const deployed = this.#take();
    const { environment } = deployed;
    const end = clock.now() + timeoutMs;
    const stopClock = clock.after(timeoutMs, () => {
      faults.struck('function timeout', 125_000, name);
      environment.die('timeout');
    });
    this.#invocations += 1;
    const context = lambdaContext(name, `${name}-${this.#invocations}`, () => end - clock.now());
    try {
      return await new Promise<Result>((resolve, reject) => {
        environment.onDeath = reject;
        deployed.handler(event, context).then(resolve, reject);
      });
    } finally {
      stopClock();
      environment.onDeath = () => {};
      if (!environment.dead && version === this.#version) this.#idle.push(deployed);
    }
  }

  #take(): Deployed<Event, Result> {
    const { name, around, create, coldChance } = this.#options;
    let warm = around.random.chance(coldChance) ? undefined : this.#idle.pop();
    // One may have died since its last answer, of something that still ran in it: Lambda makes another.
    while (warm?.environment.dead) warm = this.#idle.pop();
    if (warm) return warm;
    around.faults.struck('cold start');
    const environment = new Environment(name, around);
    return { environment, handler: create(environment) };
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
