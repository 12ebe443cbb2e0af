import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { createHandler as createExpiry } from '../functions/expiry.ts';
import { createHandler as createGrants } from '../functions/grants.ts';
import { createHandler as createWebhook } from '../functions/webhook.ts';
import { createHandler as createZone } from '../functions/zone.ts';
import { CachedSecret } from '../lib/cached-secret.ts';
import type { Config } from '../lib/config.ts';
import { GrantBook } from '../lib/grants/grant-book.ts';
import { EVENTS_MOST_RECEIVES, ITEM, TIMERS_MOST_RECEIVES } from '../lib/names.ts';
import { OktaZones } from '../lib/okta/client.ts';
import type { Fields, HttpClient, Telemetry } from '../lib/ports.ts';
import { batchesAtOnce } from '../lib/zones/stream-batches.ts';
import { ZoneStates } from '../lib/zones/zone-state.ts';
import { fifoEvent, lambdaContext, streamEvent, timerEvent } from './stand-ins/aws-events.ts';
import type { CallbackClock } from './stand-ins/callback-clock.ts';
import { ChangeStream } from './stand-ins/change-stream.ts';
import { DelayQueue } from './stand-ins/delay-queue.ts';
import { FifoQueue } from './stand-ins/fifo-queue.ts';
import { logTelemetry } from './stand-ins/log-telemetry.ts';
import type { MemorySecret } from './stand-ins/memory-secret.ts';
import { type Change, MemoryTable } from './stand-ins/memory-table.ts';

export interface EmbeddedOptions {
  readonly config: Config;
  readonly clock: CallbackClock;
  readonly http: HttpClient;
  readonly webhookSecret: MemorySecret;
  readonly oktaToken: MemorySecret;
  readonly write: (line: Fields) => void;
  /** By the function's name; lines as objects to `write` where absent. */
  readonly telemetry?: (functionName: string) => Telemetry;
}

/** Timeouts of the functions and limits of the queues, as the stack sets them. */
const ZONE_TIMEOUT_MS = 30_000;
const GRANTS_TIMEOUT_MS = 15_000;
const MINUTE_MS = 60_000;

/** The production handlers, wired to stand-ins: everything between the HTTP API and Okta, in one process. */
export class EmbeddedFunctions {
  /** The minute schedule fires no more. */
  scheduleIsDead = false;
  readonly table: MemoryTable;
  readonly events: FifoQueue;
  readonly timers: DelayQueue;
  readonly stream: ChangeStream;
  readonly #options: EmbeddedOptions;
  #handlers: ReturnType<EmbeddedFunctions['deploy']>;
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
      consume: async (batch) => {
        await this.#handlers.zone(streamEvent(batch), this.#context('zone', ZONE_TIMEOUT_MS));
      },
      maxRetries: 10,
      batchesAtOnce: () => batchesAtOnce(this.#config),
    });
    this.events = new FifoQueue({
      clock,
      consume: async (batch) => {
        const answer = await this.#handlers.grants(fifoEvent(batch), this.#context('grants', GRANTS_TIMEOUT_MS));
        return answer.batchItemFailures.map((failure) => failure.itemIdentifier);
      },
      visibilityMs: 6 * GRANTS_TIMEOUT_MS,
      maxReceives: EVENTS_MOST_RECEIVES,
    });
    this.timers = new DelayQueue({
      clock,
      consume: async (body, messageId, receives) => {
        const answer = await this.#handlers.expiry(
          timerEvent(messageId, body, receives),
          this.#context('expiry', 30_000),
        );
        if (answer.batchItemFailures.length > 0) throw new Error('the timer is to come again');
      },
      visibilityMs: 180_000,
      maxReceives: TIMERS_MOST_RECEIVES,
    });
    this.#handlers = this.deploy(options.config);
  }

  /** Starts the minute schedule and the table's TTL. */
  start(): void {
    this.#everyMinute(() => this.tick());
    this.#everyMinute(async () => this.table.removeExpired(this.#options.clock.now()));
  }

  /** One tick of the schedule, now. */
  async tick(): Promise<void> {
    if (this.scheduleIsDead) return;
    await this.#handlers.expiry({ kind: 'tick' }, this.#context('expiry', 30_000));
  }

  /** A run of the zone function for one ACL, beside whatever else is running. */
  async rebuild(acl: string): Promise<void> {
    const change: Change = { eventName: 'MODIFY', key: { acl, item: ITEM.rebuild }, byTtl: false };
    await this.#handlers.zone(streamEvent([change]), this.#context('zone', ZONE_TIMEOUT_MS));
  }

  async webhook(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
    return this.#handlers.webhook(event, this.#context('webhook', 29_000));
  }

  /** New code, as after a deploy: with this configuration, and nothing kept in memory. */
  deploy(config: Config) {
    this.#config = config;
    const { clock, http, oktaToken, webhookSecret } = this.#options;
    const grants = new GrantBook(this.table);
    const states = new ZoneStates(this.table);
    const toWrite = (name: string) => logTelemetry(name, () => clock.now(), this.#options.write);
    const { telemetry = toWrite } = this.#options;
    const common = { config, clock, grants, states, timers: this.timers };
    const webhook = {
      ...common,
      secret: new CachedSecret(webhookSecret, clock),
      queue: this.events,
      outcomes: () => common,
    };
    const zone = {
      ...common,
      okta: new OktaZones(http, config.okta.baseUrl, () => clock.now()),
      oktaToken: new CachedSecret(oktaToken, clock),
      newId: () => this.#newId('rebuild'),
    };
    const deps = {
      webhook: { ...webhook, telemetry: telemetry('webhook') },
      grants: { ...common, deadLetters: this.events.deadLetters, telemetry: telemetry('grants') },
      expiry: { ...common, deadLetters: this.timers.asDeadLetters(), telemetry: telemetry('expiry') },
      zone: { ...zone, telemetry: telemetry('zone') },
    };
    const handlers = {
      webhook: createWebhook(() => deps.webhook),
      grants: createGrants(() => deps.grants),
      expiry: createExpiry(() => deps.expiry),
      zone: createZone(() => deps.zone),
    };
    this.#handlers = handlers;
    return handlers;
  }

  #context(name: string, timeoutMs: number) {
    const { clock } = this.#options;
    const end = clock.now() + timeoutMs;
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
function wakesTheZoneFunction({ key }: Change): boolean {
  return key.item.startsWith(ITEM.grant) || key.item === ITEM.events || key.item === ITEM.rebuild;
}
