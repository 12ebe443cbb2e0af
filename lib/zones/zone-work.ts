import { canonicalGateways, toGateway } from '../addresses/address-block.ts';
import { differenceOf, sameList } from '../addresses/list-difference.ts';
import type { AclConfig } from '../config.ts';
import { AUDIT } from '../names.ts';
import type { OktaZone, ZoneCalls } from '../okta/client.ts';
import { OktaFailure } from '../okta/okta-failure.ts';
import type { Quota } from '../okta/rate-limit.ts';
import { whyUnusable } from '../okta/usability.ts';
import type { Clock, Fields, Telemetry } from '../ports.ts';
import { foreignEntries, whyNotAdopted } from './adoption.ts';
import type { Plan } from './plan.ts';
import type { ZoneItems } from './zone-items.ts';
import { OF_ONE_ZONE } from './zone-state.ts';
import { isContradiction, shown, written, type ZoneView } from './zone-view.ts';

/** At most this many changed entries are named in one log line. */
const NAMED_IN_LOG = 50;

export interface ZoneWork {
  readonly acl: string;
  readonly settings: Pick<AclConfig, 'replaceExisting'>;
  readonly okta: ZoneCalls;
  readonly items: ZoneItems;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** The ACL has seen an event, so its zones are put right; until then nobody else is blamed for a change. */
  readonly isInUse: boolean;
  /** What brought this rebuild about, for the line of each change. */
  readonly audit: Fields;
  /** Rejects when the ACL's lease is not this rebuild's any more. */
  readonly assertHeld: () => Promise<void>;
}

/** What came of one call or two. */
export interface Done {
  readonly view: ZoneView;
  /** As Okta has just shown it; only where it can be written. */
  readonly zone?: OktaZone;
  readonly quota?: Quota | undefined;
  /** What is wrong with this zone alone. */
  readonly failure?: OktaFailure;
}

/**
 * Reads a zone and judges what Okta shows: whether it can be used, whose list it has, and whether that is known.
 * @param plan undefined before the ACL's first event, and where all is as it was confirmed: whose zone it is does not matter
 * @throws {OktaFailure} when Okta as a whole refuses or does not answer
 */
export async function readZone(view: ZoneView, plan: Plan | undefined, work: ZoneWork): Promise<Done> {
  return ofOneZone(view, work, async () => {
    const { zone, quota } = await work.okta.get(view.zoneId);
    const reason = whyUnusable(zone);
    if (reason) throw new OktaFailure('ZONE004', `zone ${view.zoneId} can't be used: ${reason}`);
    const list = canonicalGateways(zone.gateways ?? []);
    if (plan) await assertOurs(view, list, plan, work);
    if (work.isInUse && isContradiction(view, list)) reportForeignChange(view, list, work);
    return { view: shown(view, list, work.clock.now()), zone, quota };
  });
}

/**
 * Gives a zone that was just read another list, and makes sure that Okta has it.
 * @throws {OktaFailure} when Okta as a whole refuses or does not answer
 */
export async function writeZone(
  view: ZoneView,
  zone: OktaZone,
  list: readonly string[],
  work: ZoneWork,
): Promise<Done> {
  const { acl, clock, items, okta, telemetry } = work;
  const { zoneId, stored, has = [] } = view;
  await work.assertHeld();
  // A list that nobody announced may be an old answer: what was known before stays known, until this write is confirmed.
  const [known = has] = view.doubted ? view.expected : [];
  const record = await items.announce(zoneId, acl, stored, { before: known, after: list }, clock.now());
  if (!record) return { view: await takenOver(view, work) };
  const announced = { ...view, stored: record };
  if (stored === 'none') reportFirstWrite(view, list, work);
  return ofOneZone(announced, work, async () => {
    const answer = await okta.putGateways(zoneId, zone, list.map(toGateway));
    const confirmed = (await confirm(zoneId, answer.zone, list, okta)) ?? answer;
    const difference = namedDifference(has, list);
    const fields = { action: AUDIT.zoneUpdated, acl, zoneId, ...work.audit, ...difference };
    telemetry.info('zone updated', fields);
    return { view: written(announced, record, clock.now()), quota: confirmed.quota };
  });
}

