import type { Plan } from './plan.ts';
import type { Invariant } from './violation.ts';

/** Of a change: one GET, one PUT, and a little more for what two runs both look at. */
const MOST_CALLS_PER_CHANGE = 2.5;
const WINDOW_MS = 20_000;
/** A rest of two minutes, and the timer that ends it. */
const LONGEST_REST_MS = 130_000;

/** How the quota is used: what changes cost, how long nothing is tried, and how often it is tried in vain. */
export class QuotaCheck {
  readonly #plan: Plan;
  readonly #start: number;
  readonly #now: () => number;
  readonly #broken: (invariant: Invariant, detail: string) => void;
  readonly #verifyMs: number;
  /** By zone: when it was called last. */
  readonly #called = new Map<string, number>();
  /** Zones whose last call was a GET that was due in any case. */
  readonly #verified = new Set<string>();
  readonly #refused: number[] = [];
  readonly #passed = new Set<number>();
  #costs = 0;
  #lastCall: number;

  constructor(plan: Plan, start: number, now: () => number, broken: (invariant: Invariant, detail: string) => void) {
    this.#plan = plan;
    this.#start = start;
    this.#now = now;
    this.#broken = broken;
    this.#lastCall = start;
    this.#verifyMs = plan.deployment.verifyMinutes * 60_000;
  }

  callArrives(method: string, zoneId: string): void {
    const now = this.#now();
    this.#lastCall = now;
    const { stretch } = this.#plan;
    if (stretch?.kind !== 'calm') return;
    const isDue = now - (this.#called.get(zoneId) ?? Number.NEGATIVE_INFINITY) >= this.#verifyMs / 2;
    this.#called.set(zoneId, now);
    const isVerification = method === 'GET' && isDue;
    const cost = isVerification ? 0 : this.#verified.has(zoneId) && method === 'PUT' ? 2 : 1;
    if (isVerification) this.#verified.add(zoneId);
    else this.#verified.delete(zoneId);
    if (now >= this.#start + stretch.from && now <= this.#start + stretch.to) this.#costs += cost;
  }

  /** Okta has refused a call for its rate. */
  isRefused(): void {
    const now = this.#now();
    this.#refused.push(now);
    while ((this.#refused[0] ?? now) < now - WINDOW_MS) this.#refused.shift();
    if (this.#plan.weather !== 'good') return;
    const most = 8 + 2 * this.#plan.deployment.acls.length;
    if (this.#refused.length > most) this.#broken('few calls in vain', `${this.#refused.length} in 20 s`);
  }

  /** @param wrongSince since when some zone has not been right; undefined: all are */
  check(wrongSince: number | undefined): void {
    const now = this.#now();
    const { stretch, weather, codes } = this.#plan;
    if (stretch?.kind === 'herd') {
      for (const deadline of stretch.deadlines) {
        if (now < this.#start + deadline || this.#passed.has(deadline)) continue;
        this.#passed.add(deadline);
        if (wrongSince !== undefined)
          this.#broken('work drains at the pace of the quota', `not done at ${deadline / 1000} s`);
      }
    }
    // Where the table fails, or somebody else has changed a zone, nobody may know that there is anything to do.
    const isUnseen = codes.includes('STORE001') || codes.includes('ZONE007');
    if (wrongSince === undefined || weather !== 'good' || isUnseen) return;
    const idleMs = now - Math.max(wrongSince, this.#lastCall);
    if (idleMs > LONGEST_REST_MS) this.#broken('no rest over two minutes', 'nobody has called Okta since');
  }

  checkSettled(): void {
    const { stretch, actions } = this.#plan;
    if (stretch?.kind !== 'calm') return;
    const changes = actions.filter(({ at }) => at > stretch.from && at <= stretch.to).length;
    const each = this.#costs / changes;
    if (each > MOST_CALLS_PER_CHANGE) this.#broken('few calls per change', `${each.toFixed(1)} for each of ${changes}`);
  }
}
