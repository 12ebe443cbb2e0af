import { ago, moment } from '../moments.ts';
import type { Entry } from './entries.ts';
import { isKnownToBeShown, whoWasIn } from './who-was-in.ts';

const ENDINGS: readonly Entry['kind'][] = ['revoked', 'ended', 'expired', 'flushed', 'refused'];
const DECIDING: readonly Entry['kind'][] = [...ENDINGS, 'granted', 'accepted'];

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
  const everybody = whoWasIn(all, now);
  const live = everybody.filter(({ webhookId }) => webhookId !== undefined && keys.has(webhookId));
  const inside = live.filter(({ inZoneSince }) => inZoneSince !== undefined);
  const [first] = inside;
  if (first) return `${who} is in: ${first.ip}, until ${moment(first.expiresAt, timeZone)}`;
  if (live.length > 0) return `${who} has a grant, and no zone is known to have ${live.map(({ ip }) => ip).join(', ')}`;
  if (!isWhole) {
    const why = 'the log that can be read does not go back as far as a grant can live';
    return `whether ${who} is in is not known: ${why}. \`npm run zone -- status\` shows who is in`;
  }
  const pending = own.findLast(({ kind }) => DECIDING.includes(kind));
  if (pending?.kind === 'accepted') {
    const accepted = `${who} has no grant: an event was accepted ${ago(pending.at, now)}`;
    return isSetAside(pending, all)
      ? `${accepted} and set aside with STORE002`
      : `${accepted} and is not applied yet. \`npm run zone -- doctor\` says what holds it up`;
  }
  const shown = addressesOf(own).filter((one) => isKnownToBeShown(one, all));
  if (shown.length === 0) return `${who} is not in: ${whyNot(own, now, timeZone)}`;
  const ips = [...new Set(shown.map(({ ip }) => ip))];
  const holders = everybody.filter((grant) => shown.some(({ acl, ip }) => acl === grant.acl && ip === grant.ip));
  const still = holders.length > 0 ? 'another grant has' : 'a zone is still known to have';
  return `${who} has no grant (${whyNot(own, now, timeZone)}), and ${still} ${ips.join(', ')}`;
}

/** It is never applied. */
function isSetAside({ acl, webhookId }: Entry, all: readonly Entry[]): boolean {
  return all.some((one) => one.code === 'STORE002' && one.webhookId === webhookId && one.acl === acl);
}

/** Where an IP was let in. */
function addressesOf(own: readonly Entry[]) {
  return own.flatMap(({ kind, acl, ip }) =>
    kind === 'granted' && acl !== undefined && ip !== undefined ? [{ acl, ip }] : [],
  );
}

/** What ended the last grant, or kept another from being made. */
function whyNot(own: readonly Entry[], now: number, timeZone: string): string {
  const at = own.findLastIndex(({ kind }) => kind === 'granted');
  // What came before it has ended another one.
  const last = own.slice(at + 1).findLast(({ kind }) => ENDINGS.includes(kind));
  if (last) {
    const what = last.kind === 'refused' ? `an event was refused with ${last.code}` : `a grant was ${last.kind}`;
    return `${last.kind === 'flushed' ? 'everybody was flushed' : what}, ${ago(last.lastAt ?? last.at, now)}`;
  }
  const expiresAt = own[at]?.expiresAt;
  if (expiresAt === undefined) return 'nothing was sent for them in this time. Look for the login in Knocknoc';
  return `their grant was good until ${moment(expiresAt, timeZone)}`;
}
