import stringWidth from 'string-width';
import { allErrorCodes } from '../../lib/error-codes.ts';
import { firstStep, sectionOf } from '../advice.ts';
import { differsFromUtc, localTime } from '../local-time.ts';
import { moment } from '../moments.ts';
import { cellOf, columns, type Paint, type Terminal } from '../terminal.ts';
import type { Entry, Kind } from './entries.ts';
import { entryWords } from './entry-words.ts';
import type { GrantThen } from './who-was-in.ts';

/** Where it is shown. */
export type Page = Pick<Terminal, 'timeZone' | 'width'> & { readonly paint: Paint };

/** Less says nothing. */
const NARROWEST = 24;
const STYLES: Partial<Record<Kind, Parameters<Paint>[0]>> = {
  ...{ granted: 'green', refused: 'red', failed: 'red', overtaken: 'yellow', accepted: 'yellow', zone: 'dim' },
};

/** What happened, a line each. */
export function entriesText(entries: readonly Entry[], page: Page): string {
  const { timeZone, paint } = page;
  const isElsewhere = entries.some(({ at }) => differsFromUtc(at, timeZone));
  const acls = new Set(entries.flatMap(({ acl }) => acl ?? []));
  const heading = ['UTC', ...(isElsewhere ? ['LOCAL'] : []), 'WHAT', ...(acls.size > 1 ? ['ACL'] : []), 'PERSON', 'IP'];
  const rows = entries.map((entry) => {
    const { at, kind, acl = '-', user = '-', ip = '-' } = entry;
    const times = [moment(at), ...(isElsewhere ? [localTime(at, timeZone)] : [])];
    const style = STYLES[kind];
    const what = style === undefined ? kind : paint(style, kind);
    return [
      ...times,
      what,
      ...(acls.size > 1 ? [cellOf(acl)] : []),
      cellOf(user),
      cellOf(ip),
      entryWords(entry, timeZone),
    ];
  });
  return fitted([heading.map((title) => paint('dim', title)), ...rows], page);
}

/** Who was in, a line each. */
export function grantsText(grants: readonly GrantThen[], page: Page): string {
  const { timeZone, paint } = page;
  const heading = ['PERSON', 'IP', 'ACL', 'SINCE', 'IN THE ZONE SINCE', 'UNTIL'].map((title) => paint('dim', title));
  const rows = grants.map(({ user = '-', ip, acl, since, inZoneSince, expiresAt, grantId }) => [
    ...[cellOf(user), cellOf(ip), cellOf(acl), moment(since)],
    inZoneSince === undefined ? paint('yellow', 'not told') : moment(inZoneSince),
    `${moment(expiresAt, timeZone)}${grantId === undefined ? '' : `, grant ${cellOf(grantId)}`}`,
  ]);
  return fitted([heading, ...rows], page);
}

/** How often what happened, and the first step for each code, once. */
export function summaryText(entries: readonly Entry[]): string {
  const counts = [...countsOf(entries)].map(([kind, count]) => `${count} ${kind}`);
  const codes = allErrorCodes().filter((code) => entries.some((entry) => entry.code === code));
  const steps = codes.map((code) => `→ ${code}: ${firstStep(code)} (${sectionOf(code)})`);
  return [counts.length === 0 ? 'nothing is told' : counts.join(', '), ...steps].join('\n');
}

/** How often each kind of thing happened. */
export function countsOf(entries: readonly Entry[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, times = 1 } of entries) counts.set(kind, (counts.get(kind) ?? 0) + times);
  return counts;
}

/** The last column has what is left of the screen; nothing is cut where nobody looks at one. */
function fitted(rows: readonly (readonly string[])[], { width }: Page): string {
  const wide = Math.max(...rows.map((row) => row.length));
  const before = columns(rows.map((row) => [...row.slice(0, wide - 1), '|']));
  const used = Math.max(...before.split('\n').map((line) => stringWidth(line))) - 1;
  const room = width === undefined ? undefined : Math.max(NARROWEST, width - used);
  const [heading = [], ...others] = rows;
  const cut = others.map((row) => row.map((cell, at) => (at === wide - 1 && room ? cellOf(cell, room) : cell)));
  return columns([heading, ...cut]);
}
