import { differenceOf } from '../../lib/addresses/list-difference.ts';
import { type Command, chosenAcls } from '../command.ts';
import { worst } from '../exit-codes.ts';
import { duration } from '../moments.ts';
import { awaitRebuild } from '../rebuild/await-rebuild.ts';
import { type AclResult, EXIT_OF, resultText } from '../rebuild/result.ts';
import { type Rehearsal, rehearse } from '../rehearsal/rehearse.ts';
import { jsonText, painter } from '../terminal.ts';

export interface VerifyOptions {
  readonly acl?: readonly string[];
  readonly dryRun: boolean;
  readonly json: boolean;
  /** Seconds to wait for the result. */
  readonly timeout: number;
}

/** Rebuilds zones now and waits for what comes of it; or says what a rebuild would change, and writes nothing. */
export const verify: Command<VerifyOptions> = async (target, { acl: named, dryRun, json, timeout }, here) => {
  const { terminal } = here;
  const results: AclResult[] = [];
  for (const acl of chosenAcls(target, named)) {
    if (dryRun) terminal.note(`${acl}: reading the grants and the zone …`);
    const result = dryRun
      ? rehearsed(await rehearse(acl, target, here))
      : await awaitRebuild(acl, target, timeout, here);
    results.push(result);
    if (!json) terminal.out(resultText(result, dryRun, painter(terminal)));
  }
  if (json) terminal.out(jsonText({ dryRun, acls: results }, 2));
  return worst(results.map(({ outcome }) => EXIT_OF[outcome]));
};

function rehearsed({ acl, hasEvents, zones: all, waiting, failure, restInMs }: Rehearsal): AclResult {
  const refusal = failure ?? all.find((zone) => zone.failure)?.failure;
  const read = all.filter(({ zone }) => zone);
  const zones = read.map(({ zoneId, current, desired }) => ({
    ...{ zoneId, gateways: current.length },
    ...differenceOf(current, desired),
  }));
  if (refusal) return { acl, outcome: 'failed', zones, code: refusal.code, detail: refusal.message };
  if (read.length < all.length) {
    const when = restInMs ? `; the rest can be read in ${duration(restInMs)}` : '';
    const detail = `${read.length} of ${all.length} zones were read, to spare Okta's quota${when}`;
    return { acl, outcome: 'unknown', zones, detail };
  }
  if (!hasEvents) return { acl, outcome: 'untouched', zones };
  const differs = zones.some(({ added, removed }) => added.length + removed.length > 0);
  if (waiting === 0) return { acl, outcome: differs ? 'differs' : 'right', zones };
  const detail = `${waiting} IPs fit into no zone of the ACL`;
  return { acl, outcome: 'full', zones, code: 'ZONE005', detail };
}
