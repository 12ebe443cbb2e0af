/** What goes into the simulator and what comes out of it, for callers in this process and for the control API alike. */

export type ZoneType = 'IP' | 'DYNAMIC' | 'DYNAMIC_V2';
export type ZoneStatus = 'ACTIVE' | 'INACTIVE';
export type ZoneUsage = 'POLICY' | 'BLOCKLIST';
export interface Address {
  readonly type: 'CIDR' | 'RANGE';
  readonly value: string;
}
/** An address as Okta writes it, or as an admin types it: `1.2.3.4` (stored as the range `1.2.3.4-1.2.3.4`), `a-b`, `a/24`. */
export type AddressInput = string | Address;

/** The roles the simulator knows: two that manage zones, one that only reads, and one with no right to zones. */
export const ROLES = ['SUPER_ADMIN', 'ORG_ADMIN', 'READ_ONLY_ADMIN', 'NONE'] as const;
export type Role = (typeof ROLES)[number];

/** One HTTP request; header names in lower case, `path` with its query. */
export interface SimRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the caller of the API sees: an answer (after `delayMs` milliseconds), silence, or a dropped connection. */
export type SimOutcome =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      readonly delayMs?: number;
    }
  | { readonly kind: 'hang' }
  | { readonly kind: 'drop' };

