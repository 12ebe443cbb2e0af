import * as v from 'valibot';
import { type LetIn, letsPeopleIn } from './inside.ts';

const zoneSchema = v.looseObject({
  type: v.optional(v.string(), 'IP'),
  status: v.nullish(v.string(), 'ACTIVE'),
  usage: v.nullish(v.string(), 'POLICY'),
  system: v.nullish(v.boolean(), false),
  gateways: v.nullish(v.array(v.object({ value: v.string() }))),
});
/** Nobody waits for longer than this. */
const KEPT_MS = 60_000;

interface Shown {
  readonly at: number;
  readonly letIn: LetIn;
}

/** The lists that Okta has shown last, zone by zone, as answers to the functions; and when. Milliseconds since the epoch. */
export class LastShown {
  readonly #byZone = new Map<string, Shown[]>();
  readonly #storedWithinMs: number;

  /** @param storedWithinMs how long a function may take to store what it was shown: until then nobody else knows */
  constructor(storedWithinMs: number) {
    this.#storedWithinMs = storedWithinMs;
  }

  isShown(zoneId: string, letIn: LetIn, at: number): void {
    const known = this.#byZone.get(zoneId) ?? [];
    // The last before that time is what was there at its beginning.
    while ((known[1]?.at ?? at) < at - KEPT_MS) known.shift();
    known.push({ at, letIn });
    this.#byZone.set(zoneId, known);
  }

  /** Whether at some moment between two the lists were such ones that had been shown last, as far as that could be stored. */
  wereOnce(zoneIds: readonly string[], from: number, to: number, such: (lists: readonly LetIn[]) => boolean): boolean {
    const changes = zoneIds.flatMap((zoneId) => (this.#byZone.get(zoneId) ?? []).map(({ at }) => at));
    const since = from - this.#storedWithinMs;
    const moments = [since, ...changes.filter((at) => at > since && at <= to)];
    return moments.some((moment) =>
      such(
        zoneIds.flatMap((zoneId) => {
          const last = this.#byZone.get(zoneId)?.findLast(({ at }) => at <= moment);
          return last ? [last.letIn] : [];
        }),
      ),
    );
  }
}

/** @param body an answer to a GET or a PUT. @returns undefined where it is half a one, which shows nothing */
export function listIn(body: string): readonly string[] | undefined {
  try {
    const parsed = v.safeParse(zoneSchema, JSON.parse(body));
    if (!parsed.success) return undefined;
    // By a zone that cannot be used nobody is let in, whatever an administrator writes into it.
    return letsPeopleIn(parsed.output) ? (parsed.output.gateways ?? []).map(({ value }) => value) : [];
  } catch {
    return undefined;
  }
}
