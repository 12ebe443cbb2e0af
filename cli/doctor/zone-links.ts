import { differenceOf } from '../../lib/addresses/list-difference.ts';
import type { ErrorCode } from '../../lib/error-codes.ts';
import type { OktaFailure } from '../../lib/okta/okta-failure.ts';
import type { Quota } from '../../lib/okta/rate-limit.ts';
import type { AclStatus } from '../acl-status.ts';
import { firstStep } from '../advice.ts';
import { ago } from '../moments.ts';
import type { Rehearsal, ZoneRehearsal } from '../rehearsal.ts';
import { harmless } from '../terminal.ts';
import { type Finding, failure, ok, refusedByOkta, skipped, warning } from './finding.ts';

const TOKEN = 'Okta token';
const ACCEPTED = 'token accepted';
const ROLE = 'role';
/** Share of the limit from which a zone is nearly full. */
const NEARLY_FULL = 0.8;

/** The token, by what Okta answered when the zones were read. */
export function tokenLinks(rehearsals: readonly Rehearsal[]): Finding[] {
  const refusal = rehearsals.find((rehearsal) => rehearsal.failure)?.failure;
  if (refusal?.code === 'ZONE006')
    return [refusedByOkta(TOKEN, refusal), unknown(ACCEPTED, refusal), unknown(ROLE, refusal)];
  const set = ok(TOKEN, 'it is stored');
  if (refusal?.code === 'OKTA002') return [set, ok(ACCEPTED, 'Okta knows it'), refusedByOkta(ROLE, refusal)];
  if (refusal) return [set, refusedByOkta(ACCEPTED, refusal), unknown(ROLE, refusal)];
  const quota = rehearsals.findLast((rehearsal) => rehearsal.quota)?.quota;
  const reading = 'it may read zones; only a write shows whether it may write them';
  return [set, ok(ACCEPTED, `Okta knows it${quotaText(quota)}`), ok(ROLE, reading)];
}

function quotaText(quota: Quota | undefined): string {
  return quota ? `; ${quota.remaining} of ${quota.limit} calls are left this minute` : '';
}

function unknown(link: string, { code }: OktaFailure): Finding {
  return skipped(link, `not known, because of ${code}`);
}

/** An ACL's zones: there, usable, with room, and with the right list; and what came of the last rebuild. */
export function aclLinks(rehearsal: Rehearsal, status: AclStatus, limit: number, now: number): Finding[] {
  const { acl, zones } = rehearsal;
  const each = zones.map((zone) => zoneLink(acl, zone, rehearsal.failure));
  const readable = zones.filter(({ zone, failure: own }) => zone && !own);
  if (readable.length < zones.length) return [...each, ...lastRebuild(status, now)];
  const last = lastRebuild(status, now);
  return [...each, roomLink(rehearsal, limit), listLink(rehearsal, status), ...last];
}

function zoneLink(acl: string, { zoneId, zone, failure: own }: ZoneRehearsal, whole: OktaFailure | undefined): Finding {
  const link = `zone ${zoneId} (${acl})`;
  if (own) return refusedByOkta(link, own);
  if (!zone) return skipped(link, whole ? `not read, because of ${whole.code}` : 'not read');
  return ok(link, `"${harmless(zone.name)}": ${[zone.type, zone.status, zone.usage].filter(Boolean).join(', ')}`);
}

function roomLink({ acl, zones, waiting }: Rehearsal, limit: number): Finding {
  const link = `room (${acl})`;
  const used = zones.reduce((sum, { desired }) => sum + desired.length, 0);
  const detail = `${used} of ${limit * zones.length} gateways`;
  if (waiting.length > 0) {
    return failure(link, `${detail}; ${waiting.length} IPs wait outside`, firstStep('ZONE005'), 'ZONE005');
  }
  if (used <= NEARLY_FULL * limit * zones.length) return ok(link, detail);
  return warning(link, `${detail}: nearly full`, firstStep('ZONE005'), 'ZONE005');
}

function listLink({ acl, adopted, zones }: Rehearsal, status: AclStatus): Finding {
  const link = `list (${acl})`;
  if (!adopted) return ok(link, 'no event yet: the zones are only read before the first one');
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
  if (status.lastError) return failure(link, text, firstStep(status.lastError.code), status.lastError.code);
  if (differing.some(({ foreign }) => foreign)) {
    const verify = `To put it right at once, run \`npm run zone -- verify --acl ${acl}\`. ${firstStep('ZONE007')}`;
    return warning(link, `${text}: somebody else has changed it`, verify, 'ZONE007');
  }
  return failure(link, text, `Run \`npm run zone -- verify --acl ${acl}\`.`);
}

/** A code that concerned writing shows only here: reading a zone does not show it. */
function lastRebuild({ acl, lastError }: AclStatus, now: number): Finding[] {
  if (!lastError || lastError.code === ('ZONE005' satisfies ErrorCode)) return [];
  const detail = `${lastError.detail} (${ago(Date.parse(lastError.at), now)})`;
  return [failure(`last rebuild (${acl})`, harmless(detail), lastError.firstStep, lastError.code)];
}
