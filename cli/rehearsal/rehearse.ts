import { canonicalGateways } from '../../lib/addresses/address-block.ts';
import { CachedSecret } from '../../lib/cached-secret.ts';
import { aclConfig } from '../../lib/config.ts';
import type { ErrorCode } from '../../lib/error-codes.ts';
import { failureDetail } from '../../lib/failure-detail.ts';
import { GrantBook } from '../../lib/grants/grant-book.ts';
import { ITEM } from '../../lib/names.ts';
import type { OktaZone } from '../../lib/okta/client.ts';
import type { OktaFailure } from '../../lib/okta/okta-failure.ts';
import type { Quota } from '../../lib/okta/rate-limit.ts';
import type { Fields, SecretReader, Telemetry } from '../../lib/ports.ts';
import { type ForeignZone, foreignZone } from '../../lib/zones/allow-adoption.ts';
import { type RebuildDeps, rebuildAcl } from '../../lib/zones/rebuild-acl.ts';
import type { ZoneState } from '../../lib/zones/zone-state.ts';
import { ZoneStates } from '../../lib/zones/zone-states.ts';
import type { Surroundings } from '../command.ts';
import type { Target } from '../target.ts';
import { OverlayTable } from './overlay-table.ts';
import { RehearsedZones } from './rehearsed-zones.ts';

/** What Okta, or a zone, says against it. */
export type Refusal = Pick<OktaFailure, 'code' | 'message' | 'retryInMs'>;

export interface ZoneRehearsal {
  readonly zoneId: string;
  /** As Okta has it; undefined where it could not be read. */
  readonly zone: OktaZone | undefined;
  /** Why it can't be read or used. */
  readonly failure: Refusal | undefined;
  /** Canonical lists: what Okta has, and what a rebuild would make of it. */
  readonly current: readonly string[];
  readonly desired: readonly string[];
  /** The list is not the one last written: somebody else has changed it. */
  readonly foreign: boolean;
  /** The ACL's first event will not get in: the zone holds others' entries, and nobody has allowed that they go. */
  readonly toAdopt: ForeignZone | undefined;
}

export interface Rehearsal {
  readonly acl: string;
  /** Whether the ACL has seen an event; until then its zones are not written. */
  readonly hasEvents: boolean;
  readonly zones: readonly ZoneRehearsal[];
  /** How many IPs would fit into no zone. */
  readonly waiting: number;
  readonly quota: Quota | undefined;
  /** Okta as a whole refused or did not answer; then the zones after the first are not known. */
  readonly failure: Refusal | undefined;
  /** Something is left that a rebuild would do later, to spare Okta's quota: milliseconds until then. */
  readonly restInMs: number | undefined;
}

/** Codes that say of no zone that it is no good. */
const OF_OKTA: readonly ErrorCode[] = ['OKTA001', 'OKTA002', 'OKTA005', 'ZONE003', 'ZONE006'];
/** The time of one run of the zone function. */
const RUN_MS = 30_000;
/** A person waits: what a rebuild would do later than this is left out. */
const SOON_MS = 3_000;
/** With hundreds of zones a rebuild takes several runs. */
const LONGEST_MS = 120_000;

/**
 * What a rebuild that reads every zone would do now: the production code of a rebuild, on a table and on zones that keep
 * its writes to themselves. Nothing is written, to Okta or to the table.
 */
