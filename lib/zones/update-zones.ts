import { type Block, blockOf, canonicalGateways, covers, toGateway } from '../addresses/address-block.ts';
import { differenceOf, sameList } from '../addresses/list-difference.ts';
import type { AclConfig, Config } from '../config.ts';
import type { ErrorCode } from '../error-codes.ts';
import type { Grant } from '../grants/grant-items.ts';
import { AUDIT } from '../names.ts';
import type { OktaZone, ZoneCalls } from '../okta/client.ts';
import { OktaFailure } from '../okta/okta-failure.ts';
import type { Quota } from '../okta/rate-limit.ts';
import { whyUnusable } from '../okta/usability.ts';
import type { Fields, Telemetry } from '../ports.ts';
import { desiredGateways } from './desired-gateways.ts';
import { listForNow } from './list-for-now.ts';
import { writeOrder } from './write-order.ts';
import type { KnownLists, ZoneList } from './zone-lists.ts';

/** Trouble with one zone that says nothing of the others. */
const OF_ONE_ZONE: readonly ErrorCode[] = ['ZONE001', 'ZONE002', 'ZONE004'];
/** Zones that are read at once: with many, one after the other would take longer than the function may. */
const READ_AT_ONCE = 5;
/** At most this many changed entries are named in a log line. */
const NAMED_IN_LOG = 50;

export interface ZoneUpdate {
  readonly acl: string;
  readonly settings: AclConfig;
  readonly config: Config;
  /** The live grants; undefined until the ACL has seen an event: then its zones are read, not written. */
  readonly grants: readonly Grant[] | undefined;
  /** What is known of the lists from before. */
  readonly known: KnownLists;
  readonly okta: ZoneCalls;
  readonly telemetry: Telemetry;
  /** What brought this pass about, for the line of each change. */
  readonly audit?: Fields;
  /** Remembers that a zone which has one list is about to be given another. */
  readonly announce: (zoneId: string, current: readonly string[], desired: readonly string[]) => Promise<void>;
}

export interface UpdatedZones {
  readonly zones: KnownLists;
  readonly waiting: readonly string[];
  readonly quota: Quota | undefined;
  /** What is wrong with single zones; the others are right. */
  readonly failures: readonly OktaFailure[];
}

/**
 * One pass over an ACL's zones: read each, compare it with what it must be, write it if it differs.
 * @throws {OktaFailure} when Okta as a whole refuses or does not answer
 */
export async function updateZones(update: ZoneUpdate): Promise<UpdatedZones> {
  const { settings, telemetry } = update;
  // Before anything of Okta's can fail: how many there are is worth knowing then above all.
  if (update.grants) telemetry.info('grants counted', { acl: update.acl, grants: update.grants.length });
  const failures: OktaFailure[] = [];
  const read = await readZones(update, failures);
  const { found } = read;
  let { quota } = read;
  const known: Record<string, ZoneList> = {};
  for (const zoneId of settings.zoneIds) known[zoneId] = update.known[zoneId] ?? {};
  if (!update.grants) return { zones: known, waiting: [], quota, failures };

  const previous = settings.zoneIds.map((zoneId) => known[zoneId]?.written ?? []);
  const { sentinel, gatewayLimit, ipv6PrefixLength } = update.config;
  const { zones: lists, waiting } = desiredGateways({
    grants: update.grants,
    alwaysAllow: settings.alwaysAllow,
    zones: previous,
    sentinel,
    gatewayLimit,
    ipv6PrefixLength,
  });
  const has: (readonly string[])[] = settings.zoneIds.map((zoneId) =>
    canonicalGateways(found.get(zoneId)?.gateways ?? []),
  );
  for (const [index, zoneId] of settings.zoneIds.entries()) {
    if (found.has(zoneId)) reportForeignChange(update, zoneId, has[index] ?? [], known[zoneId] ?? {});
  }
  let people: readonly Block[] | undefined;
  const holdsSomebody = (block: Block) => {
    people ??= (update.grants ?? []).map(({ ip }) => blockOf(ip));
    return people.some((one) => covers(block, one));
  };
  const forNow = (index: number) => listForNow(index, has, lists, gatewayLimit, sentinel, holdsSomebody);
  const bring = async (index: number, read: (zoneId: string) => Promise<OktaZone | undefined>): Promise<void> => {
    const zoneId = settings.zoneIds[index] ?? '';
    const desired = forNow(index);
    const good = await ofOneZone(failures, zoneId, async () => {
      const zone = await read(zoneId);
      if (!zone) return;
      const current = canonicalGateways(zone.gateways ?? []);
      if (!sameList(current, desired)) {
        // What was just read is known to have been there, whatever becomes of this write.
        known[zoneId] = { written: current, intended: desired };
        await update.announce(zoneId, current, desired);
        quota = (await write(update, zoneId, zone, desired)) ?? quota;
        telemetry.info('zone updated', {
          ...{ action: AUDIT.zoneUpdated, acl: update.acl, zoneId, ...update.audit, ...difference(current, desired) },
        });
      }
      known[zoneId] = { written: desired };
      has[index] = desired;
    });
    if (!good) found.delete(zoneId);
  };
  // By what the zones have, whoever has put it there: it lets people in all the same.
  const order = writeOrder(has, lists, holdsSomebody);
  for (const index of order) await bring(index, async (zoneId) => found.get(zoneId));
  // Whoever had to stay somewhere until another zone had them can go now.
  for (const index of order) {
    if (sameList(has[index] ?? [], forNow(index))) continue;
    await bring(index, async (zoneId) => (found.has(zoneId) ? (await update.okta.get(zoneId)).zone : undefined));
  }
  return { zones: known, waiting, quota, failures };
}

