/**
 * What the domain needs of the outside. One adapter a file implements each of these in
 * `lib/adapters/`; the stand-ins of `local/` implement the same for a run without AWS.
 */
import type { ErrorCode } from './error-codes.ts';

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds. */
  sleep(ms: number): Promise<void>;
}

export type Scalar = string | number | boolean;
export type Value = Scalar | readonly Value[] | { readonly [name: string]: Value };
export interface Key {
  /** The partition: an ACL's name, or the partition of remembered webhook ids. */
  readonly acl: string;
  readonly item: string;
}
export type Item = Key & { readonly [attribute: string]: Value };

/** A condition on the stored item; several mean all of them. A condition on an absent attribute fails unless it says otherwise. */
export type Condition =
  | { readonly absent: true }
  | { readonly attribute: string; readonly below: Scalar; readonly orAbsent?: true }
  | { readonly attribute: string; readonly equals: Scalar; readonly orAbsent?: true };

export type Write =
  | { readonly put: Item; readonly when?: readonly Condition[] }
  | {
      readonly update: Key;
      readonly set?: { readonly [attribute: string]: Value };
      /** Set only where the attribute is not there yet. */
      readonly setOnce?: { readonly [attribute: string]: Value };
      /** Add to a number; absent counts as 0. */
      readonly add?: { readonly [attribute: string]: number };
      readonly remove?: readonly string[];
      readonly when?: readonly Condition[];
    }
  | { readonly remove: Key; readonly when?: readonly Condition[] }
  | { readonly check: Key; readonly when: readonly Condition[] };

/**
 * `failed` lists the positions of the writes whose condition did not hold; then nothing was written, but for what
 * `Table.write` says of a single item.
 */
export type WriteResult = { readonly written: true } | { readonly written: false; readonly failed: readonly number[] };

/** The grants table. Reads are strongly consistent unless they say otherwise; a failure to reach it rejects. */
export interface Table {
  /** `stale`: an older state will do, which costs half. */
  get(key: Key, options?: { readonly stale?: boolean }): Promise<Item | undefined>;
  /**
   * All writes or none: 1 to 100, each on another item. Several are one transaction. A single `put`, `update` or
   * `remove` is a plain conditional write, and goes out again where its answer is lost. So
   * - it may say that nothing was written though its own first try was: where somebody else has changed the item
   *   between the two tries, or the update adds to a number;
   * - it may say that it has written what somebody else wrote alike;
   * - without a condition, an `add` may count twice.
   *
   * Callers must put up with that: an item that must tell one writer from another names the writer.
   */
  write(writes: readonly Write[]): Promise<WriteResult>;
  /**
   * Items of one partition whose sort key begins with `prefix`, in its order, page by page. `stale`: as with `get`. `page`: at
   * most so many on each.
   */
  queryPrefix(
    acl: string,
    prefix: string,
    options?: { readonly stale?: boolean; readonly page?: number },
  ): AsyncIterable<readonly Item[]>;
  /**
   * Grants of one ACL with `after < expiresAt <= upTo` (milliseconds), soonest first, page by page. `brief`: what the index
   * holds will do (`TABLE.expiryProjection`); each item whole costs one read more.
   */
  queryExpiry(
    acl: string,
    after: number,
    upTo: number,
    options?: { readonly brief?: boolean },
  ): AsyncIterable<readonly Item[]>;
}

/** The FIFO queue of accepted events. */
export interface EventQueue {
  /**
   * Resolves once the message is on the queue, and rejects otherwise.
   * @returns its position; an empty text from a queue that gives none (an emulator's)
   */
  send(message: { readonly body: string; readonly deduplicationId: string }): Promise<string>;
}

/** The delay queue: a message that wakes the expiry function at a given second. */
export interface TimerQueue {
  /** @param delaySeconds whole seconds, 0 to 900 */
  send(messages: readonly { readonly body: string; readonly delaySeconds: number }[]): Promise<void>;
}

export interface SetAside {
  readonly body: string;
  readonly messageId: string;
  /** Why, in a few words: an error's code or kind, nothing of the body. */
  readonly reason: string;
  /** Whether it can come to something when it is put back. */
  readonly retryable: boolean;
}

/** The dead-letter queue of the events, for what is set aside with its reason. */
export interface DeadLetters {
  send(letter: SetAside): Promise<void>;
}

export interface Letter {
  readonly messageId: string;
  readonly body: string;
  /** Absent where the queue itself moved it. */
  readonly reason?: string;
  /** The id that its message had on the queue before. */
  readonly firstId: string;
  /** Whether it lies among the events, whose order the queue keeps. */
  readonly retryable: boolean;
  /** What the queue knows this reception of it by. */
  readonly receipt: string;
}

/** The dead-letter queue of the events, to be looked through. */
export interface DeadLetterBox {
  /** The next letters, which nobody else gets for some minutes; none where none are left. */
  receive(): Promise<readonly Letter[]>;
  remove(letter: Letter): Promise<void>;
  /** Gives it back: it can be received again at once. */
  release(letter: Letter): Promise<void>;
}

/** A secret's text. */
export interface SecretReader {
  /** @returns undefined where the secret exists without a value, or is absent. Rejects when it cannot be read. */
  read(): Promise<string | undefined>;
}

/** Of Okta's algorithms for client keys those that are used here, by their names in JOSE (RFC 7518). */
export type Algorithm = 'RS256' | 'ES256' | 'ES384' | 'ES512';

/** A key that signs, wherever it is. */
export interface Signer {
  readonly alg: Algorithm;
  /**
   * @param timeoutMs within which it must be done, in milliseconds
   * @returns the signature as JOSE has it: of an EC key the two numbers one after the other. Rejects where there is none
   */
  sign(input: Uint8Array, timeoutMs: number): Promise<Uint8Array>;
}

/** Keys that cannot leave their place, each by its `kid`. */
export type KeysElsewhere = (kid: string) => Signer;

export interface HttpRequest {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  /** The largest body that is read, in bytes without compression; 1 MiB where absent. */
  readonly mostBytes?: number;
}
export interface HttpResponse {
  readonly status: number;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty where it was too large. */
  readonly body: string;
  /** The body was larger than the request allows, and was not read to its end. */
  readonly tooLarge?: true;
}
/** One HTTP exchange. Rejects on timeout, connection and TLS failures; every status resolves. */
export type HttpClient = (request: HttpRequest) => Promise<HttpResponse>;

export type Fields = Readonly<Record<string, unknown>>;

/** Structured log lines and metrics. Never pass a body, a signature, a token or a secret. */
export interface Telemetry {
  /** Begins an invocation: every following line carries these fields. */
  begin(context: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  /** One log line with the code, and one count of the metric `Errors` for it. */
  error(code: ErrorCode, detail: string, fields?: Fields): void;
  metric(name: string, unit: 'Count' | 'Seconds' | 'Milliseconds' | 'Percent', value: number): void;
}
