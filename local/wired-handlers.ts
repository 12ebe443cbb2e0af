import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
  DynamoDBStreamEvent,
  SQSBatchResponse,
  SQSEvent,
} from 'aws-lambda';
import { createHandler as createAllowlist } from '../functions/allowlist.ts';
import { createHandler as createExpiry, type ExpiryEvent } from '../functions/expiry.ts';
import { createHandler as createGrants } from '../functions/grants.ts';
import { createHandler as createOutcome } from '../functions/outcome.ts';
import { createHandler as createWebhook } from '../functions/webhook.ts';
import { createHandler as createZone } from '../functions/zone.ts';
import { ListReaders } from '../lib/allowlist/read-lists.ts';
import { CachedSecret } from '../lib/cached-secret.ts';
import { type Config, listedAcls } from '../lib/config.ts';
import { GrantBook } from '../lib/grants/grant-book.ts';
import { guardedTelemetry } from '../lib/guarded-telemetry.ts';
import { KnownSecrets } from '../lib/known-secrets.ts';
import { ListRecords } from '../lib/list-record.ts';
import { OktaZones } from '../lib/okta/client.ts';
import type { TellDeps } from '../lib/outcome/tell-outcome.ts';
import type { HttpClient, KeysElsewhere, Telemetry } from '../lib/ports.ts';
import { authenticateReader } from '../lib/webhook/authenticate-reader.ts';
import { ZoneStates } from '../lib/zones/zone-states.ts';
import type { DelayQueue } from './stand-ins/delay-queue.ts';
import type { Environment } from './stand-ins/environment.ts';
import type { FifoQueue } from './stand-ins/fifo-queue.ts';
import { MemorySecret } from './stand-ins/memory-secret.ts';
import type { MemoryTable } from './stand-ins/memory-table.ts';
import type { FunctionName } from './stand-ins/outside-call.ts';

/** What each function is invoked with, and its answer. */
export type Handlers = {
  webhook: (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;
  outcome: (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;
  grants: (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;
  expiry: (event: ExpiryEvent, context: Context) => Promise<SQSBatchResponse>;
  zone: (event: DynamoDBStreamEvent, context: Context) => Promise<void>;
  allowlist: (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;
};

/** What they reach outside of AWS, and the secrets for that. */
export interface Reached {
  readonly http: HttpClient;
  readonly webhookSecret: MemorySecret;
  readonly oktaCredentials: MemorySecret;
  /** Where the lists are, and how they are reached; where absent, nothing of them is stored, and nobody answers. */
  readonly allowlistSecret?: MemorySecret;
  readonly knocknoc?: HttpClient;
  /** The service app's, outside of the secret; absent where nobody asks for them. */
  readonly keys?: KeysElsewhere;
}

export interface Wires extends Reached {
  readonly table: MemoryTable;
  readonly events: FifoQueue;
  readonly timers: DelayQueue;
  readonly reads: DelayQueue;
  readonly telemetryOf: (name: FunctionName) => Telemetry;
  readonly newRebuildId: () => string;
}

/** The code of each function, with a configuration: the one place where the production handlers get what they work with. */
export function wiredHandlers(
  config: Config,
  wires: Wires,
): { readonly [Name in FunctionName]: (environment: Environment) => Handlers[Name] } {
  const { http, keys, oktaCredentials, telemetryOf, webhookSecret } = wires;
  const common = (environment: Environment, secrets = new KnownSecrets()) => {
    const table = environment.table(wires.table);
    const telemetry = guardedTelemetry(telemetryOf(environment.functionName), secrets);
    return {
      ...{ config, clock: environment.clock },
      grants: new GrantBook(table, config, telemetry),
      states: new ZoneStates(table),
      records: new ListRecords(table),
      timers: environment.timers(wires.timers),
      telemetry,
    };
  };

  return {
    webhook: (environment) => {
      const secrets = new KnownSecrets(Object.keys(config.acls));
      const secret = new CachedSecret(environment.secret(webhookSecret), environment.clock, secrets);
      const shared = common(environment, secrets);
      const deps = {
        ...shared,
        secret,
        queue: environment.events(wires.events),
        states: () => shared.states,
        memory: {},
      };
      return asLambdaCalls(createWebhook(() => deps));
    },
    outcome: (environment) => {
      const secrets = new KnownSecrets(Object.keys(config.acls));
      const secret = new CachedSecret(environment.secret(webhookSecret), environment.clock, secrets);
      const authenticate: TellDeps['authenticate'] = (request, now) =>
        authenticateReader(request, now, { config, secret });
      const deps = { ...common(environment, secrets), authenticate };
      return asLambdaCalls(createOutcome(() => deps));
    },
    grants: (environment) => {
      const deadLetters = environment.deadLetters(wires.events.deadLetters);
      const deps = { ...common(environment), deadLetters };
      return asLambdaCalls(createGrants(() => deps));
    },
    expiry: (environment) => {
      const deadLetters = environment.deadLetters(wires.timers.asDeadLetters());
      const shared = common(environment);
      const lists = { reads: environment.timers(wires.reads), armed: new Map(), records: shared.records };
      const deps = { ...shared, deadLetters, armed: new Map(), ...(listedAcls(config).length > 0 && { lists }) };
      return asLambdaCalls(createExpiry(() => deps));
    },
    zone: (environment) => {
      const now = () => environment.clock.now();
      const elsewhere = config.okta.clientKey === 'kms' ? keys : undefined;
      const okta = new OktaZones(environment.http(http), config.okta.baseUrl, now, elsewhere);
      const secrets = new KnownSecrets();
      const credentials = new CachedSecret(environment.secret(oktaCredentials), environment.clock, secrets);
      const deps = {
        ...common(environment, secrets),
        okta,
        oktaCredentials: credentials,
        newId: wires.newRebuildId,
      };
      return asLambdaCalls(createZone(() => deps));
    },
    allowlist: (environment) => {
      const { allowlistSecret = new MemorySecret(), knocknoc = nobodyAnswers } = wires;
      const secrets = new KnownSecrets(Object.keys(config.acls));
      const secret = new CachedSecret(environment.secret(allowlistSecret), environment.clock, secrets);
      const shared = common(environment, secrets);
      const [queue, http] = [environment.events(wires.events), environment.knocknoc(knocknoc)];
      const deps = { telemetry: shared.telemetry, readers: new ListReaders({ ...shared, secret, queue, http }) };
      return asLambdaCalls(createAllowlist(() => deps));
    },
  };
}

const nobodyAnswers: HttpClient = () => Promise.reject(new Error('nobody answers for Knocknoc here'));

/** The callback form that middy's type also allows is not used. */
function asLambdaCalls<Event, Result>(handler: (event: Event, context: Context) => Promise<Result>) {
  return (event: Event, context: Context): Promise<Result> => handler(event, context);
}
