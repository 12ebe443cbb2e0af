import type { AclStatus, GrantStatus, Standing } from './acl-status.ts';
import { sectionOf } from './advice.ts';
import { ago, duration, moment } from './moments.ts';
import { columns, harmless, type Paint } from './terminal.ts';

const WORDS: Readonly<Record<Standing, { readonly style: Parameters<Paint>[0]; readonly text: string }>> = {
  right: { style: 'green', text: 'the zone is right' },
  rebuilding: { style: 'yellow', text: 'a rebuild is due or under way' },
  full: { style: 'yellow', text: 'the zone is full' },
  failing: { style: 'red', text: 'the zone cannot be updated' },
  untouched: { style: 'dim', text: 'no event yet: its zones are only read' },
};
/** Entries named one by one before it becomes a count. */
const NAMED = 5;

/** One ACL for a person to read. */
export function statusText(status: AclStatus, now: number, paint: Paint): string {
  const { style, text } = WORDS[status.standing];
  const seen = status.verifiedAt === undefined ? 'never seen right' : `seen right ${ago(at(status.verifiedAt), now)}`;
  const lines = [`${paint('bold', status.acl)}  ${paint(style, text)}  ${paint('dim', seen)}`];
  lines.push(...status.zones.map((zone) => `  zone ${zone.zoneId}  ${zoneText(zone)}`));
  if (status.restsUntil !== undefined && at(status.restsUntil) - now > 1_500) {
    lines.push(`  no call to Okta for another ${duration(at(status.restsUntil) - now)}`);
  }
  if (status.lastError) {
    const { code, name, impact, detail, firstStep } = status.lastError;
    lines.push(`  ${paint('red', `${code} ${name}`)}, ${ago(at(status.lastError.at), now)}: ${harmless(detail)}`);
    lines.push(`  ${impact}`, `  → ${firstStep} (${sectionOf(code)})`);
  }
  for (const { item, detail } of status.unusable ?? []) {
    lines.push(
      `  ${paint('yellow', '!')} ${harmless(detail)} (${sectionOf('STORE002')})${item === '' ? '' : `: ${harmless(item)}`}`,
    );
  }
  lines.push(grantsText(status.grants, now, paint));
  return lines.join('\n');
}

function zoneText({ gateways, limit, toAdd, toRemove }: AclStatus['zones'][number]): string {
  if (gateways === null) return 'not written yet';
  const changes = [...named('+', toAdd), ...named('-', toRemove)];
  return `${gateways.length} of ${limit} gateways${changes.length > 0 ? `, to do: ${changes.join(' ')}` : ''}`;
}

function named(sign: string, entries: readonly string[]): string[] {
  const shown = entries.slice(0, NAMED).map((entry) => `${sign}${entry}`);
  return entries.length > NAMED ? [...shown, `${sign}${entries.length - NAMED} more`] : shown;
}

function grantsText(grants: readonly GrantStatus[], now: number, paint: Paint): string {
  if (grants.length === 0) return '  no grants';
  const heading = ['PERSON', 'IP', 'GRANT', 'ENDS', 'IN THE ZONE'].map((title) => paint('dim', title));
  const rows = grants.map(({ user = '-', ip, grantId = '-', expiresAt, inZone }) => [
    harmless(user),
    ip,
    harmless(grantId),
    `${moment(at(expiresAt))} (in ${duration(at(expiresAt) - now)})`,
    paint(inZone === 'yes' ? 'green' : 'yellow', inZone === 'waiting' ? 'waits for room' : inZone),
  ]);
  return columns([heading, ...rows], '  ');
}

function at(rfc3339: string): number {
  return Date.parse(rfc3339);
}
