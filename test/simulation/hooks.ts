import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
  SQSBatchResponse,
  SQSEvent,
} from 'aws-lambda';
import type { AclStatus } from '../../cli/acl-status.ts';
import type { CachedSecret } from '../../lib/cached-secret.ts';
import type { Config } from '../../lib/config.ts';
import type { GrantBook } from '../../lib/grants/grant-book.ts';
import type { Clock, EventQueue, HttpClient, SecretReader, Table, Telemetry, TimerQueue } from '../../lib/ports.ts';
import type { ZoneStates } from '../../lib/zones/zone-states.ts';

export type FunctionName = 'webhook' | 'outcome' | 'grants' | 'expiry' | 'zone' | 'allowlist';
export type GrantsHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

export type OutcomeHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** Where a bug can be put into production code from outside: in what it is given. */
export interface Hooks {
  readonly config?: (config: Config, name: FunctionName) => Config;
  readonly table?: (table: Table, name: FunctionName) => Table;
  readonly timers?: (timers: TimerQueue, name: FunctionName) => TimerQueue;
  readonly http?: (http: HttpClient, config: Config, clock: Clock) => HttpClient;
  /** Between the reader and Knocknoc's server. */
  readonly knocknoc?: (http: HttpClient) => HttpClient;
  /** What the reader puts onto the events queue. */
  readonly listEvents?: (queue: EventQueue) => EventQueue;
  readonly book?: (...made: ConstructorParameters<typeof GrantBook>) => GrantBook;
  readonly states?: (table: Table) => ZoneStates;
  readonly token?: (reader: SecretReader, clock: Clock) => CachedSecret;
  readonly telemetry?: (telemetry: Telemetry, name: FunctionName) => Telemetry;
  readonly webhookSecret?: (text: string) => string;
  readonly deduplicationId?: (message: { readonly body: string }) => string;
  readonly outcomeHandler?: (handler: OutcomeHandler) => OutcomeHandler;
  readonly status?: (status: AclStatus) => AclStatus;
  readonly grantsHandler?: (handler: GrantsHandler) => GrantsHandler;
}
