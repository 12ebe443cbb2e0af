import { describeError } from '../describe-error.ts';
import type { ErrorCode } from '../error-codes.ts';
import type { Fields, Telemetry } from '../ports.ts';
import type { HttpAnswer } from '../refusal.ts';
import type { ZoneState } from '../zones/zone-state.ts';
import type { ZoneStates } from '../zones/zone-states.ts';

export interface PingDeps {
  /** What is remembered of the zones; made on the first request that asks for it. */
  readonly states: () => Pick<ZoneStates, 'get'>;
  readonly telemetry: Telemetry;
}

/**
 * Tells a sender that may speak for an ACL how its zones stand, by the table alone: `right` where nothing is known to be
 * wrong. A table that can't be read is the answer (`STORE001`) and no failure of the request: the sender's part is in order.
 * @param fields for the log line
 */
export async function answerPing(acl: string, fields: Fields, { states, telemetry }: PingDeps): Promise<HttpAnswer> {
  let zones: ErrorCode | 'right';
  try {
    zones = wrongIn(await states().get(acl)) ?? 'right';
  } catch (error) {
    zones = 'STORE001';
    telemetry.warn('the state of the zones could not be read', { acl, reason: describeError(error) });
  }
  telemetry.info('ping answered', { acl, zones, ...fields });
  const body = JSON.stringify({ status: 'pong', zones });
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}

/** What a rebuild has found that still goes on stands with its zone alone. */
function wrongIn({ lastError, zones }: ZoneState): ErrorCode | undefined {
  const memories = Object.values(zones);
  const troubled = memories.find(({ trouble }) => trouble)?.trouble?.code;
  return lastError?.code ?? troubled ?? (memories.some(({ doubted }) => doubted) ? 'ZONE007' : undefined);
}
