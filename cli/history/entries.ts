import { AUDIT } from '../../lib/names.ts';
import type { LogLine } from '../flow.ts';

/** One thing that happened, as the audit tells it. */
export interface Entry {
  /** In milliseconds since the epoch, as all moments here. */
  readonly at: number;
  readonly kind: Kind;
  readonly acl?: string;
  readonly ip?: string;
  readonly user?: string;
  readonly grantId?: string;
  readonly webhookId?: string;
  /** Until when a grant is good. */
  readonly expiresAt?: number;
  /** Of a failure or a refusal. */
  readonly code?: string;
  readonly detail?: string;
  /** Okta's reasons against a list. */
  readonly oktaCauses?: readonly string[];
  /** How often in a row. */
  readonly times?: number;
  readonly lastAt?: number;
  readonly zoneId?: string;
  /** Entries that a zone has got and lost; 50 of each at most. */
  readonly added?: readonly string[];
  readonly removed?: readonly string[];
  readonly changes?: number;
  readonly cause?: string;
  /** What came before an event that changed nothing. */
  readonly by?: string;
  /** How many grants it ended. */
  readonly ended?: number;
  /** Who ran the command that sent it, and from which address it came. */
  readonly sentBy?: string;
  readonly sourceIp?: string;
}

export const KINDS = {
  [AUDIT.accepted]: 'accepted',
  [AUDIT.granted]: 'granted',
  [AUDIT.revoked]: 'revoked',
  [AUDIT.flushed]: 'flushed',
  [AUDIT.overtaken]: 'overtaken',
  [AUDIT.duplicate]: 'repeated',
  [AUDIT.ended]: 'ended',
  [AUDIT.expired]: 'expired',
  [AUDIT.zoneUpdated]: 'zone',
} as const;
export type Kind = (typeof KINDS)[keyof typeof KINDS] | 'refused' | 'failed';

const APPLIED: readonly Kind[] = ['granted', 'revoked', 'flushed', 'overtaken', 'repeated'];

/** What the lines tell, oldest first, each thing once. @param since from when on, in milliseconds since the epoch */
export function entriesOf(lines: readonly LogLine[], since = 0): readonly Entry[] {
  const seen = new Map<string, Entry>();
  for (const line of lines) {
    const entry = entryOf(line);
    if (!entry) continue;
    // A process that dies at the wrong moment leaves a second line of the same thing.
    const name = nameOf(entry, line) ?? `${seen.size}`;
    const before = seen.get(name);
    if (!before || entry.at < before.at) seen.set(name, entry);
  }
  return merged([...seen.values()].filter(({ at }) => at >= since).toSorted((a, b) => a.at - b.at));
}

function entryOf(line: LogLine): Entry | undefined {
  const at = Date.parse(String(line.timestamp));
  const kind = kindOf(line);
  if (Number.isNaN(at) || kind === undefined) return undefined;
  const text = (name: string) => (typeof line[name] === 'string' ? { [name]: line[name] } : {});
  const number = (name: string) => (typeof line[name] === 'number' ? { [name]: line[name] } : {});
  const list = (name: string) => (Array.isArray(line[name]) ? { [name]: line[name].map(String) } : {});
  return {
    ...{ at, kind },
    ...Object.assign({}, ...TEXTS.map(text), ...NUMBERS.map(number), ...LISTS.map(list)),
  };
}

const TEXTS = 'acl ip user grantId webhookId code detail zoneId cause by sentBy sourceIp'.split(' ');
const NUMBERS = ['expiresAt', 'changes', 'ended'];
const LISTS = ['added', 'removed', 'oktaCauses'];

function kindOf({ action, code }: LogLine): Kind | undefined {
  if (typeof code === 'string') return code.startsWith('HOOK') ? 'refused' : 'failed';
  return Object.entries(KINDS).find(([name]) => name === action)?.[1];
}

/** @returns undefined where each line is a thing of its own */
function nameOf({ kind, acl, ip, grantId, webhookId, zoneId }: Entry, line: LogLine): string | undefined {
  if (kind === 'refused' || kind === 'failed') return undefined;
  if (kind === 'zone') return typeof line.write === 'number' ? JSON.stringify([kind, zoneId, line.write]) : undefined;
  if (kind === 'expired') return typeof line.change === 'string' ? JSON.stringify([kind, line.change]) : undefined;
  // A grant that an event has ended has no position: it is ended once.
  return JSON.stringify([kind, acl, webhookId, String(line.position), kind === 'ended' ? [ip, grantId] : '']);
}

/** What was accepted is told with what it led to; the same failure again and again is told once. */
function merged(entries: readonly Entry[]): readonly Entry[] {
  const eventOf = ({ acl, webhookId }: Entry) => JSON.stringify([acl, webhookId]);
  const accepted = new Map(entries.filter(({ kind }) => kind === 'accepted').map((entry) => [eventOf(entry), entry]));
  const applied = new Set(entries.filter(({ kind }) => APPLIED.includes(kind)).map(eventOf));
  const told: Entry[] = [];
  for (const entry of entries) {
    if (entry.kind === 'accepted' && applied.has(eventOf(entry))) continue;
    const { sentBy, sourceIp } = (APPLIED.includes(entry.kind) && accepted.get(eventOf(entry))) || {};
    const whole = { ...entry, ...(sentBy !== undefined && { sentBy }), ...(sourceIp !== undefined && { sourceIp }) };
    const last = told.at(-1);
    if (last && isSameFailure(last, whole)) told[told.length - 1] = again(last, whole);
    else told.push(whole);
  }
  return told;
}

function isSameFailure(a: Entry, b: Entry): boolean {
  const names = ({ kind, code, acl, zoneId, user, ip, detail }: Entry) =>
    JSON.stringify([kind, code, acl, zoneId, user, ip, a.kind === 'refused' ? detail : '']);
  return (a.kind === 'failed' || a.kind === 'refused') && names(a) === names(b);
}

function again(first: Entry, { at }: Entry): Entry {
  return { ...first, times: (first.times ?? 1) + 1, lastAt: at };
}
