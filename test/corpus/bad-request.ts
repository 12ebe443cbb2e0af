import type { ErrorCode } from '../../lib/error-codes.ts';
import { NOW } from '../helpers/events.ts';
import { ACL, type Raw } from '../helpers/virtual-system.ts';

/** A request that must be refused, by its name, with this status and code. */
export interface BadRequest {
  readonly name: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly raw: Raw;
}

/** Stands in the body of whatever has room for it: must show in no log line and in no answer. */
export const MARK = 'sesame-marker';
/** The moment of receipt, in seconds since the epoch. */
export const SECONDS = NOW / 1000;
type Fields = Readonly<Record<string, unknown>>;

/** A good grant but for these fields; undefined leaves one out. */
export function grantWith(data: Fields, event: Fields = {}): string {
  return JSON.stringify({
    ...{ type: 'access.granted', timestamp: new Date(NOW).toISOString(), note: MARK },
    data: { acl: ACL, ip: '203.0.113.7', user: 'alice@example.com', note: MARK, ...data },
    ...event,
  });
}
/** A good revoke, flush or ping, but for these fields. */
export function endingWith(type: 'access.revoked' | 'access.flushed' | 'access.ping', data: Fields): string {
  const ip = type === 'access.revoked' ? { ip: '203.0.113.7' } : {};
  return grantWith({}, { type, data: { acl: ACL, ...ip, note: MARK, ...data } });
}
export const GOOD = grantWith({});

/** Cases of one topic that differ in a value, all with the same outcome. */
export function each<T>(
  topic: string,
  [status, code]: readonly [number, ErrorCode],
  cases: Readonly<Record<string, T>>,
  toRaw: (value: T) => Raw,
): BadRequest[] {
  return Object.entries(cases).map(([name, value]) => ({ name: `${topic}: ${name}`, status, code, raw: toRaw(value) }));
}
