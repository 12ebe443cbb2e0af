import { Faults } from './faults.ts';
import { Journal } from './journal.ts';
import { Latencies } from './latencies.ts';
import type { ServiceAppSeed } from './oauth/apps.ts';
import { AuthorizationServer } from './oauth/authorization-server.ts';
import { Policies } from './policies.ts';
import { RateLimit } from './rate-limit.ts';
import { Responder } from './responder.ts';
import { Tokens } from './tokens.ts';
import type { ZoneSeed } from './types.ts';
import { ZoneApi } from './zone-api.ts';
import { ZoneStore } from './zones.ts';

export interface OktaSimulatorOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Host in the links of answers. */
  readonly domain?: string;
  /** A token that is valid from the start, with the role ORG_ADMIN. */
  readonly token?: string;
  /** Service apps that exist from the start, by client id. */
  readonly apps?: Readonly<Record<string, ServiceAppSeed>>;
  /** Calls a minute. Default 600: half of what a workforce org had in Okta's last published table. */
  readonly rateLimit?: { readonly limit: number };
  /** Milliseconds that every call takes, unless a rule says otherwise. Default 0. */
  readonly latencyMs?: number;
  /** Calls at the same time. Default 75, Okta's figure for all but free orgs. */
  readonly concurrencyLimit?: number;
  /** Take IPv6 gateways, as preview orgs may. */
  readonly allowIpv6?: boolean;
  /** Milliseconds until a change takes effect. Default 60 000. */
  readonly propagationMs?: number;
  /** Zones that exist from the start, by id. */
  readonly zones?: Readonly<Record<string, ZoneSeed>>;
  /** Requests that are remembered. Default 10 000. */
  readonly journalSize?: number;
}

/** Of a free org, in Okta's last published table. */
const TOKENS_A_MINUTE = 300;

/** A call that has begun and not ended. */
export interface OpenCall {
  readonly zoneId: string | null;
  readonly writes: boolean;
}

/** Everything a simulated org consists of. A reset makes a new one, so calls still open do not reach into it. */
export interface Org {
  readonly now: () => number;
  readonly zones: ZoneStore;
  readonly api: ZoneApi;
  readonly policies: Policies;
  readonly tokens: Tokens;
  readonly oauth: AuthorizationServer;
  readonly faults: Faults;
  readonly latencies: Latencies;
  readonly rateLimit: RateLimit;
  /** Requests for tokens have one of their own. */
  readonly tokenRateLimit: RateLimit;
  readonly concurrencyLimit: number;
  readonly journal: Journal;
  readonly responder: Responder;
  readonly open: Set<OpenCall>;
}

export function createOrg(options: OktaSimulatorOptions): Org {
  const { now, domain = 'simulator.okta.example', allowIpv6 = false } = options;
  const zones = new ZoneStore(options.propagationMs ?? 60_000);
  for (const [id, seed] of Object.entries(options.zones ?? {})) zones.seed(id, seed, now());
  const tokens = new Tokens();
  if (options.token !== undefined) tokens.set(options.token, 'ORG_ADMIN', now());
  const oauth = new AuthorizationServer();
  for (const [clientId, seed] of Object.entries(options.apps ?? {})) oauth.apps.set(clientId, seed);
  const latencies = new Latencies();
  latencies.set({ ms: options.latencyMs ?? 0 });
  return {
    now,
    zones,
    api: new ZoneApi(zones, domain, allowIpv6),
    policies: new Policies(domain),
    tokens,
    oauth,
    faults: new Faults(),
    latencies,
    rateLimit: new RateLimit(options.rateLimit?.limit ?? 600),
    tokenRateLimit: new RateLimit(TOKENS_A_MINUTE),
    concurrencyLimit: options.concurrencyLimit ?? 75,
    journal: new Journal(options.journalSize ?? 10_000),
    responder: new Responder(),
    open: new Set(),
  };
}
