import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { Config } from '../lib/config.ts';
import { EVENTS_MOST_RECEIVES, ITEM, READS_MOST_RECEIVES, TIMERS_MOST_RECEIVES } from '../lib/names.ts';
import type { Fields, Telemetry } from '../lib/ports.ts';
import { batchesAtOnce } from '../lib/zones/stream-batches.ts';
import type { AccountQuota } from './stand-ins/account-quota.ts';
import { fifoEvent, lambdaContext, streamEvent, timerEvent } from './stand-ins/aws-events.ts';
import type { CallbackClock } from './stand-ins/callback-clock.ts';
import { ChangeStream } from './stand-ins/change-stream.ts';
import { DelayQueue } from './stand-ins/delay-queue.ts';
import { FifoQueue } from './stand-ins/fifo-queue.ts';
import { LambdaFunction } from './stand-ins/lambda-function.ts';
import { logTelemetry } from './stand-ins/log-telemetry.ts';
import { type Change, MemoryTable } from './stand-ins/memory-table.ts';
import type { FunctionName, Way } from './stand-ins/outside-call.ts';
import { type Handlers, type Reached, wiredHandlers } from './wired-handlers.ts';

export interface EmbeddedOptions extends Reached {
  readonly config: Config;
  readonly clock: CallbackClock;
  readonly write: (line: Fields) => void;
  /** By the function's name; lines as objects to `write` where absent. */
  readonly telemetry?: (functionName: FunctionName) => Telemetry;
  /** Between the functions and the outside; nothing where absent. */
  readonly way?: Way;
  /** How many invocations run at once; any number where absent. */
  readonly quota?: AccountQuota;
  /** An invocation ended without an answer. */
  readonly died?: (functionName: FunctionName, reason: string) => void;
}

/** Timeouts of the functions in milliseconds, as the stack sets them. */
const TIMEOUT_MS = {
  webhook: 29_000,
  outcome: 29_000,
  grants: 15_000,
  expiry: 30_000,
  zone: 30_000,
  allowlist: 30_000,
} as const;
const MINUTE_MS = 60_000;

