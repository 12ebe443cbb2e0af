import { aclConfig } from '../lib/config.ts';
import { ERRORS, type ErrorCode } from '../lib/error-codes.ts';
import type { Grant } from '../lib/grants/grant-items.ts';
import { RESERVED_GRANT_ID } from '../lib/grants/plausible.ts';
import type { Wake } from '../lib/grants/wake-item.ts';
import { ListRecords } from '../lib/list-record.ts';
import { rfc3339 } from './moments.ts';
import type { Target } from './target.ts';

/** Who says who is in: Knocknoc's list alone, senders of events alone, or both. */
export type FedBy = 'list' | 'events and list' | 'events';

/** How long a list is. */
export function entriesText(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}

/** How the reads of an ACL's list go, by what is stored. All moments RFC 3339. */
export interface ListStatus {
  readonly readAt?: string;
  readonly entries?: number;
  /** Entries that were left out. */
  readonly skipped?: number;
  /** Grants that wait for the next read before they end (`LIST005`). */
  readonly waiting?: number;
  readonly failure?: { readonly code: string; readonly name: string; readonly detail: string; readonly since: string };
}

/** @returns by whom the ACL is fed and, where that is a list, how it is */
export async function readListStatus(
  target: Pick<Target, 'config' | 'table'>,
  acl: string,
  grants: readonly Grant[],
  wake: Wake,
  now: number,
): Promise<{ readonly fedBy: FedBy; readonly list?: ListStatus }> {
  if (!aclConfig(target.config, acl)?.allowlist) return { fedBy: 'events' };
  const { readAt, entries, skipped, failure, held } = await new ListRecords(target.table).get(acl, now);
  const bySender = (id: string) => !id.startsWith(`${RESERVED_GRANT_ID}-`);
  const hasEvents =
    grants.some(({ grantId }) => grantId !== RESERVED_GRANT_ID) ||
    (wake.events?.recent ?? []).some(([, webhookId]) => bySender(webhookId));
  return {
    fedBy: hasEvents ? 'events and list' : 'list',
    list: {
      ...(readAt !== undefined && { readAt: rfc3339(readAt) }),
      ...(entries !== undefined && { entries }),
      ...(skipped !== undefined && skipped > 0 && { skipped }),
      ...(held && { waiting: held.names.length }),
      ...(failure && {
        failure: {
          ...{ code: failure.code, name: nameOf(failure.code) },
          ...{ detail: failure.detail, since: rfc3339(failure.since) },
        },
      }),
    },
  };
}

function nameOf(code: string): string {
  return isCode(code) ? ERRORS[code].name : 'unknown';
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
