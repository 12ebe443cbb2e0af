import { compare } from '../../lib/allowlist/compare.ts';
import { fetchList } from '../../lib/allowlist/fetch-list.ts';
import { listAddress } from '../../lib/allowlist/list-address.ts';
import { ListFailure } from '../../lib/allowlist/list-failure.ts';
import { parseList } from '../../lib/allowlist/parse-list.ts';
import { aclConfig } from '../../lib/config.ts';
import { GrantBook } from '../../lib/grants/grant-book.ts';
import { ListRecords, listAge } from '../../lib/list-record.ts';
import { listAgeLimitSeconds } from '../../lib/names.ts';
import { firstStep } from '../advice.ts';
import type { Surroundings } from '../command.ts';
import { entriesText } from '../list-status.ts';
import { duration } from '../moments.ts';
import type { Target } from '../target.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

/** Knocknoc's lists: each is read from here, as the allowlist function does it, and compared with the grants. */
export async function listLinks(acls: readonly string[], target: Target, here: Surroundings): Promise<Finding[]> {
  const listed = acls.filter((acl) => aclConfig(target.config, acl)?.allowlist);
  return Promise.all(listed.map((acl) => listLink(acl, target, here)));
}

async function listLink(acl: string, target: Target, { http, clock }: Surroundings): Promise<Finding> {
  const link = `allowlist (${acl})`;
  const settings = aclConfig(target.config, acl);
  if (!settings?.allowlist) return ok(link, 'no list is read');
  const now = clock.now();
  try {
    const address = listAddress((await target.allowlistSecret?.read())?.trim(), acl);
    const answer = await fetchList(http, address);
    if (answer.kind !== 'list')
      throw new ListFailure('LIST001', 'Knocknoc says "not modified", though nothing was asked for before');
    const { ips, skipped } = parseList(answer.body, target.config);
    // What cannot be used is what `status` tells of.
    const grants = await new GrantBook(target.table, target.config, { error: () => {} }).live(acl, now);
    const { ends, needs } = compare(ips, grants, { ...settings, ...settings.allowlist }, now);
    const has = new Set(grants.map(({ ip }) => ip));
    const without = needs.filter((ip) => !has.has(ip)).length;
    const left = Object.values(skipped).reduce((sum, count) => sum + count, 0);
    const detail = `${entriesText(ips.size)}${left > 0 ? ` (${left} left out)` : ''}; ${without} of them without a grant, grants too many: ${ends.length}`;
    const age = listAge(await new ListRecords(target.table).get(acl, now), now);
    const read =
      age === undefined ? 'never read by the function' : `last read ${duration(age * 1_000)} ago, to the minute`;
    if (age !== undefined && age < listAgeLimitSeconds([settings.allowlist.pollSeconds])) {
      return ok(link, `${detail}; ${read}`);
    }
    const mend = 'After a first deploy this takes up to two minutes. Else read docs/errors.md#list-not-read.';
    return warning(link, `${detail}; ${read}`, mend);
  } catch (error) {
    if (!(error instanceof ListFailure)) throw error;
    return failure(link, `${error.message} (asked from here)`, firstStep(error.code), error.code);
  }
}
