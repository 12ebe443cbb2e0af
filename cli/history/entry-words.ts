import { moment } from '../moments.ts';
import { harmless } from '../terminal.ts';
import type { Entry } from './entries.ts';

/** Entries of a zone that are named before it becomes a count. */
const NAMED = 5;

/** What an entry says beside whom it is about, for a person. */
export function entryWords(entry: Entry, timeZone: string): string {
  const words = wordsOf(entry, timeZone).filter((word) => word !== '');
  const { times, lastAt } = entry;
  if (times !== undefined && lastAt !== undefined) words.push(`${times} times, until ${moment(lastAt, timeZone)}`);
  return harmless(words.join(', '));
}

function wordsOf(entry: Entry, timeZone: string): string[] {
  const { kind, grantId, expiresAt, ended, by, cause, code, detail, zoneId, oktaCauses = [] } = entry;
  const grant = grantId === undefined ? '' : `grant ${grantId}`;
  switch (kind) {
    case 'granted':
      return [expiresAt === undefined ? '' : `until ${moment(expiresAt, timeZone)}`, grant, sender(entry)];
    case 'revoked':
      return [grantId === undefined ? `all on the IP: ${endings(ended)}` : grant, sender(entry)];
    case 'flushed':
      return [endings(ended), sender(entry)];
    case 'overtaken':
      return [`changed nothing: ${by ?? 'a later event'} had come before`, grant, sender(entry)];
    case 'repeated':
      return ['the same event again, which changes nothing', grant];
    case 'accepted':
      return ['is on the queue, and nothing more is told of it', grant, sender(entry)];
    case 'ended':
      return [cause === 'access.flushed' ? 'by a flush' : 'by a revoke of the whole IP', grant];
    case 'expired':
      return ['its time was over', grant];
    case 'zone':
      return [`zone ${zoneId}: ${changesOf(entry)}`, cause === undefined ? '' : `because of ${cause}`];
    case 'refused':
    case 'failed':
      return [`${code}${zoneId === undefined ? '' : ` zone ${zoneId}`}: ${detail ?? ''}`, ...oktaCauses, grant];
  }
}

function endings(ended: number | undefined): string {
  return ended === undefined ? '' : `${ended} ended`;
}

/** Knocknoc's server has an address, an operator a name. */
function sender({ sentBy, sourceIp }: Entry): string {
  if (sentBy !== undefined) return `by ${sentBy}`;
  return sourceIp === undefined ? '' : `from ${sourceIp}`;
}

function changesOf({ added = [], removed = [], changes = 0 }: Entry): string {
  const all = [...added.map((one) => `+${one}`), ...removed.map((one) => `-${one}`)];
  const more = Math.max(changes, all.length) - NAMED;
  return more > 0 ? `${all.slice(0, NAMED).join(' ')} and ${more} more` : all.join(' ');
}
