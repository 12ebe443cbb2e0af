import { singleWrite } from '../../lib/adapters/dynamodb-expressions.ts';
import { ITEM } from '../../lib/names.ts';
import type {
  Clock,
  DeadLetters,
  EventQueue,
  HttpClient,
  Key,
  SecretReader,
  Table,
  TimerQueue,
} from '../../lib/ports.ts';
import { keyOf } from '../../lib/table-changes.ts';
import type { FunctionName, OutsideCall, Way } from './outside-call.ts';
import { triesOfWrite } from './repeated-write.ts';

/** An invocation did not come to its end. */
export class Died extends Error {
  override readonly name = 'Died';
}

type Call = OutsideCall extends infer Each ? (Each extends OutsideCall ? Omit<Each, 'from'> : never) : never;

/**
 * One execution environment of a function. It can die between any two calls of the code in it: that code then waits
 * for ever for its call, while the platform sees the invocation fail.
 */
export class Environment {
  readonly functionName: FunctionName;
  /** What an invocation under way is told when the environment dies. */
  onDeath: (reason: Died) => void = () => {};
  readonly clock: Clock;
  readonly #way: Way;
  readonly #beforeCall: (environment: Environment) => void;
  #dead = false;

  /** @param beforeCall is told of each call before it goes out, and may let the environment die */
  constructor(
    functionName: FunctionName,
    clock: Clock,
    way: Way,
    beforeCall: (environment: Environment) => void = () => {},
  ) {
    this.functionName = functionName;
    this.#way = way;
    this.#beforeCall = beforeCall;
    this.clock = {
      now: () => clock.now(),
      sleep: async (ms) => {
        await clock.sleep(ms);
        if (this.#dead) await never();
      },
    };
  }

  get dead(): boolean {
    return this.#dead;
  }

  die(reason: string): void {
    if (this.#dead) return;
    this.#dead = true;
    this.onDeath(new Died(reason));
  }

  /** The table as the code in this environment reaches it. */
  table(table: Table): Table {
    const call = <T>(method: 'get' | 'query', key: Key, reach: () => Promise<T>) =>
      this.#call({ to: 'table', method, keys: [key], isTransaction: false }, reach);
    const pages = async function* <T>(found: AsyncIterable<T>, key: Key) {
      const iterator = found[Symbol.asyncIterator]();
      for (;;) {
        const page = await call('query', key, () => iterator.next());
        if (page.done) return;
        yield page.value;
      }
    };
    return {
      get: (key, options) => call('get', key, () => table.get(key, options)),
      write: (writes) => {
        const isTransaction = singleWrite(writes) === undefined;
        const keys = writes.map(keyOf);
        return this.#call({ to: 'table', method: 'write', keys, isTransaction }, triesOfWrite(table, writes));
      },
      queryPrefix: (...query) => pages(table.queryPrefix(...query), { acl: query[0], item: query[1] }),
      queryExpiry: (...range) => pages(table.queryExpiry(...range), { acl: range[0], item: ITEM.grant }),
    };
  }

  events(queue: EventQueue): EventQueue {
    return { send: (message) => this.#call({ to: 'events' }, () => queue.send(message)) };
  }

  timers(queue: TimerQueue): TimerQueue {
    return { send: (messages) => this.#call({ to: 'timers' }, () => queue.send(messages)) };
  }

  deadLetters(letters: DeadLetters): DeadLetters {
    return { send: (letter) => this.#call({ to: 'dead letters' }, () => letters.send(letter)) };
  }

  secret(secret: SecretReader): SecretReader {
    return { read: () => this.#call({ to: 'secret' }, () => secret.read()) };
  }

  http(http: HttpClient): HttpClient {
    return (request) => this.#call({ to: 'okta' }, () => http(request));
  }

  /** Knocknoc's server, which publishes the lists. */
  knocknoc(http: HttpClient): HttpClient {
    return (request) => this.#call({ to: 'knocknoc' }, () => http(request));
  }

  async #call<T>(call: Call, reach: () => Promise<T>): Promise<T> {
    if (!this.#dead) this.#beforeCall(this);
    if (this.#dead) return never();
    try {
      return await this.#way({ from: this.functionName, ...call }, reach);
    } finally {
      // Also what failed is news that nobody is there to hear.
      if (this.#dead) await never();
    }
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
