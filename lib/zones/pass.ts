import { sameList } from '../addresses/list-difference.ts';
import type { Holder } from '../grants/grant-items.ts';
import type { AclEvents, Wake } from '../grants/wake-item.ts';
import type { OktaFailure } from '../okta/okta-failure.ts';
import type { Quota } from '../okta/rate-limit.ts';
import { placesOf } from './either-list.ts';
import { firstView } from './first-view.ts';
import { isComplete, isRight, nextStep, type Step } from './next-step.ts';
import { type Plan, planFor } from './plan.ts';
import { type ReadingRules, readingIsDue } from './reading-is-due.ts';
import type { RebuildDeps, Run } from './rebuild-acl.ts';
import type { Rebuilt } from './state-after.ts';
import type { ZoneChange } from './zone-lines.ts';
import type { ZoneMemory, ZoneState } from './zone-state.ts';
import { isUsable, knownBefore, type ZoneView } from './zone-view.ts';
import type { Done } from './zone-work.ts';

/** Up to so many zones are checked together. Of more, some are due each minute anyway, and together they would be too many. */
const TOGETHER = 10;

/**
 * What one rebuild knows, from what it reads of the table to its last step: which lists the zones have, which they must
 * have, what went wrong. It calls nobody but the table; what is to be done next, `nextStep` says.
 */
export class Pass {
  readonly #run: Run;
  readonly #deps: RebuildDeps;
  readonly #failures: OktaFailure[] = [];
  #saidFailures = 0;
  #stopped: OktaFailure | undefined;
  readonly #refused = new Set<string>();
  #views: readonly ZoneView[] = [];
  #wake: Wake = { events: undefined, changes: 0, expiries: 0, mark: '', readFrom: 0 };
  #grants: readonly Holder[] | undefined;
  #grantsReadAt = 0;
  #isOneDue = false;
  #plan: Plan | undefined;
  #quota: Quota | undefined;
  #answered = false;
  #wrote = false;
  #unsaid: readonly ZoneChange[] = [];
  #known: ZoneState['zones'];

  constructor(run: Run, deps: RebuildDeps) {
    this.#run = run;
    this.#known = run.state.zones;
    this.#deps = deps;
  }

  /** Reads all that a rebuild starts from. The position first: what is applied after that may be missing from the grants. */
  async begin(): Promise<void> {
    await this.#readWake();
    this.#views = await Promise.all(
      this.#run.settings.zoneIds.map((zoneId) => firstView(zoneId, this.#run, this.#due, this.#deps)),
    );
    const now = this.#deps.clock.now();
    // Where the quota has left some of them for later, none is read twice before all are read once.
    const isFree = this.#run.state.dueAt === undefined && this.#views.length <= TOGETHER;
    this.#isOneDue = isFree && this.#views.some(({ memory }) => readingIsDue(memory, this.#due, now));
    if (!this.#isQuiet()) await this.#makePlan();
  }