/** The production handlers, wired to stand-ins: everything between the HTTP API and Okta, in one process. */
export class EmbeddedFunctions {
  /** The minute schedule fires no more. */
  scheduleIsDead = false;
  /** Ticks that are lost, from the next on. */
  ticksToLose = 0;
  readonly table: MemoryTable;
  readonly events: FifoQueue;
  readonly timers: DelayQueue;
  readonly reads: DelayQueue;
  readonly stream: ChangeStream;
  readonly #options: EmbeddedOptions;
  readonly #functions: {
    readonly [Name in FunctionName]: LambdaFunction<Parameters<Handlers[Name]>[0], Awaited<ReturnType<Handlers[Name]>>>;
  };
  readonly #handlers: Handlers;
  #config: Config;
  #ids = 0;

  constructor(options: EmbeddedOptions) {
    this.#options = options;
    this.#config = options.config;
    const { clock } = options;
    this.table = new MemoryTable((change) => this.stream.push(change));
    this.stream = new ChangeStream({
      clock,
      wanted: wakesTheZoneFunction,
      consume: (batch) => this.#handlers.zone(streamEvent(batch), this.#context('zone')),
      maxRetries: 10,
      batchesAtOnce: () => batchesAtOnce(this.#config),
    });
    this.events = new FifoQueue({
      clock,
      consume: async (batch) => {
        const answer = await this.#handlers.grants(fifoEvent(batch), this.#context('grants'));
        return answer.batchItemFailures.map((failure) => failure.itemIdentifier);
      },
      visibilityMs: 6 * TIMEOUT_MS.grants,
      maxReceives: EVENTS_MOST_RECEIVES,
    });
    // Whichever is due next is lost, a timer or a read.
    const losses = { count: 0 };
    this.timers = new DelayQueue({
      ...{ clock, losses },
      consume: async (body, messageId, receives) => {
        const answer = await this.#handlers.expiry(timerEvent(messageId, body, receives), this.#context('expiry'));
        if (answer.batchItemFailures.length > 0) throw new Error('the timer is to come again');
      },
      visibilityMs: 6 * TIMEOUT_MS.expiry,
      maxReceives: TIMERS_MOST_RECEIVES,
    });
    this.reads = new DelayQueue({
      ...{ clock, losses },
      consume: async (body, messageId, receives) => {
        const answer = await this.#handlers.allowlist(
          timerEvent(messageId, body, receives),
          this.#context('allowlist'),
        );
        if (answer.batchItemFailures.length > 0) throw new Error('the message is to come again');
      },
      visibilityMs: 6 * TIMEOUT_MS.allowlist,
      maxReceives: READS_MOST_RECEIVES,
    });
    const functionOf = <Name extends FunctionName>(name: Name) =>
      new LambdaFunction<Parameters<Handlers[Name]>[0], Awaited<ReturnType<Handlers[Name]>>>({
        ...{ name, clock, timeoutMs: TIMEOUT_MS[name] },
        ...(options.way && { way: options.way }),
        ...(options.died && { died: options.died }),
      });
    this.#functions = {
      webhook: functionOf('webhook'),
      outcome: functionOf('outcome'),
      grants: functionOf('grants'),
      expiry: functionOf('expiry'),
      zone: functionOf('zone'),
      allowlist: functionOf('allowlist'),
    };
    const { webhook, outcome, grants, expiry, zone, allowlist } = this.#functions;
    const { quota } = options;
    const atOnce = <T>(invoke: () => Promise<T>) => (quota ? quota.atOnce(invoke) : invoke());
    const inTime = <T>(invoke: () => Promise<T>) => (quota ? quota.inTime(invoke) : invoke());
    this.#handlers = {
      webhook: (event, context) => atOnce(() => webhook.invoke(event, context)),
      outcome: (event, context) => atOnce(() => outcome.invoke(event, context)),
      grants: (event, context) => inTime(() => grants.invoke(event, context)),
      expiry: (event, context) => inTime(() => expiry.invoke(event, context)),
      zone: (event, context) => inTime(() => zone.invoke(event, context)),
      allowlist: (event, context) => inTime(() => allowlist.invoke(event, context)),
    };
    this.deploy(options.config);
  }

  /** By its clock, in milliseconds since the epoch. */
  now(): number {
    return this.#options.clock.now();
  }

  /** Starts the minute schedule and the table's TTL. */
  start(): void {
    this.#everyMinute(() => this.tick());
    this.#everyMinute(async () => {
      this.table.removeExpired(this.#options.clock.now());
    });
  }

  /** One tick of the schedule, now. */
  async tick(): Promise<void> {
    if (this.scheduleIsDead) return;
    if (this.ticksToLose > 0) {
      this.ticksToLose -= 1;
      return;
    }
    await this.#handlers.expiry({ kind: 'tick' }, this.#context('expiry'));
  }

  /** An invocation of the zone function for one ACL, beside whatever else is under way. */
  async rebuild(acl: string): Promise<void> {
    const change: Change = { eventName: 'MODIFY', key: { acl, item: ITEM.wake }, byTtl: false };
    await this.#handlers.zone(streamEvent([change]), this.#context('zone'));
  }

  /** A request to the HTTP API's route for events. */
  async webhook(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
    return this.#handlers.webhook(event, this.#context('webhook'));
  }

  /** A request to its route for outcomes. */
  async outcome(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
    return this.#handlers.outcome(event, this.#context('outcome'));
  }

  /**
   * A function's invocations die: those under way now, or the next one that calls the outside.
   * @returns how many died now
   */
  crash(name: FunctionName, when: 'now' | 'next call'): number {
    if (when === 'now') return this.#functions[name].crash();
    this.#functions[name].crashAtNextCall();
    return 0;
  }

  /**
   * New code, as after a deploy: with this configuration, and nothing kept in memory. Invocations under way end as
   * they began.
   */
  deploy(config: Config): Handlers {
    this.#config = config;
    const { table, events, timers, reads } = this;
    const wired = wiredHandlers(config, {
      ...this.#options,
      ...{ table, events, timers, reads },
      telemetryOf: (name) => this.#telemetry(name),
      newRebuildId: () => this.#newId('rebuild'),
    });
    const { webhook, outcome, grants, expiry, zone, allowlist } = this.#functions;
    webhook.deploy(wired.webhook);
    outcome.deploy(wired.outcome);
    grants.deploy(wired.grants);
    expiry.deploy(wired.expiry);
    zone.deploy(wired.zone);
    allowlist.deploy(wired.allowlist);
    return this.#handlers;
  }

  #telemetry(name: FunctionName): Telemetry {
    const { clock, telemetry, write } = this.#options;
    return telemetry?.(name) ?? logTelemetry(name, () => clock.now(), write);
  }

  #context(name: FunctionName): Context {
    const { clock } = this.#options;
    const end = clock.now() + TIMEOUT_MS[name];
    return lambdaContext(name, this.#newId('invocation'), () => end - clock.now());
  }

  #newId(prefix: string): string {
    this.#ids += 1;
    return `${prefix}-${this.#ids}`;
  }

  #everyMinute(work: () => Promise<void>): void {
    this.#options.clock.after(MINUTE_MS, () => {
      this.#everyMinute(work);
      // The function has reported what went wrong; the next minute tries again, as the schedule does.
      work().catch(() => {});
    });
  }
}

/** The filter of the stream mapping. */
function wakesTheZoneFunction({ key, eventName }: Change): boolean {
  return key.item === ITEM.wake || (key.item.startsWith(ITEM.grant) && eventName === 'REMOVE');
}