/** What a zone is made from. Left out: an active IP policy zone with no addresses, named after its id. */
export interface ZoneSeed {
  readonly name?: string;
  readonly type?: ZoneType;
  readonly status?: ZoneStatus;
  readonly usage?: ZoneUsage;
  /** One of Okta's own zones. With the name `DefaultExemptIpZone` the rules of that zone apply. */
  readonly system?: boolean;
  readonly gateways?: readonly AddressInput[] | null;
  readonly proxies?: readonly AddressInput[] | null;
  /** What a dynamic zone has instead of addresses (`locations`, `asns`, ...), served as it is. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What an admin does in the console, behind the client's back. Nothing is checked against Okta's limits. */
export interface ZoneEdit {
  readonly name?: string;
  readonly type?: ZoneType;
  readonly status?: ZoneStatus;
  readonly usage?: ZoneUsage;
  /** Replaces the list; `null` or `[]` wipes it. Applied before `removeGateways` and `addGateways`. */
  readonly gateways?: readonly AddressInput[] | null;
  readonly proxies?: readonly AddressInput[] | null;
  /** Compared by the addresses covered, not by spelling. */
  readonly removeGateways?: readonly AddressInput[];
  readonly addGateways?: readonly AddressInput[];
}

/** What sign-on policies act on at this moment: the configuration of about a minute ago. */
export interface EffectiveZone {
  readonly status: ZoneStatus;
  readonly usage: ZoneUsage;
  readonly gateways: readonly Address[] | null;
  readonly proxies: readonly Address[] | null;
}

/** A zone as it is stored. Times in milliseconds since the epoch. */
export interface ZoneView extends EffectiveZone {
  readonly id: string;
  readonly type: ZoneType;
  readonly name: string;
  readonly system: boolean;
  readonly details: Readonly<Record<string, unknown>>;
  readonly created: number;
  readonly lastUpdated: number;
  /** `null` until a new zone takes effect for the first time. */
  readonly effective: EffectiveZone | null;
  /** Gateways that came or went within the last seconds, by value, with the time of it. */
  readonly arrived: Readonly<Record<string, number>>;
  readonly departed: Readonly<Record<string, number>>;
}

/**
 * Headers of an answer, changed: `null` takes one out, a list sends it more than once. In a text `{now}` stands for
 * the seconds since the epoch, `{nowMs}` for the milliseconds, `{date}` for an HTTP date; each can be shifted by its
 * own unit (a date by seconds), as in `{now+60}`, `{nowMs-500}`, `{date+3600}`.
 */
export type HeaderChanges = Readonly<Record<string, string | readonly string[] | null>>;

/**
 * What goes wrong with a call:
 * - `status`: this answer instead of the right one, with Okta's body for it (`json`), a page such as a
 *   gateway in between would send (`html`), none, or the given `text`; with `apply` the write took place all the same
 * - `hang`: no answer, ever; with `apply` the write took place
 * - `drop`: the connection goes away before or after the write took place
 * - `delayMs`: slow but right; the write takes place at the `start` (default) or the `end` of the delay
 * - `truncate`: half of the right body
 * - `rateLimit`, `concurrency`: the two kinds of 429
 * - `edit`: an admin's edit of the same zone right after the call (default), right before it, or `within` it: a write
 *   took place, then the edit, and the answer shows both
 * - `stale`: the right answer to a GET, but of the zone as it was before its last changes, or some time ago
 * - `shows`: the right answer, but for these fields of the zone in it
 * - `headers`: the right answer, with other headers
 *
 * Every kind that ends in an answer takes `headers` beside its own keys.
 */
export type Fault = FaultKind & { readonly headers?: HeaderChanges };
export type FaultKind =
  | {
      readonly status: number;
      readonly body?: 'json' | 'html' | 'empty';
      readonly text?: string;
      readonly apply?: boolean;
    }
  | { readonly hang: true; readonly apply?: boolean }
  | { readonly drop: 'before' | 'after' }
  | { readonly delayMs: number; readonly apply?: 'start' | 'end' }
  | { readonly truncate: true }
  | { readonly rateLimit: { readonly resetInSeconds: number } }
  | { readonly concurrency: true }
  | { readonly edit: ZoneEdit; readonly when?: 'before' | 'within' | 'after' }
  | { readonly stale: { readonly changes: number } | { readonly ms: number } }
  | { readonly shows: Readonly<Record<string, unknown>> }
  | { readonly headers: HeaderChanges };

/**
 * Makes calls that match (each given field must) fail: the next `count`, or all for `seconds`, or whichever ends first
 * where both are given; one call where neither is. The first `skip` that match pass. Older faults are used up first.
 */
export interface FaultRequest {
  readonly count?: number;
  readonly seconds?: number;
  readonly skip?: number;
  readonly method?: string;
  readonly zoneId?: string;
  readonly fault: Fault;
}
export interface ActiveFault extends FaultRequest {
  readonly id: number;
  /** Calls that it will still strike; `null` where time alone ends it. */
  readonly remaining: number | null;
}

/** How long calls that match take, in milliseconds, faults aside. The rule that says most of a call counts for it. */
export interface LatencyRule {
  readonly ms: number;
  readonly method?: string;
  readonly zoneId?: string;
}

/** One API request the simulator saw. Never holds the token. */
export interface RequestRecord {
  /** 1, 2, 3, ... in order of arrival. */
  readonly n: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly zoneId: string | null;
  readonly outcome: 'pending' | 'answer' | 'hang' | 'drop';
  /** `null` where there was no answer (yet). */
  readonly status: number | null;
  /** Role of the token that came with it; `null` for a token that is missing, unknown, revoked or expired. */
  readonly role: Role | null;
  /** Whether that role may do what was asked. */
  readonly authorized: boolean;
  /** Whether it changed, or confirmed, what is stored. */
  readonly applied: boolean;
  /** Another write to the same zone was in progress when this came in. */
  readonly overlapping: boolean;
  /** Kind of the fault that struck it. */
  readonly fault: string | null;
  /** The parsed body of a PUT or POST, where it was JSON. */
  readonly body?: unknown;
}

/** State of the rate limit window; `reset` in epoch seconds. */
export interface Quota {
  readonly limit: number;
  readonly remaining: number;
  readonly reset: number;
}
export interface RateLimitChange {
  readonly limit?: number;
  readonly remaining?: number;
  /** Seconds until the current window ends. */
  readonly resetInSeconds?: number;
}

/** A token's state, without the token. */
export interface TokenView {
  readonly label: string;
  readonly role: Role;
  readonly state: 'valid' | 'revoked' | 'expired';
}

/** All there is to see, as the page shows it. */
export interface SimulatorState {
  readonly at: number;
  readonly zones: readonly ZoneView[];
  readonly rateLimit: Quota;
  readonly tokens: readonly TokenView[];
  readonly faults: readonly ActiveFault[];
  /** The latest first. */
  readonly requests: readonly RequestRecord[];
}
