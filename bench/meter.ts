import { AsyncLocalStorage } from 'node:async_hooks';
import type { FunctionName } from '../cdk/function-code.ts';
import { singleWrite } from '../lib/adapters/dynamodb-expressions.ts';
import type { Fields, Item, Table } from '../lib/ports.ts';
import { keyOf } from '../lib/table-changes.ts';
import { knocknocClient } from '../local/knocknoc-simulator/simulator.ts';
import type { VirtualSystem } from '../test/helpers/virtual-system.ts';
import { kindOf, readUnits, sizeOf, writeUnits } from './table-units.ts';

/** What one function, or what stands before it, used. */
export interface Usage {
  invocations: number;
  coldStarts: number;
  /** Of the virtual clock, with the latencies below. */
  runMs: number;
  writeUnits: number;
  readUnits: number;
  /** Requests to a queue, by the function itself. */
  fifoRequests: number;
  standardRequests: number;
  secretReads: number;
  logBytes: number;
  /** Of the table's units, those of each kind of item: `w GRANT`, `r WAKE`. */
  units: Record<string, number>;
}

/** `allowlist`, the reader of lists, is not in every stack. */
export type MeteredName = FunctionName | 'allowlist';
export type UsageByFunction = Readonly<Record<MeteredName, Usage>>;

/** Assumed, in milliseconds: what a call takes while a function waits for it. */
export const LATENCY_MS = {
  ...{ read: 5, write: 10, queue: 10, secret: 30, okta: 200, knocknoc: 100, ownWork: 5, coldStart: 500 },
} as const;
/** A function that has rested for this long is assumed to start cold. */
const WARM_MS = 5 * 60_000;
/** CloudWatch counts each log event's bytes and this. */
const LOG_EVENT_BYTES = 26;
/** The lines of the Lambda service itself about an invocation: START, END and REPORT. */
const PLATFORM_LOG_BYTES = 330 + 3 * LOG_EVENT_BYTES;
/** What a line has beside what the stand-in writes: service and version for the function's name, and a longer request id. */
const LIBRARY_LOG_BYTES = 50;

/**
 * Counts what the handlers of a virtual system ask of AWS, by the function that asks, in the units that are paid for.
 * From now on each call takes its latency on the virtual clock, so that an invocation's time is known as well.
 */
export class Meter {
  readonly usage: UsageByFunction = {
    ...{ webhook: nothing(), outcome: nothing(), grants: nothing() },
    ...{ expiry: nothing(), zone: nothing(), allowlist: nothing() },
  };
  /** Requests that put messages onto the queue of reads. */
  armingRequests = 0;
  /** Each custom metric that got data: name and dimensions. */
  readonly metrics = new Set<string>();
  readonly #system: VirtualSystem;
  readonly #running = new AsyncLocalStorage<MeteredName>();

  constructor(system: VirtualSystem, handlers: ReturnType<VirtualSystem['functions']['deploy']>) {
    this.#system = system;
    system.latencyMs = LATENCY_MS.okta;
    system.onList = knocknocClient(system.knocknoc, () => system.clock.sleep(LATENCY_MS.knocknoc));
    for (const name of ['webhook', 'outcome', 'grants', 'expiry', 'zone', 'allowlist'] as const)
      this.#watchHandler(handlers, name);
    this.#watchTable(system.functions.table);
    this.#watchQueues();
    this.#watchSecrets();
    const keep = system.lines.push.bind(system.lines);
    system.lines.push = (...lines) => {
      for (const line of lines) this.#logged(line);
      return keep();
    };
  }

  /** Calls to Okta so far. */
  calls(): { readonly gets: number; readonly puts: number } {
    const methods = this.#system.okta.requests(0).map(({ method }) => method);
    return {
      gets: methods.filter((method) => method === 'GET').length,
      puts: methods.filter((method) => method === 'PUT').length,
    };
  }

