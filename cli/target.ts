import type { JsonWebKey } from 'node:crypto';
import type { Config } from '../lib/config.ts';
import type { DeadLetterBox, DeadLetters, EventQueue, KeysElsewhere, SecretReader, Table } from '../lib/ports.ts';
import type { FlowFacts } from './flow.ts';
import type { LogRecord } from './log-record.ts';

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

/** The secret with Okta's credentials. Beside what it holds a text can wait that is to take its place, and that nobody uses. */
export interface CredentialsSecret extends VersionedSecret {
  /** Stores another text, whatever the secret holds. */
  write(text: string): Promise<void>;
  /** @returns the text that waits; undefined where none does */
  next(): Promise<SecretVersion | undefined>;
  /** @returns false where one waits already: then nothing is stored */
  addNext(text: string): Promise<boolean>;
  /** Lets it wait no longer; another one that has taken its place stays. */
  dropNext(next: SecretVersion): Promise<void>;
}

export interface KmsKeyFact {
  readonly id: string;
  /** In milliseconds since the epoch. */
  readonly createdAt: number;
  readonly isEnabled: boolean;
}

/** The keys in KMS that a stack has for a service app. */
export interface KmsKeys {
  /** Newest first. */
  list(): Promise<readonly KmsKeyFact[]>;
  publicKey(id: string): Promise<JsonWebKey>;
  /** With the rights of whoever runs this. */
  readonly signers: KeysElsewhere;
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

/** An alarm that is on. */
export interface AlarmOn {
  readonly name: string;
  /** What it means, what to do first, and where more stands. */
  readonly description: string;
}

export interface AlarmTopicFact {
  /** The stack output that names it. */
  readonly output: string;
  /** Which alarms go there, where not all do. */
  readonly alarms?: string;
  readonly subscriptions: readonly { readonly endpoint: string; readonly confirmed: boolean }[];
}

/** What can be learnt of the machinery without touching it. Each may reject; that says nothing of the others. */
export interface Facts {
  parts(): Promise<readonly PartFact[]>;
  schedule(): Promise<ScheduleFact>;
  deadLetters(): Promise<readonly DeadLetterFact[]>;
  /** How events come in, and how many wait. */
  flow(): Promise<FlowFacts>;
  /** Where alarms go. @returns undefined where there are no alarms at all */
  alarmTopics(): Promise<readonly AlarmTopicFact[] | undefined>;
  alarmsOn(): Promise<readonly AlarmOn[]>;
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
  readonly oktaCredentials: CredentialsSecret;
  /** Absent where the key of a service app is in the secret. */
  readonly kms?: KmsKeys | undefined;
  readonly webhookSecret: VersionedSecret;
  /** URL and key of each ACL's list; absent where none is read. */
  readonly allowlistSecret?: VersionedSecret;
  readonly webhook: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    /** Where this machine finds what the webhook says is at a URL; there, where absent. */
    readonly finds?: (url: string) => string;
    /** Where Knocknoc's script finds it, as its variables, where that is not at `url`. */
    readonly knoc?: Readonly<Record<string, string>>;
  };
  /** What it tells of itself, by name: of a stack its outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Who runs this, as the system's cloud knows it, for its log. @returns undefined where nobody can say. Never rejects */
  readonly caller: () => Promise<string | undefined>;
  readonly queues: EventQueues;
  readonly facts: Facts;
  readonly record: LogRecord;
}