export async function rehearse(
  acl: string,
  target: Pick<Target, 'config' | 'table' | 'kms'> & { readonly oktaCredentials: SecretReader },
  { clock, http, newId, stop }: Pick<Surroundings, 'clock' | 'http' | 'newId' | 'stop'>,
): Promise<Rehearsal> {
  const { config, kms, oktaCredentials } = target;
  const settings = aclConfig(config, acl);
  if (!settings) throw new Error(`no such ACL: ${acl}`);
  const table = new OverlayTable(target.table);
  const states = new ZoneStates(table);
  await table.write([{ put: { acl, item: ITEM.state, ...timeless(await states.get(acl)) } }]);
  const okta = new RehearsedZones(http, config.okta.baseUrl, () => clock.now(), kms?.signers);
  const heard = new Heard();
  const grants = new GrantBook(table, config, heard);
  const credentials = new CachedSecret({ read: () => heard.reasonOf(oktaCredentials.read()) }, clock);
  const timers = { send: async () => {} };
  const rest = async () => (await states.rest.until(clock.now())) - clock.now();
  if ((await rest()) > 0) heard.error('OKTA005', 'Okta has refused calls until later');
  else {
    const deps = { config, clock, grants, states, okta, oktaCredentials: credentials, timers, telemetry: heard, newId };
    await toTheEnd(acl, deps, heard, stop);
  }
  const failure = heard.failure;
  const { dueAt, waiting = 0, zones } = await states.get(acl);
  const hasEvents = (await grants.position(acl)) !== undefined;
  const rehearsed = settings.zoneIds.map(async (zoneId): Promise<ZoneRehearsal> => {
    const zone = okta.found(zoneId);
    const { trouble } = zones[zoneId] ?? {};
    const current = canonicalGateways(zone?.gateways ?? []);
    const isJudged = hasEvents || !zone || trouble !== undefined;
    const foreign = isJudged ? undefined : await foreignZone(acl, zoneId, current, { config, clock, grants, states });
    return {
      ...{ zoneId, zone, current, foreign: heard.foreign.has(zoneId) },
      failure: trouble && { code: trouble.code, message: trouble.detail, retryInMs: undefined },
      desired: canonicalGateways(okta.rehearsed(zoneId)?.gateways ?? []),
      toAdopt: foreign?.isAllowed ? undefined : foreign,
    };
  });
  return {
    ...{ acl, hasEvents, zones: await Promise.all(rehearsed), waiting, quota: okta.quota },
    failure: failure && { ...failure, retryInMs: failure.code === 'OKTA005' ? await rest() : undefined },
    restInMs: failure || dueAt === undefined ? undefined : Math.max(0, dueAt - clock.now()),
  };
}

/** What is known of the zones, without when it was found: every one of them is read, and no pause holds it up. */
function timeless({ zones }: ZoneState): ZoneState {
  const memories = Object.entries(zones).map(([zoneId, { write, trouble, away }]) => {
    const known = { ...(write !== undefined && { write }), ...(away && { away }) };
    const memory = { ...known, ...(trouble && { trouble: { ...trouble, at: 0 } }) };
    return [zoneId, memory];
  });
  return { zones: Object.fromEntries(memories) };
}

/** One run after the other, as timers would start them, while something is left that can be done soon. */
async function toTheEnd(acl: string, deps: RebuildDeps, heard: Heard, stop: AbortSignal): Promise<void> {
  const { clock, states } = deps;
  const end = clock.now() + LONGEST_MS;
  while (clock.now() < end && !stop.aborted) {
    await rebuildAcl(acl, deps, clock.now() + RUN_MS);
    const { dueAt } = await states.get(acl);
    if (heard.failure || dueAt === undefined || dueAt - clock.now() > SOON_MS) return;
    await clock.sleep(Math.max(0, dueAt - clock.now()));
  }
}

/** What a rebuild says is kept here, and goes nowhere. */
class Heard implements Telemetry {
  /** Zones whose list somebody else has changed. */
  readonly foreign = new Set<unknown>();
  /** What Okta as a whole said against it. */
  failure: Pick<Refusal, 'code' | 'message'> | undefined;
  #reason: string | undefined;

  error(code: ErrorCode, detail: string, fields: Fields = {}): void {
    if (code === 'ZONE007') this.foreign.add(fields.zoneId);
    if (!OF_OKTA.includes(code)) return;
    this.failure = { code, message: failureDetail(this.#reason === undefined ? detail : `${detail}: ${this.#reason}`) };
  }

  /** Why something could not be read is told too: it may be a right that the person is missing. */
  async reasonOf<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      this.#reason = error instanceof Error ? error.message : 'unknown';
      throw error;
    }
  }

  begin(): void {}
  info(): void {}
  warn(): void {}
  metric(): void {}
}
