import { canonicalGateways } from '../lib/addresses/address-block.ts';
import { aclConfig } from '../lib/config.ts';
import type { ErrorCode } from '../lib/error-codes.ts';
import { GrantBook } from '../lib/grants/grant-book.ts';
import { type OktaZone, OktaZones, type ZoneCalls } from '../lib/okta/client.ts';
import { asToken } from '../lib/okta/credentials.ts';
import { OktaFailure } from '../lib/okta/okta-failure.ts';
import type { Quota } from '../lib/okta/rate-limit.ts';
import { whyUnusable } from '../lib/okta/usability.ts';
import type { Clock, HttpClient, Telemetry } from '../lib/ports.ts';
import { updateZones } from '../lib/zones/update-zones.ts';
import { ZoneStates } from '../lib/zones/zone-state.ts';
import type { Target } from './target.ts';

export interface ZoneRehearsal {
  readonly zoneId: string;
  /** As Okta has it; undefined where it could not be read. */
  readonly zone: OktaZone | undefined;
  /** Why it can't be read or used. */
  readonly failure: OktaFailure | undefined;
  /** Canonical lists: what Okta has, and what a rebuild would make of it. */
  readonly current: readonly string[];
  readonly desired: readonly string[];
  /** The list is not the one last written: somebody else has changed it. */
  readonly foreign: boolean;
}

export interface Rehearsal {
  readonly acl: string;
  /** Whether the ACL has seen an event; until then its zones are not written. */
  readonly adopted: boolean;
  readonly zones: readonly ZoneRehearsal[];
  readonly waiting: readonly string[];
  readonly quota: Quota | undefined;
  /** Okta as a whole refused or did not answer; then the zones after the first are not known. */
  readonly failure: OktaFailure | undefined;
}

/**
 * What a rebuild of an ACL would do now: the production code of a rebuild, with its writes
 * caught before they leave. Nothing is written, to Okta or to the table.
 */
export async function rehearse(
  acl: string,
  target: Target,
  { clock, http }: { readonly clock: Clock; readonly http: HttpClient },
): Promise<Rehearsal> {
  const settings = aclConfig(target.config, acl);
  if (!settings) throw new Error(`no such ACL: ${acl}`);
  const book = new GrantBook(target.table, target.config, SILENT);
  const states = new ZoneStates(target.table);
  const known = (await states.lists(acl, await states.get(acl))).known();
  const adopted = (await book.position(acl)) !== undefined;
  const grants = adopted ? await book.live(acl, clock.now()) : undefined;
  const found = new Map<string, OktaZone>();
  const foreign = new Set<unknown>();
  const calls = await readingCalls(target, states, { clock, http });
  const written = new Map<string, OktaZone>();
  const okta: ZoneCalls = {
    get: async (zoneId) => {
      const rehearsed = written.get(zoneId);
      if (rehearsed) return { zone: rehearsed, quota: undefined };
      const answer = await calls.get(zoneId);
      found.set(zoneId, answer.zone);
      return answer;
    },
    putGateways: async (zoneId, zone, gateways) => {
      const rehearsed = { ...zone, gateways: [...gateways] };
      written.set(zoneId, rehearsed);
      return { zone: rehearsed, quota: undefined };
    },
  };
  const heard: Telemetry = {
    ...SILENT,
    error: (code, _detail, fields) => {
      if (code === 'ZONE007') foreign.add(fields?.zoneId);
    },
  };
  let result: { waiting: readonly string[]; quota: Quota | undefined; failures: readonly OktaFailure[] };
  let failure: OktaFailure | undefined;
  try {
    const announce = async () => {};
    const { config } = target;
    result = await updateZones({ acl, settings, config, grants, known, okta, telemetry: heard, announce });
  } catch (error) {
    if (!(error instanceof OktaFailure)) throw error;
    failure = error;
    result = { waiting: [], quota: undefined, failures: [] };
  }
  const zones = settings.zoneIds.map((zoneId): ZoneRehearsal => {
    const zone = found.get(zoneId);
    const rehearsed = written.get(zoneId);
    const current = canonicalGateways(zone?.gateways ?? []);
    const own = result.failures.find(({ fields }) => fields.zoneId === zoneId) ?? unusable(zoneId, zone);
    return {
      ...{ zoneId, zone, failure: own, current },
      desired: rehearsed ? canonicalGateways(rehearsed.gateways ?? []) : current,
      foreign: foreign.has(zoneId),
    };
  });
  return { acl, adopted, zones, waiting: result.waiting, quota: result.quota, failure };
}

/** Reads single zones with the stored token. While Okta wants no calls, none goes out. */
async function readingCalls(
  target: Target,
  states: ZoneStates,
  { clock, http }: { readonly clock: Clock; readonly http: HttpClient },
): Promise<Pick<ZoneCalls, 'get'>> {
  const zones = new OktaZones(http, target.config.okta.baseUrl, () => clock.now());
  const restsUntil = await states.rest.until(clock.now());
  return {
    get: async (zoneId) => {
      const retryInMs = restsUntil - clock.now();
      if (retryInMs > 0) throw new OktaFailure('OKTA005', 'Okta has refused calls until later', {}, { retryInMs });
      return zones.get(zoneId, await readToken(target));
    },
  };
}

/** @throws {OktaFailure} ZONE006 */
async function readToken(target: Target): Promise<string> {
  const token = await target.oktaToken.read().catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : 'unknown';
    throw new OktaFailure('ZONE006', `the secret that holds the Okta token can't be read: ${reason}`, {}, { cause });
  });
  return asToken(token?.trim());
}

/** A zone that was read before the pass ended early. */
function unusable(zoneId: string, zone: OktaZone | undefined): OktaFailure | undefined {
  const reason = zone && whyUnusable(zone);
  return reason ? new OktaFailure('ZONE004', `zone ${zoneId} can't be used: ${reason}`) : undefined;
}

const SILENT: Telemetry = {
  begin: () => {},
  info: () => {},
  warn: () => {},
  error: (_code: ErrorCode) => {},
  metric: () => {},
};
