import * as v from 'valibot';
import { IpNotAcceptable, parseHostAddress } from '../addresses/ip-address.ts';
import type { AclConfig, Config } from '../config.ts';
import { aclConfig } from '../config.ts';
import { canonicalText, LONGEST_TEXT, RESERVED_GRANT_ID, TEXT_CHARACTERS } from '../grants/plausible.ts';
import type { AcceptedEvent } from '../grants/queue-message.ts';
import { Refusal } from '../refusal.ts';
import { millisOf, nanosOf, parseRfc3339 } from './rfc3339.ts';
import { JsonNotAcceptable, parseStrictJson } from './strict-json.ts';

/** A sender asks whether all is well; it changes nothing. */
export interface Ping {
  readonly type: 'access.ping';
  readonly acl: string;
}

/** How long revokes are remembered by contract: an older event could no longer be ordered. */
const OLDEST_EVENT_MS = 24 * 3_600_000;

const text = v.pipe(
  v.string('must be a string'),
  v.minLength(1, 'must not be empty'),
  v.transform(canonicalText),
  v.maxBytes(LONGEST_TEXT, `must be at most ${LONGEST_TEXT} bytes`),
  v.regex(TEXT_CHARACTERS, 'must not hold control characters'),
);
const grantId = v.pipe(
  text,
  v.check((id) => id !== RESERVED_GRANT_ID, `must not be "${RESERVED_GRANT_ID}", which is reserved`),
);
const dateTime = v.pipe(
  v.string('must be a string'),
  v.check(
    (written) => parseRfc3339(written) !== undefined,
    'must be a date-time of RFC 3339, such as 2026-11-24T18:00:00Z',
  ),
  v.transform((written) => parseRfc3339(written) ?? 0n),
);
const acl = v.string('must be a string');
const ip = v.string('must be a string');
const granted = v.object({
  type: v.literal('access.granted'),
  timestamp: dateTime,
  data: v.pipe(
    v.object({
      acl,
      ip,
      grantId: v.optional(grantId),
      user: v.optional(text),
      expiresAt: v.optional(dateTime),
      durationSeconds: v.optional(v.pipe(v.number('must be a number'), v.safeInteger('must be a whole number'))),
    }),
    v.check(
      (data) => data.expiresAt === undefined || data.durationSeconds === undefined,
      'must not have both expiresAt and durationSeconds',
    ),
  ),
});
const revoked = v.object({
  type: v.literal('access.revoked'),
  timestamp: dateTime,
  data: v.object({ acl, ip, grantId: v.optional(grantId) }),
});
const flushed = v.object({ type: v.literal('access.flushed'), timestamp: dateTime, data: v.object({ acl }) });
const pinged = v.object({ type: v.literal('access.ping'), timestamp: dateTime, data: v.object({ acl }) });
const schema = v.variant(
  'type',
  [granted, revoked, flushed, pinged],
  'must be access.granted, access.revoked, access.flushed or access.ping',
);

/** What a body says, in the right shape and not judged yet. */
export type ToldEvent = v.InferOutput<typeof schema>;

/**
 * Reads the body of a request whose signature has been checked.
 * @throws {Refusal} HOOK003
 */
export function parseEvent(body: Uint8Array): ToldEvent {
  const parsed = v.safeParse(schema, parseJson(body));
  if (!parsed.success) throw new Refusal('HOOK003', 400, describe(parsed.issues[0]));
  return parsed.output;
}

/**
 * Judges an event of a sender that may speak for its ACL.
 * @param now the moment of receipt, in milliseconds since the epoch
 * @throws {Refusal} HOOK003 to HOOK006
 */
export function judgeEvent(
  { type, timestamp: sent, data }: ToldEvent,
  config: Config,
  now: number,
): AcceptedEvent | Ping {
  if (millisOf(sent) < now - OLDEST_EVENT_MS) throw new Refusal('HOOK003', 400, 'timestamp is more than 24 hours old');
  const settings = aclConfig(config, data.acl);
  if (!settings) throw new Refusal('HOOK004', 404, 'no ACL of that name is configured here');
  const receipt = nanosOf(now);
  const timestamp = sent > receipt ? receipt : sent;

  if (type === 'access.ping') return { type, acl: data.acl };
  if (type === 'access.flushed') return { type, acl: data.acl, timestamp };
  const host = readIp(data.ip, config);
  const grant = data.grantId === undefined ? {} : { grantId: data.grantId };
  if (type === 'access.revoked') return { type, acl: data.acl, timestamp, ip: host, ...grant };
  const expiresAt = expiryOf(data, settings, timestamp);
  if (expiresAt <= now) throw new Refusal('HOOK006', 422, 'the grant would end before it begins');
  const user = data.user === undefined ? {} : { user: data.user };
  return { type, acl: data.acl, timestamp, ip: host, ...grant, ...user, expiresAt };
}

/**
 * Lifetimes count from the event's own time, so that a retry gives the same expiry, and a late
 * delivery does not keep anyone in longer.
 */
function expiryOf(
  data: { readonly expiresAt?: bigint | undefined; readonly durationSeconds?: number | undefined },
  settings: AclConfig,
  timestamp: bigint,
): number {
  const start = millisOf(timestamp);
  const latest = start + settings.maxGrantMinutes * 60_000;
  if (data.expiresAt !== undefined) return Math.min(millisOf(data.expiresAt), latest);
  if (data.durationSeconds !== undefined) return Math.min(start + data.durationSeconds * 1000, latest);
  return Math.min(start + settings.defaultGrantMinutes * 60_000, latest);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return parseStrictJson(body);
  } catch (error) {
    if (error instanceof JsonNotAcceptable) throw new Refusal('HOOK003', 400, error.message);
    throw error;
  }
}

function readIp(text: string, config: Config): string {
  try {
    return parseHostAddress(text, config);
  } catch (error) {
    if (error instanceof IpNotAcceptable) throw new Refusal('HOOK005', 422, error.message);
    throw error;
  }
}

/** Names the field and what it must be; valibot's own messages would quote the value. */
function describe(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? 'the body';
  if (issue.received === 'undefined') return `${path} is missing`;
  const generic = issue.kind === 'schema' && issue.message.startsWith('Invalid');
  return `${path} ${generic ? `must be ${issue.expected ?? 'of another type'}` : issue.message}`;
}
