import { differenceOf } from '../../lib/addresses/list-difference.ts';
import type { ErrorCode } from '../../lib/error-codes.ts';
import { failureDetail } from '../../lib/failure-detail.ts';
import type { AclStatus } from '../acl-status.ts';
import { firstStep, sectionOf } from '../advice.ts';
import { ago, duration } from '../moments.ts';
import type { Rehearsal, ZoneRehearsal } from '../rehearsal/rehearse.ts';
import { harmless } from '../terminal.ts';
import { type Finding, failure, levelOf, ok, refusedByOkta, skipped, warning } from './finding.ts';

/** Share of the limit from which a zone is nearly full. */
const NEARLY_FULL = 0.8;

/** An ACL's zones: there, usable, with room, and with the right list; and what came of the last rebuild. */
export function aclLinks(rehearsal: Rehearsal, status: AclStatus, limit: number, now: number): Finding[] {
  const { acl, failure, restInMs } = rehearsal;
  const unread = failure
    ? `not read, because of ${failure.code}`
    : `not read, to spare Okta's quota${restInMs ? `; it can be read in ${duration(restInMs)}` : ''}`;
  const each = rehearsal.zones.map((zone) => zoneLink(acl, zone, unread));
  const zones = rehearsal.zones.filter((zone) => zone.zone && !zone.failure);
  const last = [...lastRebuild(rehearsal, status, each, now), ...storedRows(status)];
  if (failure || zones.length === 0) return [...each, ...last];
  return [...each, roomLink({ ...rehearsal, zones }, limit), listLink({ ...rehearsal, zones }, status, each), ...last];
}

/** One zone of an ACL: there, usable, and free of others' entries. @param unread what is said where it was not read */
export function zoneLink(acl: string, { zoneId, zone, failure: own, toAdopt }: ZoneRehearsal, unread: string): Finding {
  const link = `zone ${zoneId} (${acl})`;
  if (own?.code === 'ZONE008') return failure(link, own.message, adoptStep(acl, zoneId), own.code);
  if (own) return refusedByOkta(link, own);
  if (!zone) return skipped(link, unread);
  const facts = failureDetail(`"${zone.name}": ${[zone.type, zone.status, zone.usage].filter(Boolean).join(', ')}`);
  if (!toAdopt) return ok(link, facts);
  const detail = `${facts}; it holds entries that are not from this system, so the first event will not get into it`;
  return warning(link, detail, adoptStep(acl, zoneId), 'ZONE008');
}

function adoptStep(acl: string, zoneId: string): string {
  const command = `npm run zone -- adopt --acl ${acl} --zone ${zoneId}`;
  return `See what would go with \`${command}\`. It asks before it changes anything.`;
}

function verifyCommand(acl: string): string {
  return `\`npm run zone -- verify --acl ${acl}\``;
}

function roomLink({ acl, zones, waiting }: Rehearsal, limit: number): Finding {
  const link = `room (${acl})`;
  const used = zones.reduce((sum, { desired }) => sum + desired.length, 0);
  const detail = `${used} of ${limit * zones.length} gateways`;
  if (waiting > 0)
    return failure(link, `${detail}; IPs that wait outside: ${waiting}`, firstStep('ZONE005'), 'ZONE005');
  if (used <= NEARLY_FULL * limit * zones.length) return ok(link, detail);
  return warning(link, `${detail}: nearly full`, firstStep('ZONE005'), 'ZONE005');
}

function listLink(seen: Rehearsal, status: AclStatus, each: readonly Finding[]): Finding {
  const { acl, hasEvents, zones } = seen;
  const link = `list (${acl})`;
  if (!hasEvents) return ok(link, 'no event yet: the zones are only read before the first one');
  const differing = zones.filter(({ current, desired }) => {
    const { added, removed } = differenceOf(current, desired);
    return added.length + removed.length > 0;
  });
  if (differing.length === 0) return ok(link, 'equal to the live grants');
  const detail = differing.map(({ zoneId, current, desired }) => {
    const { added, removed } = differenceOf(current, desired);
    return `${zoneId} lacks ${added.length} and has ${removed.length} too many`;
  });
  const text = detail.join('; ');
  const verify = verifyCommand(acl);
  if (status.lastError) {
    const { code } = status.lastError;
    if (isOver(code, seen, each))
      return warning(link, text, `It is put right within two minutes; ${verify} does it now.`);
    return { link, level: levelOf(code), detail: text, mend: firstStep(code), code };
  }
  if (differing.some(({ foreign }) => foreign)) {
    const mend = `To put it right at once, run ${verify}. ${firstStep('ZONE007')}`;
    return warning(link, `${text}: somebody else has changed it`, mend, 'ZONE007');
  }
  return failure(link, text, `Run ${verify}. If that fails, or it stays so: ${sectionOf('STORE001')}.`);
}

function storedRows({ acl, unusable: [first, ...others] = [] }: AclStatus): Finding[] {
  if (!first) return [];
  const more = others.length === 0 ? '' : `, and ${others.length} more (\`npm run zone -- status\` has them all)`;
  const detail = harmless(`${first.item}: ${first.detail}${more}`);
  return [warning(`stored rows (${acl})`, detail, firstStep('STORE002'), 'STORE002')];
}

/**
 * What a code says that concerned writing shows only here. What another link says is not said again, and what is over by
 * what Okta shows now is no failure any more.
 */
function lastRebuild(
  seen: Rehearsal,
  { acl, lastError }: AclStatus,
  zones: readonly Finding[],
  now: number,
): Finding[] {
  if (!lastError || lastError.code === ('ZONE005' satisfies ErrorCode)) return [];
  const { code, firstStep: mend } = lastError;
  if (seen.failure?.code === code) return [];
  if (zones.some((zone) => zone.level === 'failure' && zone.code === code)) return [];
  const link = `last rebuild (${acl})`;
  const detail = harmless(`${lastError.detail} (${ago(Date.parse(lastError.at), now)})`);
  const verify = verifyCommand(acl);
  if (isOver(code, seen, zones)) {
    const tried = `It is tried again within two minutes; ${verify} does it now.`;
    return [warning(link, `${detail}; that is mended now`, tried, code)];
  }
  const level = levelOf(code);
  return [{ link, level, detail, mend: level === 'failure' ? `${mend} Then ${verify} tries again.` : mend, code }];
}

/** Only a write shows whether a role may write, and what Okta says of a list. */
function isOver(code: ErrorCode, seen: Rehearsal, zones: readonly Finding[]): boolean {
  if (seen.failure) return false;
  if (code === 'OKTA001' || code === 'ZONE006') return seen.zones.some(({ zone }) => zone !== undefined);
  if (code === 'ZONE001' || code === 'ZONE004') return zones.every(({ level }) => level === 'ok');
  return false;
}