/**
 * Reads the ACL's zones: the first, then a few at a time. Those that can't be used are among the failures afterwards.
 * @throws {OktaFailure} as `updateZones` does; no further zone is read then
 */
async function readZones(
  { settings, okta }: ZoneUpdate,
  failures: OktaFailure[],
): Promise<{ found: Map<string, OktaZone>; quota: Quota | undefined }> {
  const found = new Map<string, OktaZone>();
  let quota: Quota | undefined;
  // The first alone: where Okta as a whole refuses, one call is enough to learn it.
  for (let at = 0, next = 1; at < settings.zoneIds.length; at = next, next += READ_AT_ONCE) {
    const answers = await Promise.allSettled(settings.zoneIds.slice(at, next).map((zoneId) => okta.get(zoneId)));
    // In the order of the zones, whatever order the answers came in.
    for (const [index, answer] of answers.entries()) {
      const zoneId = settings.zoneIds[at + index] ?? '';
      await ofOneZone(failures, zoneId, async () => {
        if (answer.status === 'rejected') throw answer.reason;
        quota = answer.value.quota ?? quota;
        const reason = whyUnusable(answer.value.zone);
        if (reason) throw new OktaFailure('ZONE004', `zone ${zoneId} can't be used: ${reason}`);
        found.set(zoneId, answer.value.zone);
      });
    }
  }
  return { found, quota };
}

/** Writes the list and makes sure that Okta has it: by its answer or, where that shows another list, by reading again. */
async function write(
  update: ZoneUpdate,
  zoneId: string,
  zone: OktaZone,
  desired: readonly string[],
): Promise<Quota | undefined> {
  const answer = await update.okta.putGateways(zoneId, zone, desired.map(toGateway));
  if (sameList(canonicalGateways(answer.zone.gateways ?? []), desired)) return answer.quota;
  const readBack = await update.okta.get(zoneId);
  if (sameList(canonicalGateways(readBack.zone.gateways ?? []), desired)) return readBack.quota;
  throw new OktaFailure('ZONE003', `Okta accepted the update of zone ${zoneId}, but shows another list`);
}

function reportForeignChange(update: ZoneUpdate, zoneId: string, current: readonly string[], lists: ZoneList): void {
  if (!lists.written || sameList(current, lists.written)) return;
  if (lists.intended && sameList(current, lists.intended)) return;
  update.telemetry.error('ZONE007', `zone ${zoneId} is not as it was last written; it is put right`, {
    acl: update.acl,
    zoneId,
    ...difference(lists.written, current),
  });
}

/** @returns whether it went well */
async function ofOneZone(failures: OktaFailure[], zoneId: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof OktaFailure)) throw error;
    const named = error.about({ zoneId });
    if (!OF_ONE_ZONE.includes(error.code)) throw named;
    failures.push(named);
    return false;
  }
}

function difference(before: readonly string[], after: readonly string[]) {
  const { added, removed } = differenceOf(before, after);
  return {
    before: before.length,
    after: after.length,
    added: added.slice(0, NAMED_IN_LOG),
    removed: removed.slice(0, NAMED_IN_LOG),
  };
}
