import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  DynamoDBStreamEvent,
  SQSBatchResponse,
  SQSEvent,
} from 'aws-lambda';
import { type AclStatus, readAclStatus } from '../../cli/acl-status.ts';
import { createHandler as createAllowlist } from '../../functions/allowlist.ts';
import { createHandler as createExpiry, type ExpiryEvent } from '../../functions/expiry.ts';
import { createHandler as createGrants } from '../../functions/grants.ts';
import { createHandler as createOutcome } from '../../functions/outcome.ts';
import { createHandler as createWebhook } from '../../functions/webhook.ts';
import { createHandler as createZone } from '../../functions/zone.ts';
import { ListReaders } from '../../lib/allowlist/read-lists.ts';
import { CachedSecret } from '../../lib/cached-secret.ts';
import { type Config, listedAcls } from '../../lib/config.ts';
import { GrantBook } from '../../lib/grants/grant-book.ts';
import { parseQueuedEvent, type QueuedEvent } from '../../lib/grants/queue-message.ts';
import { ListRecords } from '../../lib/list-record.ts';
import { ITEM, ZONE_ITEM, ZONE_PARTITION } from '../../lib/names.ts';
import { OktaZones } from '../../lib/okta/client.ts';
import type { TellDeps } from '../../lib/outcome/tell-outcome.ts';
import type { EventQueue, Fields, HttpClient, HttpRequest, Key, SecretReader, Table } from '../../lib/ports.ts';
import { keyOf } from '../../lib/table-changes.ts';
import { authenticateReader } from '../../lib/webhook/authenticate-reader.ts';
import { ZoneStates } from '../../lib/zones/zone-states.ts';
import { streamEvent } from '../../local/stand-ins/aws-events.ts';
import { MemorySecret } from '../../local/stand-ins/memory-secret.ts';
import { type Change, MemoryTable } from '../../local/stand-ins/memory-table.ts';
import { configFor, type Deployment } from './deployment.ts';
import type { Note } from './faults.ts';
import type { FunctionName, Hooks } from './hooks.ts';
import type { HostileOkta } from './hostile-okta.ts';
import { type Environment, SimFunction } from './lambda.ts';
import type { Knocknoc } from './lists/knocknoc.ts';
import type { Monitor } from './monitor.ts';
import { type FifoOptions, OF_READS, SimFifo, SimShard, SimTimerQueue, type Surroundings } from './sources.ts';
import { type TablePlan, TableWeather } from './table-weather.ts';
import { codeTelemetry } from './telemetry.ts';

const KEY = Buffer.alloc(33, 'k').toString('base64');
/** Of the first ACL, where it has keys of its own. */
const OWN_KEY = Buffer.alloc(33, 'o').toString('base64');
export const APART = 'acl-1';

/** What the secret holds. @param isApart one ACL has keys of its own */
export function webhookSecret(isApart: boolean): string {
  return JSON.stringify({ current: KEY, ...(isApart && { acls: { [APART]: { current: OWN_KEY } } }) });
}

/** The keys of a schedule: of all ACLs, and of the one that has its own. */
export const KEYS = { all: Buffer.from(KEY, 'base64'), own: Buffer.from(OWN_KEY, 'base64') };

export interface WorldOptions {
  readonly around: Surroundings;
  readonly okta: HostileOkta;
  readonly monitor: Monitor;
  /** Absent where no list is read. */
  readonly knocknoc: Knocknoc | undefined;
  /** For Okta, as the secret holds them. */
  readonly credentials: string;
  readonly deployment: Deployment;
  readonly table: TablePlan | undefined;
  readonly queue: Pick<FifoOptions, 'visibilityMs' | 'firstSequence'>;
  /** One ACL has keys of its own. */
  readonly ownKeys: boolean;
  readonly oneShard: boolean;
  readonly coldChance: number;
  readonly hooks: Hooks;
  readonly note: Note;
  /** An event lies on the queue, whatever its sender is told. */
  readonly queued: (event: QueuedEvent, sequence: string, by: Environment) => void;
  /** An event is on the queue no more. */
  readonly applied: (event: QueuedEvent) => void;
  /** A line of the audit. */
  readonly audit: (fields: Fields) => void;
  /** @param acl where it is about one */
  readonly code: (code: string, detail: string, acl: string | undefined) => void;
}