  /** Reads the grants again if something has changed since they were read. @returns whether it has */
  async refresh(): Promise<boolean> {
    const { mark } = this.#wake;
    await this.#readWake();
    if (this.#wake.mark === mark) return false;
    this.#grants = undefined;
    await this.#makePlan();
    return true;
  }

  get plan(): Plan | undefined {
    return this.#plan;
  }

  get grants(): readonly Holder[] | undefined {
    return this.#grants;
  }

  /** What is left of Okta's quota, by its last answer. */
  get quota(): Quota | undefined {
    return this.#quota;
  }

  /** How long ago the grants were read, in milliseconds. */
  get age(): number {
    return this.#deps.clock.now() - this.#grantsReadAt;
  }

  get hasWritten(): boolean {
    return this.#wrote;
  }

  get events(): AclEvents | undefined {
    return this.#wake.events;
  }

  get views(): readonly ZoneView[] {
    return this.#views;
  }

  get failures(): readonly OktaFailure[] {
    return this.#failures;
  }

  /** Hands out those that were not said yet. */
  takeUnsaidFailures(): readonly OktaFailure[] {
    const unsaid = this.#failures.slice(this.#saidFailures);
    this.#saidFailures = this.#failures.length;
    return unsaid;
  }

  view(zoneId: string): ZoneView {
    const view = this.#views.find((one) => one.zoneId === zoneId);
    if (!view) throw new Error(`zone ${zoneId} is none of the ACL's`);
    return view;
  }

  next(): Step | undefined {
    const { acl } = this.#run;
    const work = { acl, views: this.#views, plan: this.#plan, refused: this.#refused, due: this.#due };
    return nextStep(work, this.#deps.clock.now());
  }

  /**
   * A zone was read. What it showed may change the plan; and where there is none, since all is as it was confirmed, a check
   * of the first zone compares with the grants too: what was changed without a word is found.
   */
  async saw(done: Done): Promise<void> {
    const before = this.view(done.view.zoneId);
    this.#take(done);
    const { view } = done;
    const hasTheSame = before.has !== undefined && view.has !== undefined && sameList(before.has, view.has);
    const isAsBefore = isUsable(before) === isUsable(view) && hasTheSame;
    const isCompared = this.#plan !== undefined || view.zoneId !== this.#views[0]?.zoneId;
    if (!isAsBefore || !isCompared) await this.#makePlan();
  }

  /** A zone was written, or what it has was stored. The plan stays: it was made for this, unless the zone can't be used. */
  async did(done: Done, wrote: boolean): Promise<void> {
    this.#take(done);
    this.#wrote ||= wrote;
    if (done.failure?.code === 'ZONE002') this.#refused.add(done.view.zoneId);
    else if (!isUsable(done.view)) await this.#makePlan();
  }

  /** Okta as a whole refuses, or does not answer: the rebuild ends here. */
  failed(failure: OktaFailure): void {
    this.#failures.push(failure);
    this.#stopped = failure;
  }

  /** @param leftUntil something is left to do, and can be done from this moment on */
  result(leftUntil: number | undefined): Rebuilt {
    const failure = this.#stopped ?? this.#failures[0];
    return {
      position: this.events?.position,
      count: this.events?.count,
      zones: this.memories,
      ...(this.#plan && { plan: this.#planned(this.#plan) }),
      ...(failure && { failure }),
      ...(leftUntil !== undefined && { leftUntil }),
      ...{ answered: this.#answered, wrote: this.#wrote, quota: this.#quota },
    };
  }

  /** What is remembered of the zones, as far as this rebuild has come. */
  get memories(): ZoneState['zones'] {
    if (this.#views.length === 0) return this.#known;
    const seen = this.#views.map((view) => [view.zoneId, this.#memoryOf(view)]);
    // Nobody looks after a zone that the ACL has no more.
    const others = Object.entries(this.#known).map(([zoneId, { write, told }]) => [
      zoneId,
      { ...(write !== undefined && { write }), away: true, ...(told && { told }) },
    ]);
    return { ...Object.fromEntries(others), ...Object.fromEntries(seen) };
  }

  /** Something was found out of zones that the ACL has no more. */
  remember(zones: ZoneState['zones']): void {
    this.#known = zones;
  }

  /** Whether Okta has confirmed changes that the audit does not know yet. */
  get hasUnsaid(): boolean {
    return this.#unsaid.length > 0;
  }

  /** Hands them out, to be said: of one zone, or of all. */
  takeUnsaid(zoneId?: string): readonly ZoneChange[] {
    const isMeant = (change: ZoneChange) => zoneId === undefined || change.zoneId === zoneId;
    const meant = this.#unsaid.filter(isMeant);
    this.#unsaid = this.#unsaid.filter((change) => !isMeant(change));
    return meant;
  }

  /** When the last of the zones that other ACLs had is free; undefined where none is held. */
  get heldUntil(): number | undefined {
    const held = this.#views.flatMap(({ heldUntil }) => heldUntil ?? []);
    return held.length > 0 ? Math.min(...held) : undefined;
  }

  get #due(): ReadingRules {
    const { verifyMinutes } = this.#deps.config;
    return { verifyMinutes, readFrom: this.#wake.readFrom, withOthers: this.#isOneDue };
  }

  #planned(plan: Plan) {
    const work = { acl: this.#run.acl, views: this.#views, refused: this.#refused };
    // Who fits nowhere is known once every zone is.
    const isKnown = this.#views.every(({ unsure, memory }) => !unsure || memory.trouble) && this.#views.some(isUsable);
    const { sentinel } = plan.rules;
    const entries = this.#views.flatMap((view) => (isUsable(view) ? view.has : [])).filter((text) => text !== sentinel);
    return {
      isComplete: isComplete(work, plan),
      configHash: this.#run.configHash,
      changes: this.#wake.changes,
      soonestExpiry: this.#grants?.[0]?.expiresAt ?? 0,
      grants: this.#grants?.length ?? 0,
      waiting: isKnown ? plan.waiting.length : 0,
      gateways: entries.length,
    };
  }

  #memoryOf(view: ZoneView): ZoneMemory {
    const { memory, seenAt } = view;
    if (seenAt === undefined || !isRight(view, this.#plan)) return memory;
    const { doubtUntil = 0, ...sure } = memory;
    return { ...sure, rightAt: seenAt, ...(doubtUntil >= seenAt && { doubtUntil }) };
  }

  #take({ view, failure, quota, change }: Done): void {
    if (change) this.#unsaid = [...this.#unsaid, change];
    this.#views = this.#views.map((one) => (one.zoneId === view.zoneId ? view : one));
    this.#quota = quota ?? this.#quota;
    this.#answered ||= quota !== undefined || failure !== undefined;
    if (failure) this.#failures.push(failure);
  }

  async #readWake(): Promise<void> {
    this.#wake = await this.#deps.grants.wake.read(this.#run.acl);
  }

  /** Whether all is as it was confirmed to be: then the zones need only be checked. */
  #isQuiet(): boolean {
    const { state } = this.#run;
    const { confirmedPosition, nextExpiry } = state;
    const { events, changes } = this.#wake;
    if (!events) return true;
    const isOld =
      confirmedPosition === events.position &&
      (state.confirmedChanges ?? 0) === changes &&
      state.configHash === this.#run.configHash;
    const isLeft = state.lastError !== undefined || state.unfinished === true;
    const isOver = nextExpiry === undefined || (nextExpiry > 0 && nextExpiry <= this.#deps.clock.now());
    return isOld && !isLeft && !isOver && this.#views.every(({ unsure, memory }) => !unsure && !memory.trouble);
  }

  async #makePlan(): Promise<void> {
    if (!this.events) return;
    if (!this.#grants) {
      this.#grantsReadAt = this.#deps.clock.now();
      // A check is to find what was changed without a word.
      const wake = this.#isQuiet() ? undefined : this.#wake;
      this.#grants = await this.#deps.grants.holders(this.#run.acl, this.#grantsReadAt, wake);
    }
    const views = this.#views.filter(isUsable);
    const places = placesOf({ has: views.map(({ has }) => has), known: views.map(knownBefore) });
    const usable = views.map(({ zoneId }, index) => ({ zoneId, has: places[index] ?? [] }));
    const isWhole = this.#views.every((view) => isUsable(view) || view.memory.trouble !== undefined);
    this.#plan = planFor(usable, isWhole, this.#grants, this.#run.settings, this.#deps.config);
  }
}
