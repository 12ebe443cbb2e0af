import type { Config } from '../../lib/config.ts';
import type { ZoneSeed } from '../okta-simulator/types.ts';
import type { StepKind, StepOf } from './step-schema.ts';

/** One step, with its place in the file and what it does. */
export type Step =
  | {
      readonly [Kind in StepKind]: {
        readonly kind: Kind;
        readonly index: number;
        /** As it stands in the file. */
        readonly source: Readonly<Record<string, unknown>>;
      } & StepOf<Kind>;
    }[StepKind]
  | { readonly kind: 'pause'; readonly index: number; readonly at: number; readonly note: string };

/** A scenario file that was found well-formed. */
export interface Scenario {
  readonly title: string;
  readonly shows?: string;
  readonly config: Config;
  /** The configurations of the deploys, complete, by the index of their step. */
  readonly deploys: ReadonlyMap<number, Config>;
  readonly okta: {
    readonly latencyMs: number;
    readonly limitPerMinute: number;
    readonly allowIpv6: boolean;
    readonly zones: Readonly<Record<string, ZoneSeed>>;
  };
  /** By their time; those of one moment in the order of the file. */
  readonly steps: readonly Step[];
}