/** The production handlers with everything around them as bad as it may be. */
export class World {
  readonly table: MemoryTable;
  /** Of every item that there ever was. */
  readonly keys = new Map<string, Key>();
  readonly weather: TableWeather | undefined;
  readonly fifo: SimFifo;
  readonly timers: SimTimerQueue;
  /** What wakes the reader of lists. */
  readonly reads: SimTimerQueue;
  readonly oktaCredentials: MemorySecret;
  readonly okta: HostileOkta;
  readonly webhook: SimFunction<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>;
  readonly outcome: SimFunction<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>;
  readonly expiry: SimFunction<ExpiryEvent, SQSBatchResponse>;
  readonly grants: SimFunction<SQSEvent, SQSBatchResponse>;
  readonly zone: SimFunction<DynamoDBStreamEvent, void>;
  readonly allowlist: SimFunction<SQSEvent, SQSBatchResponse>;
  readonly #options: WorldOptions;
  readonly #shards = new Map<string, SimShard>();
  #rebuilds = 0;
  #deployedAt = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.okta = options.okta;
    this.oktaCredentials = new MemorySecret(options.credentials);
    const { around } = options;
    const changed = (change: Change) => {
      this.keys.set(`${change.key.acl} ${change.key.item}`, change.key);
      if (wakesTheZoneFunction(change)) this.#shard(change.key).push(change);
    };
    // Three on a page, so that few items already make several.
    this.table = new MemoryTable(changed, { page: 3, shares: true });
    this.weather = options.table && new TableWeather(this.table, options.table, around);
    this.fifo = new SimFifo(around, (event) => this.grants.invoke(event), {
      ...options.queue,
      done: ({ body, messageId }) => {
        const event = parseQueuedEvent(body);
        // By the message: an event that was set aside may have come again, and be applied.
        const isDeadLetter = this.fifo.deadLetters.letters.some(({ firstId }) => firstId === messageId);
        if (event && !isDeadLetter) options.applied(event);
      },
      movedWithoutReason: () => options.monitor.letterWithoutReason(),
    });
    this.timers = new SimTimerQueue(around, (event) => this.expiry.invoke(event));
    this.reads = new SimTimerQueue(around, (event) => this.allowlist.invoke(event), OF_READS);
    const common = { around, coldChance: options.coldChance };
    const create = this.#creators(options.deployment);
    this.webhook = new SimFunction({ ...common, name: 'webhook', timeoutMs: 29_000, create: create.webhook });
    this.outcome = new SimFunction({ ...common, name: 'outcome', timeoutMs: 29_000, create: create.outcome });
    this.expiry = new SimFunction({ ...common, name: 'expiry', timeoutMs: 30_000, create: create.expiry });
    this.grants = new SimFunction({ ...common, name: 'grants', timeoutMs: 15_000, create: create.grants });
    this.zone = new SimFunction({ ...common, name: 'zone', timeoutMs: 30_000, create: create.zone });
    this.allowlist = new SimFunction({ ...common, name: 'allowlist', timeoutMs: 30_000, create: create.allowlist });
  }

  /**
   * One deploy after the other.
   * @param takesMs from the first function to the last; meanwhile both configurations are at work
   * @returns when it is over
   */
  redeploy(deployment: Deployment, takesMs: number): number {
    const create = this.#creators(deployment);
    const { clock, random } = this.#options.around;
    const waitMs = Math.max(0, this.#deployedAt - clock.now());
    this.#deployedAt = clock.now() + waitMs + 2 * takesMs;
    const deploy = (act: (overlapMs: number) => void) => {
      if (takesMs === 0) return act(0);
      clock.after(waitMs + random.whole(0, takesMs), () => act(random.whole(0, takesMs)));
    };
    deploy((overlapMs) => this.webhook.redeploy(create.webhook, overlapMs));
    deploy((overlapMs) => this.outcome.redeploy(create.outcome, overlapMs));
    deploy((overlapMs) => this.expiry.redeploy(create.expiry, overlapMs));
    deploy((overlapMs) => this.grants.redeploy(create.grants, overlapMs));
    deploy((overlapMs) => this.zone.redeploy(create.zone, overlapMs));
    deploy((overlapMs) => this.allowlist.redeploy(create.allowlist, overlapMs));
    return this.#deployedAt;
  }

  /** How the functions of one version begin. */
  #creators(deployment: Deployment) {
    const config = configFor(deployment);
    return {
      webhook: (environment: Environment) => this.#webhook(environment, config),
      outcome: (environment: Environment) => this.#outcome(environment, config),
      expiry: (environment: Environment) => this.#expiry(environment, config),
      grants: (environment: Environment) => this.#grants(environment, config),
      allowlist: (environment: Environment) => this.#allowlist(environment, config),
      zone: (environment: Environment) => {
        this.#options.monitor.zoneFunctionBegins(environment, deployment);
        return this.#zone(environment, config);
      },
    };
  }

  /** How an ACL stands, as the command line tells it of this configuration. @param now milliseconds since the epoch */
  async statusOf(acl: string, deployment: Deployment, now: number): Promise<AclStatus> {
    const status = await readAclStatus({ table: this.table, config: configFor(deployment) }, acl, now);
    return this.#options.hooks.status?.(status) ?? status;
  }

  /** A run of the zone function beside whatever the stream does. */
  async rebuild(acl: string): Promise<void> {
    const change = { eventName: 'MODIFY', key: { acl, item: ITEM.wake }, byTtl: false } as const;
    await this.zone.invoke(streamEvent([change])).catch(() => {});
  }

  async tick(): Promise<void> {
    await this.expiry.invoke({ kind: 'tick' }).catch(() => {});
  }

  /** All in one batch at a time; or several at once, where only the changes of one item keep their order. */
  #shard({ acl, item }: Key): SimShard {
    const { around, oneShard } = this.#options;
    const name = oneShard ? 'all' : `${acl} ${item.length % 3}`;
    const shard =
      this.#shards.get(name) ??
      new SimShard(around, (event) => {
        if (around.faults.strikes('rebuild beside another')) {
          const delayMs = around.faults.whole('rebuild beside another', 0, 1_500);
          const beside = event.Records[0]?.dynamodb?.Keys?.acl?.S ?? acl;
          around.clock.after(delayMs, () => void this.rebuild(beside));
        }
        return this.zone.invoke(event);
      });
    this.#shards.set(name, shard);
    return shard;
  }

  /** What all functions of one environment share: its clock, and the table and queues as it reaches them. */
  #common(environment: Environment, name: FunctionName, config: Config) {
    const { hooks, note, code, monitor, around } = this.#options;
    const itself: Table = this.weather ?? this.table;
    const plain = environment.table({
      write: async (writes) => {
        const result = await itself.write(writes);
        for (const { acl, item } of result.written ? writes.map(keyOf) : []) {
          if (item === ZONE_ITEM.list) monitor.zoneItemIsWritten(environment, acl.slice(ZONE_PARTITION.length));
        }
        return result;
      },
      queryPrefix: (...query) => itself.queryPrefix(...query),
      queryExpiry: (...range) => itself.queryExpiry(...range),
      // What is on its way for seconds is read when it arrives.
      get: async (key, options) => {
        const item = await itself.get(key, options);
        if (key.item === ZONE_ITEM.list) monitor.zoneItemIsRead(environment, key.acl.slice(ZONE_PARTITION.length));
        return item;
      },
    });
    const reached: Table = {
      ...plain,
      get: async (key, options) => {
        const began = around.clock.now();
        const item = await plain.get(key, options);
        monitor.tableIsRead(environment, began);
        if (name === 'zone' && key.item === ITEM.wake) monitor.lookBegins(environment, key.acl);
        return item;
      },
    };
    const table = hooks.table?.(reached, name) ?? reached;
    const timers = environment.timers(this.timers);
    const said = codeTelemetry(name, note, {
      code,
      audit: (fields) => this.#options.audit(fields),
      parted: (acl, entries) => monitor.partingIsSaid(environment, acl, entries),
    });
    const telemetry = hooks.telemetry?.(said, name) ?? said;
    const made = [table, config, telemetry] as const;
    return {
      config: hooks.config?.(config, name) ?? config,
      clock: environment.clock,
      grants: hooks.book?.(...made) ?? new GrantBook(...made),
      states: hooks.states?.(table) ?? new ZoneStates(table),
      records: new ListRecords(table),
      timers: hooks.timers?.(timers, name) ?? timers,
      telemetry,
    };
  }

  #webhook(environment: Environment, config: Config) {
    const common = this.#common(environment, 'webhook', config);
    const deps = {
      ...common,
      secret: new CachedSecret(this.#secret(environment, this.#webhookSecret()), environment.clock),
      queue: this.#events(environment),
      outcomes: () => common,
      memory: {},
      states: () => common.states,
    };
    return wrapped(createWebhook(() => deps));
  }

  #webhookSecret(): MemorySecret {
    const { hooks, ownKeys } = this.#options;
    const text = webhookSecret(ownKeys);
    return new MemorySecret(hooks.webhookSecret?.(text) ?? text);
  }

  #outcome(environment: Environment, config: Config) {
    const secret = new CachedSecret(this.#secret(environment, this.#webhookSecret()), environment.clock);
    const deps: TellDeps = {
      ...this.#common(environment, 'outcome', config),
      authenticate: (request, now) => authenticateReader(request, now, { config, secret }),
    };
    const handler = wrapped(createOutcome(() => deps));
    return this.#options.hooks.outcomeHandler?.(handler) ?? handler;
  }

  #grants(environment: Environment, config: Config) {
    const deps = {
      ...this.#common(environment, 'grants', config),
      deadLetters: this.fifo.deadLetters,
    };
    const handler = wrapped(createGrants(() => deps));
    return this.#options.hooks.grantsHandler?.(handler) ?? handler;
  }

  #expiry(environment: Environment, config: Config) {
    const common = this.#common(environment, 'expiry', config);
    const lists = { reads: environment.timers(this.reads), armed: new Map(), records: common.records };
    const deps = { ...common, armed: new Map(), ...(listedAcls(config).length > 0 && { lists }) };
    return wrapped(createExpiry(() => deps));
  }

  #zone(environment: Environment, config: Config) {
    const { hooks, okta, monitor } = this.#options;
    const reached = (request: HttpRequest) => okta.exchange(environment, request);
    const { clock } = environment;
    const http = hooks.http?.(reached, config, clock) ?? reached;
    const reader = this.#secret(environment, this.oktaCredentials);
    const deps = {
      ...this.#common(environment, 'zone', config),
      okta: new OktaZones(http, config.okta.baseUrl, () => clock.now()),
      oktaCredentials: hooks.token?.(reader, clock) ?? new CachedSecret(reader, clock),
      newId: () => {
        this.#rebuilds += 1;
        return `rebuild-${this.#rebuilds}`;
      },
    };
    const handler = wrapped(createZone(() => deps));
    return async (event: DynamoDBStreamEvent, context: Parameters<typeof handler>[1]) => {
      monitor.passBegins(environment);
      await handler(event, context);
      monitor.passSucceeds(environment);
    };
  }

  #allowlist(environment: Environment, config: Config) {
    const { hooks, knocknoc } = this.#options;
    const common = this.#common(environment, 'allowlist', config);
    const http: HttpClient = (request) => {
      if (!knocknoc) throw new Error('no list is read here');
      return knocknoc.exchange(environment, request);
    };
    const queue = this.#events(environment);
    const readers = new ListReaders({
      ...common,
      secret: new CachedSecret(this.#secret(environment, knocknoc?.secret ?? new MemorySecret()), environment.clock),
      http: hooks.knocknoc?.(http) ?? http,
      queue: hooks.listEvents?.(queue) ?? queue,
    });
    return wrapped(createAllowlist(() => ({ telemetry: common.telemetry, readers })));
  }

  /** The events queue as an environment reaches it. */
  #events(environment: Environment): EventQueue {
    const { hooks, queued } = this.#options;
    return {
      send: (message) =>
        environment.send('send', async () => {
          const { deduplicationId } = message;
          const sent = { ...message, deduplicationId: hooks.deduplicationId?.(message) ?? deduplicationId };
          const position = await this.fifo.send(sent);
          const event = parseQueuedEvent(message.body);
          if (event) queued(event, position, environment);
          return position;
        }),
    };
  }

  #secret(environment: Environment, secret: MemorySecret): SecretReader {
    const { faults } = this.#options.around;
    return {
      read: () =>
        environment.call('read a secret', () => {
          if (faults.strikes('secret unreadable')) throw new Error('access to the secret was denied');
          return secret.read();
        }),
    };
  }
}

/** A handler as Lambda calls it; the callback form that middy's type also allows is not used. */
function wrapped<Event, Context, Result>(handler: (event: Event, context: Context) => Promise<Result>) {
  return (event: Event, context: Context): Promise<Result> => handler(event, context);
}

/** The filter of the stream mapping. */
function wakesTheZoneFunction({ key, eventName }: Change): boolean {
  return key.item === ITEM.wake || (key.item.startsWith(ITEM.grant) && eventName === 'REMOVE');
}
