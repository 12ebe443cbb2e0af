import { canonicalGateways, toGateway } from '../addresses/address-block.ts';
import { differenceOf, sameList } from '../addresses/list-difference.ts';
import type { AclConfig } from '../config.ts';
import type { OktaZone, ZoneAnswer, ZoneCalls } from '../okta/client.ts';
import { OktaFailure } from '../okta/okta-failure.ts';
import type { Quota } from '../okta/rate-limit.ts';
import { whyUnusable } from '../okta/usability.ts';
import type { Clock, Telemetry } from '../ports.ts';
import { foreignEntries, whyNotAdopted } from './adoption.ts';
import type { Plan } from './plan.ts';
import type { ZoneItems, ZoneRecord } from './zone-items.ts';
import { reportFirstWrite, reportForeignChange, type ZoneChange } from './zone-lines.ts';
import { OF_ONE_ZONE } from './zone-state.ts';
import { confirmedList, isContradiction, shown, written, type ZoneView } from './zone-view.ts';

export interface ZoneWork {
  readonly acl: string;
  readonly settings: Pick<AclConfig, 'replaceExisting'>;
  readonly okta: ZoneCalls;
  readonly items: ZoneItems;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** The ACL has seen an event, so its zones are put right; until then nobody else is blamed for a change. */
  readonly isInUse: boolean;
  /** Says which changes of a zone Okta has confirmed: what is stored of the last one is about to be replaced. */
  readonly sayChangesOf: (zoneId: string) => void;
  /** Rejects when the ACL's lease is not this rebuild's any more. */
  readonly assertHeld: () => Promise<void>;
  /** Has an ACL read its zones: one of them is another's now. */
  readonly haveRead: (acl: string) => Promise<void>;
}

/** What came of one call or two. */
export interface Done {
  readonly view: ZoneView;
  /** As Okta has just shown it; only where it can be written. */
  readonly zone?: OktaZone;
  readonly quota?: Quota | undefined;
  /** What is wrong with this zone alone. */
  readonly failure?: OktaFailure;
  /** It is known from now on that Okta has carried out a write. */
  readonly change?: ZoneChange;
}

/**
 * Reads a zone and judges what Okta shows: whether it can be used, whose list it has, and whether that is known.
 * @param plan undefined before the ACL's first event, and where all is as it was confirmed: whose zone it is does not matter
 * @throws {OktaFailure} when Okta as a whole refuses or does not answer
 */
export async function readZone(view: ZoneView, plan: Plan | undefined, work: ZoneWork): Promise<Done> {
  return ofOneZone(view, work, async () => judge(view, await work.okta.get(view.zoneId), plan, work));
}

/** @param wasSent whether the write may be there that was announced last */
async function judge(
  view: ZoneView,
  answer: ZoneAnswer,
  plan: Plan | undefined,
  work: ZoneWork,
  wasSent = true,
): Promise<Done> {
  const { zone, quota } = answer;
  const reason = whyUnusable(zone);
  if (reason) throw new OktaFailure('ZONE004', `zone ${view.zoneId} can't be used: ${reason}`);
  const list = canonicalGateways(zone.gateways ?? []);
  const isNobodys = view.stored === 'none' || isAsFound(view, list, wasSent);
  if (plan && isNobodys) await assertOurs(view, list, plan, work);
  if (!isNobodys && isContradiction(view, list)) {
    // What is known of the item may be older than what another ACL's rebuild has announced since.
    if (!(await isStillStored(view, work))) return { view: takenOver(view, work), quota };
    if (work.isInUse) reportForeignChange(view, list, work);
  }
  const seen = shown(view, list, work.clock.now());
  const change = changeFound(view, seen, work);
  return { view: seen, zone, quota, ...(change && { change }) };
}

/**
 * Gives a zone that was just read another list, and makes sure that Okta has it. Where it has changed since it was read, it is
 * judged anew instead; then `zone` says how it is.
 * @throws {OktaFailure} when Okta as a whole refuses or does not answer
 */
export async function writeZone(
  view: ZoneView,
  zone: OktaZone,
  list: readonly string[],
  plan: Plan | undefined,
  work: ZoneWork,
): Promise<Done> {
  const { acl, clock, okta } = work;
  const { zoneId, stored, has = [] } = view;
  await work.assertHeld();
  work.sayChangesOf(zoneId);
  // A list that nobody announced may be an old answer: what was known before stays known, until this write is confirmed.
  const before = view.doubted && view.expected.length > 0 ? view.expected : [has];
  const [known = has] = before;
  const isNew = stored === 'none';
  const found = isNew || isAsFound(view, has);
  // What an earlier try was to take out has been said.
  const isUnsaid = isNew || (found && typeof stored === 'object' && !sameList(stored.before, has));
  const record = await announce(view, { before: known, after: list, ...(found && { found }) }, work);
  if (!record) return { view: takenOver(view, work) };
  const announced = { ...view, stored: record, expected: [...before, list] };
  if (isUnsaid) reportFirstWrite(view, list, work);
  return ofOneZone(announced, work, async () => {
    const answer = await okta.putGateways(zoneId, zone, list.map(toGateway));
    if (!answer.written) return judge(announced, answer, plan, work, false);
    const reason = whyUnusable(answer.zone);
    const detail = `zone ${zoneId} can't be used, by the answer to its update: ${reason}`;
    const failure = reason ? new OktaFailure('ZONE004', detail).about({ zoneId }) : undefined;
    if (failure && !hasList(answer.zone, list)) throw failure;
    const { quota } = hasList(answer.zone, list) ? answer : await readAgain(zoneId, list, okta);
    const view = written(announced, record, clock.now());
    const change = { zoneId, acl, write: record.write, before: has, after: list };
    return { ...(failure ? troubled(view, failure, work) : { view }), quota, change };
  });
}

