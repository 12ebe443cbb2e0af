import type { Surroundings } from '../command.ts';
import type { ConfigFile } from '../doctor/configuration-link.ts';
import type { Finding } from '../doctor/finding.ts';
import type { GivenCredentials } from '../store-credentials.ts';
import type { Target } from '../target.ts';

/** What leads from a deploy to the first person in, in its order. */
export const SETUP_STEPS = ['stack', 'credentials', 'zones', 'policies', 'test', 'person', 'sender'] as const;
export type SetupStep = (typeof SETUP_STEPS)[number];

export interface SetupOptions extends GivenCredentials {
  readonly acl?: string;
  /** Only these, whether they were done before or not. */
  readonly step?: readonly SetupStep[];
  /** Id or name of the zone of the org that the ACL is to write. */
  readonly zone?: string;
  /** Whom to let in at the end. */
  readonly ip?: string;
  readonly user?: string;
  readonly durationSeconds?: number;
  /** Seconds for each event of the test. */
  readonly timeout: number;
  readonly json: boolean;
  readonly configFile?: ConfigFile;
}

/** What every step is given. */
export interface SetupWork {
  readonly acl: string;
  readonly target: Target;
  readonly options: SetupOptions;
  readonly here: Surroundings;
  /** A step that was named is done again, also where all is right. */
  readonly isNamed: boolean;
  /** For a person alone: a program is given the findings. */
  readonly show: (text: string) => void;
  /** For a program alone, beside the findings. */
  readonly tell: (facts: Readonly<Record<string, unknown>>) => void;
}

/** Does one step, or says that it is done. A failure ends the setup. May reject: then it could not be done. */
export type DoStep = (work: SetupWork) => Promise<readonly Finding[]>;
