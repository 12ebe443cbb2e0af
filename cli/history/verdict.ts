import { ago, moment } from '../moments.ts';
import type { Entry } from './entries.ts';
import { whoWasIn } from './who-was-in.ts';

const ENDINGS: readonly Entry['kind'][] = ['revoked', 'ended', 'expired', 'flushed', 'refused'];

/**
 * Whether a person or an IP is in, and why not.
 * @param own the entries that concern them, oldest first
 * @param all the entries of everybody
 */
export function verdictOn(
  who: string,
  own: readonly Entry[],
  all: readonly Entry[],
  now: number,
  timeZone: string,
): string {
  const keys = new Set(own.flatMap(({ kind, webhookId }) => (kind === 'granted' && webhookId ? [webhookId] : [])));
  const live = whoWasIn(all, now).filter(({ webhookId }) => webhookId !== undefined && keys.has(webhookId));
  const inside = live.filter(({ inZoneSince }) => inZoneSince !== undefined);
  const [first] = inside;
  if (first) return `${who} is in: ${first.ip}, until ${moment(first.expiresAt, timeZone)}`;
  if (live.length > 0) return `${who} has a grant, and no zone is known to have ${live.map(({ ip }) => ip).join(', ')}`;
  const last = own.findLast(({ kind }) => ENDINGS.includes(kind));
  if (!last) {
    return own.some(({ kind }) => kind === 'granted')
      ? `${who} is not in: no grant is live`
      : `${who} is not in: nothing was sent for them in this time. Look for the login in Knocknoc`;
  }
  const at = last.lastAt ?? last.at;
  const what = last.kind === 'refused' ? `an event was refused with ${last.code}` : `a grant was ${last.kind}`;
  return `${who} is not in: ${last.kind === 'flushed' ? 'everybody was flushed' : what}, ${ago(at, now)}`;
}