/** Stores which list a zone has, where it needs no write. */
export async function recordZone(view: ZoneView, work: ZoneWork): Promise<Done> {
  const { has = [] } = view;
  await work.assertHeld();
  work.sayChangesOf(view.zoneId);
  const lists = { before: has, after: has, ...(isAsFound(view, has) && { found: true as const }) };
  const record = await announce(view, lists, work);
  if (!record) return { view: takenOver(view, work) };
  return { view: { ...view, stored: record, memory: { ...view.memory, write: record.write } } };
}

/**
 * Stores which list a zone is to have. Where it was another ACL's, that one looks: it may have the zone again by now, where
 * a deploy was taken back at once, and its configuration would be the one that it knows.
 */
async function announce(
  { zoneId, stored }: ZoneView,
  lists: Pick<ZoneRecord, 'before' | 'after' | 'found'>,
  work: ZoneWork,
) {
  const { acl, items, clock } = work;
  const record = await items.announce(zoneId, acl, stored, lists, clock.now());
  if (record && typeof stored === 'object' && stored.owner !== acl) await work.haveRead(stored.owner);
  return record;
}

/** The answer to a PUT shows what Okta has made of it. Where that is another list, it is looked at again. @throws {OktaFailure} */
async function readAgain(zoneId: string, list: readonly string[], okta: ZoneCalls) {
  const again = await okta.get(zoneId);
  if (hasList(again.zone, list)) return again;
  throw new OktaFailure('ZONE003', `Okta accepted the update of zone ${zoneId}, but shows another list`);
}

function hasList(zone: OktaZone, list: readonly string[]): boolean {
  return sameList(canonicalGateways(zone.gateways ?? []), list);
}

/** A write whose answer nobody got, and which Okta shows as carried out; also one of the ACL that had the zone before. */
function changeFound(
  { zoneId, stored, memory }: ZoneView,
  seen: ZoneView,
  { items }: ZoneWork,
): ZoneChange | undefined {
  if (typeof stored !== 'object') return undefined;
  const { owner, write, before, after } = stored;
  const isNews = memory.write !== write && seen.memory.write === write && items.lastTold(zoneId) !== write;
  return isNews && !sameList(before, after) ? { zoneId, acl: owner, write, before, after } : undefined;
}

/**
 * Whether the first write of a zone was never carried out: the zone still holds what that was to take out, or lacks some of
 * what it was to put in. Then the zone is as foreign as it was: what allowed the write may have been taken back since, or the
 * list have changed.
 */
function isAsFound({ stored, memory }: ZoneView, list: readonly string[], wasSent = true): boolean {
  if (typeof stored !== 'object' || !stored.found) return false;
  const { before, after } = stored;
  // Okta has refused the list, and what was there was stored.
  if (!wasSent || sameList(before, after)) return true;
  if (confirmedList(stored, memory)) return false;
  const there = new Set(list);
  const { added, removed } = differenceOf(before, after);
  const signs = added.length > 0 ? added : after;
  return removed.some((entry) => there.has(entry)) || !signs.every((entry) => there.has(entry));
}

/** @throws {OktaFailure} ZONE008 */
async function assertOurs(
  { zoneId, stored }: ZoneView,
  list: readonly string[],
  plan: Plan,
  work: ZoneWork,
): Promise<void> {
  const wanted = plan.wanted();
  if (foreignEntries(list, wanted).length === 0) return;
  const { replaceExisting } = work.settings;
  const allowed = await work.items.adoption(zoneId);
  const reason = whyNotAdopted({ shown: list, wanted, allowed, replaceExisting });
  if (!reason) return;
  if (typeof stored === 'object') await work.items.forget(zoneId, stored);
  await work.items.rememberForeign(zoneId, list);
  throw new OktaFailure('ZONE008', `zone ${zoneId} is not taken over: ${reason}`);
}

/** Somebody else has announced a write since the item was read. Zone and item are read afresh in the next rebuild, at once. */
function takenOver(view: ZoneView, { acl, clock, telemetry }: ZoneWork): ZoneView {
  telemetry.info('another rebuild writes the zone; this one leaves it', { acl, zoneId: view.zoneId });
  return { ...view, heldUntil: clock.now() };
}

async function isStillStored({ zoneId, stored }: ZoneView, { items }: ZoneWork): Promise<boolean> {
  const now = await items.get(zoneId);
  if (typeof stored !== 'object' || typeof now !== 'object') return stored === now;
  return stored.owner === now.owner && stored.write === now.write;
}

/** Of trouble with one zone it is known from then on; all else ends the rebuild. */
async function ofOneZone(view: ZoneView, work: ZoneWork, call: () => Promise<Done>): Promise<Done> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof OktaFailure)) throw error;
    const { zoneId } = view;
    const failure = error.about({ zoneId });
    if (!OF_ONE_ZONE.includes(failure.code)) throw failure;
    // A refused list is no trouble of the zone: it lets in whom it has.
    return failure.code === 'ZONE002' ? { view, failure } : troubled(view, failure, work);
  }
}

function troubled(view: ZoneView, failure: OktaFailure, { clock }: ZoneWork): Done {
  const trouble = { code: failure.code, detail: failure.message, at: clock.now() };
  return { view: { ...view, memory: { ...view.memory, trouble }, seenAt: trouble.at }, failure };
}