  #now(): Usage {
    const name = this.#running.getStore();
    if (!name) throw new Error('something outside of a function uses AWS');
    return this.usage[name];
  }

  #read(kind: string, units: number): void {
    const usage = this.#now();
    usage.readUnits += units;
    usage.units[`r ${kind}`] = (usage.units[`r ${kind}`] ?? 0) + units;
  }

  #wrote(kind: string, units: number): void {
    const usage = this.#now();
    usage.writeUnits += units;
    usage.units[`w ${kind}`] = (usage.units[`w ${kind}`] ?? 0) + units;
  }

  #watchHandler(handlers: Record<string, unknown>, name: MeteredName): void {
    const usage = this.usage[name];
    const { clock } = this.#system;
    let last = Number.NEGATIVE_INFINITY;
    handlers[name] = new Proxy(handlers[name] as (...args: unknown[]) => Promise<unknown>, {
      apply: (handler, self, args) =>
        this.#running.run(name, async () => {
          const began = clock.now();
          usage.invocations += 1;
          usage.logBytes += PLATFORM_LOG_BYTES;
          if (began - last > WARM_MS) usage.coldStarts += 1;
          last = began;
          await clock.sleep(LATENCY_MS.ownWork);
          try {
            return await Reflect.apply(handler, self, args);
          } finally {
            last = clock.now();
            usage.runMs += last - began;
          }
        }),
    });
  }

  #watchTable(table: Table): void {
    const { clock } = this.#system;
    const plain = {
      get: table.get.bind(table),
      write: table.write.bind(table),
      prefix: table.queryPrefix.bind(table),
      expiry: table.queryExpiry.bind(table),
    };
    table.get = async (key, options) => {
      await clock.sleep(LATENCY_MS.read);
      const item = await plain.get(key, options);
      this.#read(kindOf(key), readUnits(item ? sizeOf(item) : 0) * (options?.stale ? 0.5 : 1));
      return item;
    };
    table.write = async (writes) => {
      const before = await Promise.all(writes.map((write) => plain.get(keyOf(write))));
      await clock.sleep(LATENCY_MS.write);
      const result = await plain.write(writes);
      const after = await Promise.all(writes.map((write) => plain.get(keyOf(write))));
      const times = singleWrite(writes) ? 1 : 2;
      for (const [index, write] of writes.entries()) {
        this.#wrote(kindOf(keyOf(write)), writeUnits(before[index], after[index]) * times);
      }
      return result;
    };
    const pages = async function* (
      this: Meter,
      kind: string,
      found: AsyncIterable<readonly Item[]>,
      { fetched = 0, price = 1 }: { readonly fetched?: number; readonly price?: number },
    ) {
      await clock.sleep(LATENCY_MS.read);
      let bytes = 0;
      try {
        for await (const page of found) {
          bytes += page.reduce((sum, item) => sum + sizeOf(item), 0);
          // What the index does not hold is read of the table, item by item.
          if (page.length > 0) this.#read(kind, fetched * page.length);
          yield page;
        }
      } finally {
        // Also where nobody asks for the next page.
        this.#read(kind, readUnits(bytes) * price);
      }
    }.bind(this);
    table.queryPrefix = (acl, prefix, options) =>
      pages(kindOf({ acl, item: prefix }), plain.prefix(acl, prefix, options), { price: options?.stale ? 0.5 : 1 });
    table.queryExpiry = (...range) =>
      pages('index by expiry', plain.expiry(...range), { fetched: range[3]?.brief ? 0 : 1 });
  }

  #watchQueues(): void {
    const { clock, functions } = this.#system;
    const sendEvent = functions.events.send.bind(functions.events);
    functions.events.send = async (message) => {
      this.#now().fifoRequests += 1;
      await clock.sleep(LATENCY_MS.queue);
      return sendEvent(message);
    };
    const sendTimers = functions.timers.send.bind(functions.timers);
    functions.timers.send = async (messages) => {
      const requests = Math.ceil(messages.length / 10);
      this.#now().standardRequests += requests;
      await clock.sleep(LATENCY_MS.queue * requests);
      return sendTimers(messages);
    };
    const sendReads = functions.reads.send.bind(functions.reads);
    functions.reads.send = async (messages) => {
      const requests = Math.ceil(messages.length / 10);
      this.armingRequests += requests;
      await clock.sleep(LATENCY_MS.queue * requests);
      return sendReads(messages);
    };
  }

  #watchSecrets(): void {
    for (const secret of [this.#system.oktaCredentials, this.#system.webhookSecret, this.#system.allowlistSecret]) {
      const read = secret.read.bind(secret);
      secret.read = async () => {
        this.#now().secretReads += 1;
        await this.#system.clock.sleep(LATENCY_MS.secret);
        return read();
      };
    }
  }

  #logged(line: Fields): void {
    this.#now().logBytes += Buffer.byteLength(JSON.stringify(line)) + LOG_EVENT_BYTES + LIBRARY_LOG_BYTES;
    if (!('_aws' in line)) return;
    const { CloudWatchMetrics } = line._aws as {
      CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[];
    };
    for (const { Dimensions, Metrics } of CloudWatchMetrics) {
      const dimensions = (Dimensions[0] ?? []).map((name) => `${name}=${line[name]}`).join(' ');
      for (const { Name } of Metrics) this.metrics.add(`${Name} ${dimensions}`);
    }
  }
}

function nothing(): Usage {
  const counts = { fifoRequests: 0, standardRequests: 0, secretReads: 0, logBytes: 0 };
  return { invocations: 0, coldStarts: 0, runMs: 0, writeUnits: 0, readUnits: 0, units: {}, ...counts };
}
