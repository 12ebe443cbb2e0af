import type { Config } from '../lib/config.ts';
import type { DeadLetterBox, DeadLetters, EventQueue, SecretReader, Table } from '../lib/ports.ts';

/** A secret that an operator may also change. */
export interface SecretStore extends SecretReader {
  write(text: string): Promise<void>;
}

export interface SecretVersion {
  /** What no other version of the secret is called. */
  readonly id: string;
  readonly text: string;
  /** In milliseconds since the epoch; absent where nobody remembers it. */
  readonly createdAt?: number;
}

/** A secret that several people may change at the same time. */
export interface VersionedSecret extends SecretReader {
  /** @returns what it holds now, or held before its last change; undefined where there is no such thing */
  version(which: 'current' | 'previous'): Promise<SecretVersion | undefined>;
  /**
   * Stores another text, if the secret still holds what was seen.
   * @param seen undefined where it held nothing
   * @returns false where somebody else has changed it since: then nothing is stored
   */
  replace(text: string, seen: SecretVersion | undefined): Promise<boolean>;
}

/** One piece of what is deployed: the stack itself, a function, or what feeds a function. */
export interface PartFact {
  readonly name: string;
  /** In the words of whoever runs it. */
  readonly state: string;
  readonly usable: boolean;
}

export interface ScheduleFact {
  readonly enabled: boolean;
  /** Invocations of the expiry function in the last ten minutes; undefined where nobody counts them. */
  readonly recentInvocations: number | undefined;
}

export interface DeadLetterFact {
  readonly queue: string;
  readonly messages: number;
}

export interface AlarmFacts {
  /** Names of the alarms that are on. */
  readonly on: readonly string[];
  readonly subscriptions: readonly { readonly endpoint: string; readonly confirmed: boolean }[];
}

/** What can be learnt of the machinery without touching it. Each may reject; that says nothing of the others. */
export interface Facts {
  parts(): Promise<readonly PartFact[]>;
  schedule(): Promise<ScheduleFact>;
  deadLetters(): Promise<readonly DeadLetterFact[]>;
  /** @returns undefined where there are no alarms at all */
  alarms(): Promise<AlarmFacts | undefined>;
}

/** The queue of accepted events, and where those lie that could not be applied. */
export interface EventQueues {
  readonly events: EventQueue;
  readonly box: DeadLetterBox;
  readonly deadLetters: DeadLetters;
}

/** A running system, deployed or local. The commands know nothing else of it. */
export interface Target {
  /** As a person calls it. */
  readonly name: string;
  /** The configuration that its functions run with. */
  readonly config: Config;
  readonly table: Table;
  readonly oktaToken: SecretStore;
  readonly webhookSecret: VersionedSecret;
  /** URL and key of each ACL's list; absent where none is read. */
  readonly allowlistSecret?: VersionedSecret;
  readonly webhook: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    /** Where this machine finds what the webhook says is at a URL; there, where absent. */
    readonly finds?: (url: string) => string;
  };
  /** Who runs this, as the system's cloud knows it, for its log. @returns undefined where nobody can say. Never rejects */
  readonly caller: () => Promise<string | undefined>;
  readonly queues: EventQueues;
  readonly facts: Facts;
}
