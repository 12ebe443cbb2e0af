import type { Environment } from './lambda.ts';

interface Rest {
  readonly until: number;
  readonly told: Environment;
  readonly acl: string;
  /** Since when everybody could know: the one who was told has come to its end. */
  knownSince: number | undefined;
}

export interface EarlyCall {
  /** Its pass had begun before anybody could know. */
  readonly underWay: boolean;
  readonly detail: string;
}

/**
 * The moments before which Okta wants no call. One holds for whoever was told at once, and for the
 * others as soon as they could know of it; a function that died with what it was told tells nobody.
 */
export class RestTimes {
  readonly #now: () => number;
  readonly #toleranceMs: number;
  #rests: Rest[] = [];
  readonly #reads = new WeakMap<Environment, { readonly began: number; readonly ended: number }>();
  readonly #passes = new WeakMap<Environment, number>();

  /** @param skewMs how far a clock may be off: two of them may be apart twice that far */
  constructor(now: () => number, skewMs: number) {
    this.#now = now;
    this.#toleranceMs = 2 * skewMs;
  }

  passBegins(environment: Environment): void {
    // What the pass before was told and could not store (the table failed) is lost.
    this.#rests = this.#rests.filter(({ told, knownSince }) => told !== environment || knownSince !== undefined);
    this.#passes.set(environment, this.#now());
  }

  /** A pass that failed may have been unable to tell the table. */
  passSucceeds(environment: Environment): void {
    for (const rest of this.#rests) if (rest.told === environment) rest.knownSince ??= this.#now();
  }

  /** Whoever knew of them has forgotten. */
  forget(): void {
    this.#rests = [];
  }

  given(environment: Environment, acl: string, until: number): void {
    this.#rests.push({ until, told: environment, acl, knownSince: undefined });
  }

  /** The table was asked for something, and has answered just now. @param began when it was asked */
  read(environment: Environment, began: number): void {
    this.#reads.set(environment, { began, ended: this.#now() });
  }

  /** What there is to say against a call now. */
  broken(environment: Environment, acl: string): EarlyCall | undefined {
    const now = this.#now();
    for (const { until, told, acl: toldAcl, knownSince } of this.#rests) {
      // It looked right before the call, but was held up in between: nothing could have told it.
      const read = this.#reads.get(environment);
      if (told !== environment && read?.ended === now && read.began <= (knownSince ?? 0)) continue;
      const earlyMs = until - now - this.#toleranceMs;
      if (earlyMs <= 0 || (told !== environment && knownSince === undefined)) continue;
      const began = this.#passes.get(environment) ?? now;
      const underWay = toldAcl !== acl && began <= (knownSince ?? now);
      return { underWay, detail: `a call ${earlyMs} ms before the reset time` };
    }
    return undefined;
  }
}
