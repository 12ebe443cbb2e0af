import { ago, moment } from '../moments.ts';
import type { Entry } from './entries.ts';
import { whoWasIn } from './who-was-in.ts';

const ENDINGS: readonly Entry['kind'][] = ['revoked', 'ended', 'expired', 'flushed', 'refused'];

/** What it is judged by: entries, oldest first. */
interface Told {
  /** Of everybody, and those that concern whoever is meant. */
  readonly all: readonly Entry[];
  readonly own: readonly Entry[];
  /** They go back as far as a grant can live. */
  readonly isWhole: boolean;
}

/** Whether a person or an IP is in, and why not. */
export function verdictOn(who: string, { all, own, isWhole }: Told, now: number, timeZone: string): string {
  const keys = new Set(own.flatMap(({ kind, webhookId }) => (kind === 'granted' && webhookId ? [webhookId] : [])));
  const live = whoWasIn(all, now).filter(({ webhookId }) => webhookId !== undefined && keys.has(webhookId));
  const inside = live.filter(({ inZoneSince }) => inZoneSince !== undefined);
  const [first] = inside;
  if (first) return `${who} is in: ${first.ip}, until ${moment(first.expiresAt, timeZone)}`;
  if (live.length > 0) return `${who} has a grant, and no zone is known to have ${live.map(({ ip }) => ip).join(', ')}`;
  if (!isWhole) {
    const why = 'the log that can be read does not go back as far as a grant can live';
    return `whether ${who} is in is not known: ${why}. \`npm run zone -- status\` shows who is in`;
  }
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
