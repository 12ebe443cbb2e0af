import type { Deployment } from './deployment.ts';
import type { Fault } from './faults.ts';
import type { ListFault } from './lists/list-plan.ts';
import type { FifoOptions } from './sources.ts';
import type { TablePlan } from './table-weather.ts';

/** What a schedule's bounds are: see `Monitor`. */
export type Weather = 'good' | 'lost timers' | 'storm';

export interface EventAction {
  readonly do: 'event';
  readonly webhookId: string;
  readonly type: 'access.granted' | 'access.revoked' | 'access.flushed';
  readonly acl: string;
  readonly ip: string;
  readonly grantId?: string;
  /** How long before it is sent the event happened, in milliseconds. */
  readonly ageMs: number;
  readonly durationSeconds: number;
  readonly wait?: number;
  /** It is signed with a key that speaks for another ACL. */
  readonly isKeyWrong?: true;
}

export type AdminEdit =
  | 'adds'
  | 'removes'
  | 'wipes'
  | 'edits proxies'
  | 'edits name'
  | 'deactivates'
  | 'activates'
  | 'blocklists'
  | 'unblocks';

/** An item as another version may have left it: with a field more, with one less, or with one of another shape. */
export type Spoiling = 'more' | 'less' | 'other';

/** A zone that is not an ordinary one when the schedule begins. */
export type OddZone = 'missing' | 'dynamic' | 'system' | 'foreign';

/** What happens at Knocknoc, whose server publishes the list of an ACL. */
export type ListAction =
  | { readonly do: 'no key yet'; readonly seconds: number }
  | {
      readonly do: 'list';
      readonly acl: string;
      readonly what: 'log in' | 'log out';
      readonly ip: string;
      /** The script beside the list should have told of it, and did not. */
      readonly isLost?: true;
    }
  | {
      readonly do: 'list fails';
      readonly acl: string;
      readonly fault: ListFault;
      /** How long; or by how much a list lags. */
      readonly seconds: number;
      readonly ip: string;
    };

export type Action = { readonly at: number } & (
  | EventAction
  | { readonly do: 'admin'; readonly edit: AdminEdit; readonly zone: number; readonly n: number }
  | {
      readonly do: 'redeploy';
      readonly deployment: Deployment;
      /** What it is counted as, where it changes more than settings. */
      readonly change?: Fault;
    }
  | { readonly do: 'rotate token'; readonly gapMs: number }
  | { readonly do: 'sign-in'; readonly fault: 'tokens end early' | 'nonce changed' }
  | { readonly do: 'rebuild'; readonly acl: string }
  | { readonly do: 'ttl'; readonly lateSeconds: number }
  | { readonly do: 'use quota'; readonly remaining: number; readonly resetInSeconds: number }
  | { readonly do: 'spoil'; readonly how: Spoiling; readonly n: number }
  | { readonly do: 'garbage row'; readonly acl: string; readonly n: number }
  | { readonly do: 'garbage message'; readonly acl: string; readonly n: number }
  | { readonly do: 'replace queue' }
  | { readonly do: 'adopt'; readonly acl: string }
  | { readonly do: 'turn lists round' }
  | { readonly do: 'table out'; readonly seconds: number }
  | { readonly do: 'redrive' }
  | ListAction
);

/** One schedule: everything that is decided before it begins. What strikes at a rate follows from the seed too. */
export interface Plan {
  /** In a kind world only the old promises are judged. In that of lists Knocknoc's lists are read. */
  readonly world: 'kind' | 'unkind' | 'lists';
  readonly seed: number;
  readonly weather: Weather;
  readonly rates: Readonly<Partial<Record<Fault, number>>>;
  /** In order of time, in milliseconds from the start. */
  readonly actions: readonly Action[];
  /** Milliseconds of action; then no fault strikes any more. */
  readonly actionMs: number;
  readonly deployment: Deployment;
  /** The first ACL has keys of its own. */
  readonly ownKeys: boolean;
  readonly oneShard: boolean;
  readonly slow: boolean;
  /** How long a call to Okta takes, in milliseconds: from, to. */
  readonly oktaMs: readonly [number, number];
  /** Calls that Okta takes in a minute. */
  readonly limit: number;
  /** By zone id. */
  readonly oddZones: Readonly<Record<string, OddZone>>;
  /** Undefined: it takes no time, and nothing goes wrong in it that is no fault. */
  readonly table?: TablePlan;
  readonly queue: Pick<FifoOptions, 'visibilityMs' | 'firstSequence'>;
  /** From the first function that a deploy reaches to the last, in milliseconds. */
  readonly deployMs: number;
  /** Codes that are said in good weather too. */
  readonly codes: readonly string[];
  /** What makes the world unkind here. */
  readonly dimensions: readonly Dimension[];
  /** What the schedule is made to measure: see `Stretch`. */
  readonly stretch?: Stretch;
}

/**
 * `calm`: changes come one by one, and what each costs is counted. `herd`: everything is to be written at once, and must be
 * at these moments. Milliseconds from the start.
 */
export type Stretch =
  | { readonly kind: 'calm'; readonly from: number; readonly to: number }
  | { readonly kind: 'herd'; readonly deadlines: readonly number[] };

/** The first deployment, and those that come while a schedule runs. */
export function deploymentsOf(plan: Pick<Plan, 'deployment' | 'actions'>): Deployment[] {
  return [plan.deployment, ...plan.actions.flatMap((action) => (action.do === 'redeploy' ? [action.deployment] : []))];
}

/** What makes the world unkind: each is in some schedules. */
export const DIMENSIONS = [
  ...['many zones', 'ten ACLs', 'short quota', 'deploys', 'overlaps', 'spoiled items', 'slow Okta', 'stale Okta'],
  ...['absurd headers', 'statuses', 'slow table', 'conflicts', 'throttled table', 'stale table', 'deliveries'],
  ...['replaced queue', 'foreign zones', 'odd zones', 'garbage', 'IPv6', 'full zones', 'handover'],
  ...['own keys', 'ids that meet'],
] as const;
/** Okta is called as a service app. It is drawn by itself: whichever way, the rest of a schedule stays what it is. */
export const SERVICE_APP = 'service app';
export type Dimension = (typeof DIMENSIONS)[number] | typeof SERVICE_APP;

/** What a schedule has otherwise than its seed decides. */
export type PlanChanges = Partial<Pick<Plan, 'rates' | 'oktaMs'>> & {
  readonly world?: Plan['world'];
  /** In an unkind world: these and no others. */
  readonly dimensions?: readonly Dimension[];
  readonly stretch?: Stretch['kind'] | 'none';
};
