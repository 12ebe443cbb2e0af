import { Random } from './random.ts';

/** Everything that goes wrong, by name: what the counters at the end of a run are about. */
export const FAULTS = [
  ...['duplicate event', 'reordered event', 'delayed event', 'retried by the sender'],
  ...['redelivered batch', 'throttled invocation', 'cold start', 'clock skew', 'redeploy', 'rebuild beside another'],
  ...[
    'crash before a call',
    'crash after a call',
    'crash inside a call',
    'slow call',
    'frozen function',
    'function timeout',
  ],
  ...['table error', 'table error after applying', 'table answer lost', 'queue error', 'queue error after sending'],
  ...['secret unreadable'],
  ...['lost timer', 'late timer', 'repeated timer', 'lost tick', 'ticks far apart', 'TTL delete'],
  ...['lost stream batch', 'repeated stream batch'],
  ...['401', '403', '404', '400', '429 with reset', '429 of concurrency', '5xx', '5xx after applying'],
  ...['timeout before applying', 'timeout after applying', 'dropped before applying', 'dropped after applying'],
  ...['timeout and applied late', 'half an answer', 'slow answer', 'quota used by others'],
  ...['admin adds', 'admin removes', 'admin wipes', 'admin edits proxies', 'admin edits name', 'token rotated'],
  // The unkind world.
  ...[
    'many zones',
    'forty zones',
    'ten ACLs',
    'short quota',
    'quota far too small',
    'slow Okta',
    'stale from Okta',
    'absurd header',
    'IPv6',
  ],
  ...['other status in an answer', 'edit in mid-pass', 'admin deactivates', 'admin blocklists'],
  ...['two configurations at once', 'zone added', 'zone removed', 'zones reordered', 'zone mistyped', 'zone moved'],
  ...['limit lowered', 'always overlaps', 'sentinel overlaps', 'ACL removed', 'ACL back'],
  ...[
    'spoiled item',
    'queue replaced',
    'last delivery',
    'full zones change places',
    'foreign zone',
    'outcome asked for',
    'applied is told',
    'overtaken is told',
    'expired is told',
    'failure is told',
    'status looked at',
    'another event of this id',
    'an id that two ACLs have',
    'key of another ACL',
    'event with a key of its own',
    'line of the audit',
    'foreign zone adopted',
    'adopted by an operator',
    'lists turned round',
    'garbage row',
    'garbage message',
  ],
  // Where it signs in as a service app.
  ...['service app', 'key rotated', 'tokens end early', 'token expired in mid-pass', 'token of seconds'],
  ...['nonce changed', 'scopes dropped', 'Okta behind our clock', '429 for a token', '5xx for a token'],
  ...['no answer for a token'],
  // Where it reads Knocknoc's lists.
  ...['list lags', 'list is empty by mistake', 'list of another ACL', 'list is cut off', 'entry missing for one read'],
  ...['page with 200', 'JSON with 200', 'answer 401', 'answer 403', 'answer 503', 'answer 302', 'bad certificate'],
  ...['slow body', 'outage', 'old list after a restore', 'not modified, though it is', 'too large', '50,000 lines'],
  ...['lost add', 'lost del', 'lost read', 'late read', 'repeated read', 'list settings changed', 'no key yet'],
  ...[
    'table conflict',
    'conflicts in a row',
    'table throttled',
    'table takes time',
    'stale from the table',
    'table out',
    'small page',
  ],
] as const;
export type Fault = (typeof FAULTS)[number];

/** How long anything may take to heal after a fault, in milliseconds. */
export const HEALING_MS = 125_000;

/** What must disturb nothing, however often it happens. */
const HARMLESS: readonly Fault[] = [
  'rebuild beside another',
  'repeated timer',
  'repeated read',
  'retried by the sender',
  'token of seconds',
];

/** Writes a line of the trace; undefined where nobody reads it, so that `note?.(…)` does not even make the line. */
export type Note = ((text: string) => void) | undefined;

/** Decides which faults strike, counts them, and knows when things must be right again. */
export class Faults {
  readonly counts: Partial<Record<Fault, number>> = {};
  /** Faults at a rate strike only before this moment. */
  until = Number.POSITIVE_INFINITY;
  /** The moment up to which what went wrong so far may still show. */
  disturbedUntil = 0;
  /** By fault; most faults have none in most schedules, which is what they are asked most. */
  readonly #rates: ReadonlyMap<string, number>;
  readonly #seed: number;
  readonly #now: () => number;
  readonly #note: Note;
  readonly #extraMs: number;
  readonly #streams = new Map<Fault, Random>();

  /** @param extraMs by how much longer everything takes to heal than usual */
  constructor(
    rates: Readonly<Partial<Record<Fault, number>>>,
    seed: number,
    now: () => number,
    note: Note,
    extraMs = 0,
  ) {
    this.#extraMs = extraMs;
    this.#rates = new Map(Object.entries(rates));
    this.#seed = seed;
    this.#now = now;
    this.#note = note;
  }

  /** Whether the fault can strike at all in this schedule. */
  mayStrike(fault: Fault): boolean {
    return this.#rates.has(fault);
  }

  /** Whether the fault strikes now; then it is counted, and things have time to heal. */
  strikes(fault: Fault, where = '', what = ''): boolean {
    const rate = this.#rates.get(fault);
    if (rate === undefined || this.#now() >= this.until || !this.#stream(fault).chance(rate)) return false;
    this.struck(fault, HARMLESS.includes(fault) ? 0 : HEALING_MS, where, what);
    return true;
  }

  /** Counts a fault that was decided elsewhere. @param healingMs 0 for what must not disturb anything */
  struck(fault: Fault, healingMs = 0, where = '', what = ''): void {
    this.counts[fault] = (this.counts[fault] ?? 0) + 1;
    if (healingMs > 0) this.disturb(healingMs);
    this.#note?.(`FAULT ${fault} ${where} ${what}`);
  }

  disturb(healingMs: number): void {
    this.disturbedUntil = Math.max(this.disturbedUntil, this.#now() + healingMs + this.#extraMs);
  }

  /** A number that goes with a fault, from its own stream. */
  whole(fault: Fault, min: number, max: number): number {
    return this.#stream(fault).whole(min, max);
  }

  #stream(fault: Fault): Random {
    const known = this.#streams.get(fault);
    if (known) return known;
    const stream = Random.named(this.#seed, fault);
    this.#streams.set(fault, stream);
    return stream;
  }
}