/** Stores which list a zone has, where it needs no write. */
export async function recordZone(view: ZoneView, work: ZoneWork): Promise<Done> {
  const { has = [] } = view;
  await work.assertHeld();
  const lists = { before: has, after: has };
  const record = await work.items.announce(view.zoneId, work.acl, view.stored, lists, work.clock.now());
  if (!record) return { view: await takenOver(view, work) };
  return { view: { ...view, stored: record, memory: { ...view.memory, write: record.write } } };
}

/** The answer to a PUT shows what Okta has made of it: list, status and usage count. @throws {OktaFailure} */
async function confirm(zoneId: string, answered: OktaZone, list: readonly string[], okta: ZoneCalls) {
  const isRight = (zone: OktaZone) => sameList(canonicalGateways(zone.gateways ?? []), list);
  const reason = whyUnusable(answered);
  if (reason) throw new OktaFailure('ZONE004', `zone ${zoneId} can't be used, by the answer to its update: ${reason}`);
  if (isRight(answered)) return undefined;
  const again = await okta.get(zoneId);
  if (isRight(again.zone)) return again;
  throw new OktaFailure('ZONE003', `Okta accepted the update of zone ${zoneId}, but shows another list`);
}

/** @throws {OktaFailure} ZONE008 */
async function assertOurs(view: ZoneView, list: readonly string[], plan: Plan, work: ZoneWork): Promise<void> {
  if (view.stored !== 'none') return;
  const wanted = plan.wanted();
  if (foreignEntries(list, wanted).length === 0) return;
  const { replaceExisting } = work.settings;
  const allowed = await work.items.adoption(view.zoneId);
  const reason = whyNotAdopted({ shown: list, wanted, allowed, replaceExisting });
  if (reason) throw new OktaFailure('ZONE008', `zone ${view.zoneId} is not taken over: ${reason}`);
}

/** Somebody else has announced a write since the item was read: it is read afresh in the next rebuild. */
async function takenOver(view: ZoneView, { acl, clock, telemetry }: ZoneWork): Promise<ZoneView> {
  telemetry.info('another rebuild writes the zone; this one leaves it', { acl, zoneId: view.zoneId });
  return { ...view, heldUntil: clock.now() };
}

/** Of trouble with one zone it is known from then on; all else ends the rebuild. */
async function ofOneZone(view: ZoneView, work: ZoneWork, call: () => Promise<Done>): Promise<Done> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof OktaFailure)) throw error;
    const { zoneId } = view;
    const failure = error.about({ zoneId });
    const { code, message: detail } = failure;
    if (!OF_ONE_ZONE.includes(code)) throw failure;
    // A refused list is no trouble of the zone: it lets in whom it has.
    if (code === 'ZONE002') return { view, failure };
    const trouble = { code, detail, at: work.clock.now() };
    return { view: { ...view, memory: { ...view.memory, trouble }, seenAt: trouble.at }, failure };
  }
}

function reportForeignChange({ zoneId, expected }: ZoneView, list: readonly string[], work: ZoneWork): void {
  work.telemetry.error('ZONE007', `zone ${zoneId} is not as it was last written; it is put right`, {
    acl: work.acl,
    zoneId,
    ...namedDifference(expected.at(-1) ?? [], list),
  });
}

/** What somebody else had put into a zone is gone with the first write: all of it is named, in as many lines as it takes. */
function reportFirstWrite({ zoneId, has = [] }: ZoneView, list: readonly string[], work: ZoneWork): void {
  const { removed } = differenceOf(has, list);
  for (let at = 0; at < removed.length; at += NAMED_IN_LOG) {
    work.telemetry.warn('the first update of a zone removes what was in it', {
      ...{ acl: work.acl, zoneId, removedInAll: removed.length, removed: removed.slice(at, at + NAMED_IN_LOG) },
    });
  }
}

function namedDifference(before: readonly string[], after: readonly string[]): Fields {
  const { added, removed } = differenceOf(before, after);
  return {
    before: before.length,
    after: after.length,
    added: added.slice(0, NAMED_IN_LOG),
    removed: removed.slice(0, NAMED_IN_LOG),
  };
}
