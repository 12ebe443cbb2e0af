import type { Context } from 'aws-lambda';
import type { Clock, Key, Table, TimerQueue, Write } from '../../lib/ports.ts';
import { lambdaContext } from '../../local/stand-ins/aws-events.ts';
import { repeatedWrite } from '../../local/stand-ins/repeated-write.ts';
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
          const result = this.#faults.strikes('table answer lost', this.#name)
            ? await repeatedWrite(table, writes, () =>
                this.#clock.sleep(this.#faults.whole('table answer lost', 1, 3_000)),
              )
            : await table.write(writes);
          if (this.#faults.strikes('table error after applying', this.#name)) throw new Error('no answer in time');
          return result;
        }),
      queryPrefix: (...query) => this.#pages(table.queryPrefix(...query), read),
      queryExpiry: (...range) => this.#pages(table.queryExpiry(...range), read),
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

type Handler<Event, Result> = (event: Event, context: Context) => Promise<Result>;
type Create<Event, Result> = (environment: Environment) => Handler<Event, Result>;

/** What was deployed at one time: it makes new environments, and keeps those that are warm. */
interface Version<Event, Result> {
  readonly create: Create<Event, Result>;
  readonly idle: Deployed<Event, Result>[];
}

interface Deployed<Event, Result> {
  readonly environment: Environment;
  readonly handler: Handler<Event, Result>;
  readonly version: Version<Event, Result>;
}

export interface SimFunctionOptions<Event, Result> {
  readonly name: string;
  readonly timeoutMs: number;
  readonly around: Surroundings;
  readonly coldChance: number;
  readonly create: Create<Event, Result>;
}

/** A function with its warm environments. Each handles one invocation at a time. */
export class SimFunction<Event, Result> {
  /** Invocations under way. */
  active = 0;
  /** When one died last. Milliseconds since the epoch. */
  diedAt = Number.NEGATIVE_INFINITY;
  #version: Version<Event, Result>;
  /** While a deploy goes on, the version before is invoked too. */
  #before: { readonly version: Version<Event, Result>; readonly until: number } | undefined;
  #invocations = 0;
  readonly #options: SimFunctionOptions<Event, Result>;

  constructor(options: SimFunctionOptions<Event, Result>) {
    this.#options = options;
    this.#version = { create: options.create, idle: [] };
  }

  /**
   * From now on invocations meet new code; those under way end as they began.
   * @param overlapMs for how long some still meet the old code
   */
  redeploy(create: Create<Event, Result>, overlapMs = 0): void {
    const until = this.#options.around.clock.now() + overlapMs;
    this.#before = overlapMs > 0 ? { version: this.#version, until } : undefined;
    this.#version = { create, idle: [] };
  }

  /** @throws what the handler throws, or Died when it did not come to its end */
  async invoke(event: Event): Promise<Result> {
    const { name, timeoutMs } = this.#options;
    const { clock, faults } = this.#options.around;
    const deployed = this.#take();
    const { environment } = deployed;
    const end = clock.now() + timeoutMs;
    const stopClock = clock.after(timeoutMs, () => {
      faults.struck('function timeout', 125_000, name);
      environment.die('timeout');
    });
    this.#invocations += 1;
    this.active += 1;
    const context = lambdaContext(name, `${name}-${this.#invocations}`, () => end - clock.now());
    try {
      return await new Promise<Result>((resolve, reject) => {
        environment.onDeath = (reason) => {
          this.diedAt = clock.now();
          reject(reason);
        };
        deployed.handler(event, context).then(resolve, reject);
      });
    } finally {
      stopClock();
      this.active -= 1;
      environment.onDeath = () => {};
      if (!environment.dead) deployed.version.idle.push(deployed);
    }
  }

  #take(): Deployed<Event, Result> {
    const { name, around, coldChance } = this.#options;
    const version = this.#pickVersion();
    let warm = around.random.chance(coldChance) ? undefined : version.idle.pop();
    // One may have died since its last answer, of something that still ran in it: Lambda makes another.
    while (warm?.environment.dead) warm = version.idle.pop();
    if (warm) return warm;
    around.faults.struck('cold start');
    const environment = new Environment(name, around);
    return { environment, handler: version.create(environment), version };
  }

  #pickVersion(): Version<Event, Result> {
    const { clock, faults, random } = this.#options.around;
    if (!this.#before || clock.now() >= this.#before.until || random.chance(0.5)) return this.#version;
    faults.struck('two configurations at once');
    return this.#before.version;
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
