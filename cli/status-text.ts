import type { ErrorCode } from '../lib/error-codes.ts';
import type { AclStatus, GrantStatus, Standing, Trouble, ZoneStatus } from './acl-status.ts';
import { sectionOf } from './advice.ts';
import { entriesText, type FedBy } from './list-status.ts';
import { differsFromUtc, localTime } from './local-time.ts';
import { ago, duration, moment } from './moments.ts';
import { cellOf, columns, harmless, type Paint } from './terminal.ts';

const WORDS: Readonly<Record<Standing, { readonly style: Parameters<Paint>[0]; readonly text: string }>> = {
  right: { style: 'green', text: 'the zone is right' },
  rebuilding: { style: 'yellow', text: 'a rebuild is due or under way' },
  full: { style: 'yellow', text: 'the zone is full' },
  failing: { style: 'red', text: 'the zone cannot be updated' },
  untouched: { style: 'dim', text: 'no event yet: its zones are only read' },
};
/** Entries named one by one before it becomes a count. */
const NAMED = 5;

/**
 * One ACL for a person to read.
 * @param told codes whose impact and first step stand above already; those of this one are added
 */
export function statusText(
  status: AclStatus,
  now: number,
  paint: Paint,
  timeZone: string,
  told = new Set<ErrorCode>(),
): string {
  const { style, text } = WORDS[status.standing];
  const words = status.standing === 'failing' && isPartly(status) ? 'not every zone can be used' : text;
  const seen = status.verifiedAt === undefined ? 'never seen right' : `seen right ${ago(at(status.verifiedAt), now)}`;
  const lines = [`${paint('bold', status.acl)}  ${paint(style, words)}  ${paint('dim', seen)}`];
  lines.push(...status.zones.map((zone) => `  zone ${zone.zoneId}  ${zoneText(zone, now, paint)}`));
  lines.push(...listLines(status, now, paint));
  if (status.restsUntil !== undefined && at(status.restsUntil) - now > 1_500) {
    lines.push(`  no call to Okta for another ${duration(at(status.restsUntil) - now)}`);
  }
  lines.push(...troubleLines(status, told, now, paint));
  for (const { item, detail } of status.unusable ?? []) {
    lines.push(
      `  ${paint('yellow', '!')} ${harmless(detail)} (${sectionOf('STORE002')})${item === '' ? '' : `: ${harmless(item)}`}`,
    );
  }
  lines.push(grantsText(status.grants, now, paint, timeZone));
  return lines.join('\n');
}

const FED_BY: Readonly<Record<FedBy, string>> = {
  list: "Knocknoc's list alone",
  'events and list': "events, and Knocknoc's list",
  events: 'events alone',
};

/** Nothing where events alone say who is in: that is how it is everywhere else. */
function listLines({ fedBy, list }: AclStatus, now: number, paint: Paint): string[] {
  if (!list) return [];
  const { readAt, entries = 0, skipped, waiting, failure } = list;
  const facts = [
    ...(readAt === undefined ? ['never read'] : [`read ${ago(at(readAt), now)}`, entriesText(entries)]),
    ...(skipped === undefined ? [] : [`${skipped} left out`]),
    ...(waiting === undefined ? [] : [`removals that wait for the next read: ${waiting}`]),
  ];
  const lines = [`  fed by ${FED_BY[fedBy]}: ${facts.join(', ')}`];
  if (!failure) return lines;
  const { code, name, detail, since } = failure;
  return [...lines, `  ${paint('red', `${code} ${name}`)}, since ${ago(at(since), now)}: ${harmless(detail)}`];
}

/** What is wrong is wrong with some of the zones alone. */
function isPartly({ zones, lastError }: AclStatus): boolean {
  const isOfZone = lastError !== undefined && zones.some(({ trouble }) => trouble?.code === lastError.code);
  return isOfZone && zones.some(({ trouble }) => trouble === undefined);
}

function zoneText({ gateways, limit, toAdd, toRemove, trouble }: ZoneStatus, now: number, paint: Paint): string {
  if (trouble) return troubleText(trouble, now, paint);
  const changes = [...named('+', toAdd), ...named('-', toRemove)];
  const has = gateways === null ? 'not written yet' : `${gateways.length} of ${limit} gateways`;
  return `${has}${changes.length > 0 ? `, to do: ${changes.join(' ')}` : ''}`;
}

/** What is wrong, each code once: its impact, and what to do. What a zone's own line says is not said again. */
function troubleLines({ lastError, zones }: AclStatus, told: Set<ErrorCode>, now: number, paint: Paint): string[] {
  const ofZones = zones.flatMap(({ trouble }) => trouble ?? []);
  const saidAbove = new Set(ofZones.map(({ code }) => code));
  const byCode = new Map([...(lastError ? [lastError] : []), ...ofZones].map((trouble) => [trouble.code, trouble]));
  return [...byCode.values()].flatMap((trouble) => {
    const what = saidAbove.has(trouble.code) ? [] : [`  ${troubleText(trouble, now, paint)}`];
    if (told.has(trouble.code)) return what;
    told.add(trouble.code);
    return [...what, `  ${trouble.impact}`, `  → ${trouble.firstStep} (${sectionOf(trouble.code)})`];
  });
}

function troubleText({ code, name, detail, at: then }: Trouble, now: number, paint: Paint): string {
  const style = code === 'OKTA005' ? 'yellow' : 'red';
  return `${paint(style, `${code} ${name}`)}, ${ago(at(then), now)}: ${harmless(detail)}`;
}

function named(sign: string, entries: readonly string[]): string[] {
  const shown = entries.slice(0, NAMED).map((entry) => `${sign}${entry}`);
  return entries.length > NAMED ? [...shown, `${sign}${entries.length - NAMED} more`] : shown;
}

function grantsText(grants: readonly GrantStatus[], now: number, paint: Paint, timeZone: string): string {
  if (grants.length === 0) return '  no grants';
  const heading = ['PERSON', 'IP', 'GRANT', 'ENDS', 'IN THE ZONE'].map((title) => paint('dim', title));
  const rows = grants.map(({ user = '-', ip, grantId = '-', expiresAt, inZone }) => [
    cellOf(user),
    ip,
    cellOf(grantId),
    endText(at(expiresAt), now, timeZone),
    paint(inZone === 'yes' ? 'green' : 'yellow', inZone === 'waiting' ? 'waits for room' : inZone),
  ]);
  return columns([heading, ...rows], '  ');
}

/** When it is over, on both clocks, and how soon. */
function endText(end: number, now: number, timeZone: string): string {
  const left = `in ${duration(end - now)}`;
  const local = differsFromUtc(end, timeZone) ? `${localTime(end, timeZone)}, ${left}` : left;
  return `${moment(end)} (${local})`;
}

function at(rfc3339: string): number {
  return Date.parse(rfc3339);
}
