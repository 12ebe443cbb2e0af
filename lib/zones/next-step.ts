import { sameList } from '../addresses/list-difference.ts';
import { nextWrite } from './next-write.ts';
import type { Plan } from './plan.ts';
import { type ReadingRules, readingIsDue } from './reading-is-due.ts';
import { isRecorded, isUsable, knownBefore, type ZoneView } from './zone-view.ts';

export type Step =
  /** Read the zone, and write it at once. */
  | {
      readonly kind: 'write';
      readonly zoneId: string;
      readonly list: readonly string[];
      readonly parted: readonly string[];
    }
  /** Store which list it has: no call to Okta. */
  | { readonly kind: 'record'; readonly zoneId: string }
  /** Read it: nothing is known of it, or not what became of the last write. */
  | { readonly kind: 'read'; readonly zoneId: string }
  /** Read it: it should be right. */
  | { readonly kind: 'verify'; readonly zoneId: string };

export interface Work {
  readonly acl: string;
  /** In the order of the configuration. */
  readonly views: readonly ZoneView[];
  /** Undefined where the zones are only read: before the first event, or where nothing has changed. */
  readonly plan: Plan | undefined;
  /** Zones that refused a write in this rebuild. */
  readonly refused: ReadonlySet<string>;
  readonly due: ReadingRules;
}

/**
 * What is to be done next for an ACL. What costs no call comes first, then writes, then what must be known, then what
 * should be checked: whatever is due for checking never makes a change wait.
 * @param now milliseconds since the epoch
 * @returns undefined where nothing is left
 */
export function nextStep(work: Work, now: number): Step | undefined {
  const { acl, views, plan } = work;
  if (plan) {
    const unrecorded = views.filter((view) => isUsable(view) && !view.unsure && !isRecorded(view, acl));
    // At once where that is all the zone needs: whatever ends the rebuild then, it need not be read again.
    const right = unrecorded.find((view) => isRight(view, plan));
    if (right) return { kind: 'record', zoneId: right.zoneId };
    const write = writeStep(work, plan);
    if (write) return write;
    const [other] = unrecorded;
    if (other) return { kind: 'record', zoneId: other.zoneId };
  }
  const free = views.filter(({ heldUntil }) => heldUntil === undefined);
  const unseen = free.filter(({ seenAt }) => seenAt === undefined);
  const unknown = plan && unknownZone(views, unseen);
  if (unknown) return { kind: 'read', zoneId: unknown.zoneId };
  const due = unseen.filter(({ memory }) => readingIsDue(memory, work.due, now));
  const [oldest] = due.sort((a, b) => (a.memory.rightAt ?? 0) - (b.memory.rightAt ?? 0));
  return oldest && { kind: 'verify', zoneId: oldest.zoneId };
}

/**
 * A zone that must be known before the plan is carried through. Where nothing is planned, nobody waits for it: before the
 * ACL's first event its zones are only checked, and each is as often as one that is in use.
 */
function unknownZone(views: readonly ZoneView[], unseen: readonly ZoneView[]): ZoneView | undefined {
  // Where no zone can be used, each rebuild looks whether one can be again: somebody may just have mended it.
  const mended = views.some(isUsable) ? undefined : unseen.find(({ memory }) => memory.trouble);
  return unseen.find(({ unsure, memory }) => unsure && !memory.trouble) ?? mended;
}

/** The next write of the plan; undefined where every zone that can be written has its list. */
export function writeStep({ views, refused }: Pick<Work, 'views' | 'refused'>, plan: Plan): Step | undefined {
  const usable = views.filter(isUsable);
  const indexesOf = (is: (view: ZoneView) => boolean) =>
    new Set(usable.flatMap((view, index) => (is(view) ? [index] : [])));
  const lists = {
    has: usable.map(({ has }) => has),
    known: usable.map(knownBefore),
    desired: usable.map(({ zoneId }) => plan.lists.get(zoneId) ?? []),
  };
  const write = nextWrite(lists, {
    ...plan.rules,
    blocked: indexesOf(({ zoneId }) => refused.has(zoneId)),
    doubted: indexesOf(({ doubted }) => doubted),
  });
  const zoneId = write && usable[write.zone]?.zoneId;
  return write && zoneId ? { kind: 'write', zoneId, list: write.list, parted: write.parted } : undefined;
}

/**
 * Whether Okta has confirmed that every zone which can be used has its list, and nothing is left to find out. Without one
 * that can be used nobody is in, so nothing is confirmed.
 */
export function isComplete({ acl, views, refused }: Pick<Work, 'acl' | 'views' | 'refused'>, plan: Plan): boolean {
  const rights = views.map(
    (view) => view.memory.trouble !== undefined || (isRight(view, plan) && isRecorded(view, acl)),
  );
  return views.some(isUsable) && rights.every(Boolean) && refused.size === 0;
}

/** Whether a zone is known to have the list that it must have. @param plan undefined: the one it had before */
export function isRight(view: ZoneView, plan: Plan | undefined): boolean {
  if (!isUsable(view) || view.unsure || view.doubted) return false;
  return plan === undefined || sameList(view.has, plan.lists.get(view.zoneId) ?? []);
}
