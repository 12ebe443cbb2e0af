import * as v from 'valibot';
import { SEEN_ITEM } from '../names.ts';
import type { Item, Table, Write } from '../ports.ts';
import type { EventFacts, EventResult, Overtaker } from './event-result.ts';
import { type EndedGrant, endedGrant, NOT_OVER } from './grant-items.ts';
import { type GuardedWrites, seenGuard } from './guarded-write.ts';
import { inParallel } from './in-parallel.ts';
import type { QueuedEvent } from './queue-message.ts';
import { endedKey } from './seen-event.ts';

/** A transaction holds 100 writes: so many grants, who they were, and that the event was applied. */
const MOST_ROWS = 98;
/** Transactions under way at once. */
const PARALLEL = 4;

/** What one flush, or revoke of a whole IP, has to end. */
export interface Ending extends EventFacts {
  readonly event: QueuedEvent;
  /** A later one of its kind stands already. */
  readonly overtakenBy: Overtaker | undefined;
  /** Reads what it covers, as it is now. */
  readonly covered: () => Promise<Covered>;
}

export interface Covered {
  readonly rows: readonly Item[];
  /** A live grant is there that is later than the event. */
  readonly isLaterLive: boolean;
}

/** The grants that an event has ended, and how many of them were live. */
interface Ended {
  readonly grants: readonly EndedGrant[];
  readonly count: number;
}

/**
 * Removes all that an event covers, and remembers with the last of it that the event was applied and how many grants it has
 * ended. What does not fit into one transaction goes first in parts. Each remembers who they were, so that whatever
 * becomes of this try, the next knows whom this one has ended:
 *
 *     first try   ── part (98 grants, and who they were) ── part ── dies
 *     second try                                               ── adds what stands there ── the rest, and that it was applied
 *
 * @returns `standing`: the event was applied before
 */
export async function endCovered(
  ending: Ending,
  table: Table,
  guarded: GuardedWrites,
  tell: (ended: readonly EndedGrant[]) => void,
): Promise<EventResult | { readonly standing: Item }> {
  const { event, seen, latest, isLive } = ending;
  const earlier = await endedBefore(event, table);
  tell(earlier.grants);
  let before = earlier.count;
  const count = (part: readonly Item[]) => {
    tell(part.map(endedGrant));
    before += part.filter(isLive).length;
  };
  for (;;) {
    const { rows, isLaterLive } = await ending.covered();
    const last = rows.slice(0, MOST_ROWS);
    if (!(await endParts(rows.slice(MOST_ROWS), ending, table, count))) continue;
    const ended = before + last.filter(isLive).length;
    const overtakenBy = isLaterLive ? 'later grants' : ending.overtakenBy;
    const overtaken = overtakenBy !== undefined && { overtakenBy };
    const guard = seenGuard({ ...seen, ended, ...overtaken });
    const against = await guarded.write([...whoTheyWere(last, ending), ...last.map(removal)], [guard], latest);
    if (!against) {
      tell(last.map(endedGrant));
      return { kind: 'applied', ended, ...overtaken };
    }
    if ('row' in against) return { standing: against.row };
    // Some have ended meanwhile, by themselves: what is left is read again.
  }
}

/**
 * Also where one of them fails, those beside it are done and told of.
 * @returns whether all are ended; if not, some have changed since they were read
 */
async function endParts(
  rows: readonly Item[],
  ending: Ending,
  table: Table,
  count: (part: readonly Item[]) => void,
): Promise<boolean> {
  const parts: (readonly Item[])[] = [];
  let areEnded = true;
  for (let at = 0; at < rows.length; at += MOST_ROWS) parts.push(rows.slice(at, at + MOST_ROWS));
  await inParallel(
    parts,
    async (part) => {
      if (await isEnded(part, ending, table)) count(part);
      else areEnded = false;
    },
    PARALLEL,
  );
  return areEnded;
}

/** @returns whether it is; if not, one of the rows has changed since it was read, and none was removed */
async function isEnded(part: readonly Item[], ending: Ending, table: Table): Promise<boolean> {
  const { written } = await table.write([...whoTheyWere(part, ending), ...part.map(removal)]);
  return written;
}

function whoTheyWere(part: readonly Item[], { event, ttl, isLive }: Ending): Write[] {
  const [first] = part;
  if (!first) return [];
  const grants = part.map((row) => ({ ...endedGrant(row) }));
  return [{ put: { ...endedKey(event, first.item), ended: part.filter(isLive).length, grants, ttl } }];
}

const grantsSchema = v.array(
  v.object({
    acl: v.string(),
    item: v.exactOptional(v.string()),
    ip: v.exactOptional(v.string()),
    grantId: v.exactOptional(v.string()),
    user: v.exactOptional(v.string()),
    expiresAt: v.exactOptional(v.number()),
  }),
);

/** What earlier tries of an event have ended, if not all of it. */
export async function endedBefore({ acl, webhookId }: QueuedEvent, table: Table): Promise<Ended> {
  const grants: EndedGrant[] = [];
  let count = 0;
  const { acl: partition } = endedKey({ acl, webhookId }, '');
  for await (const page of table.queryPrefix(partition, SEEN_ITEM.ended)) {
    for (const part of page) {
      count += typeof part.ended === 'number' ? part.ended : 0;
      const parsed = v.safeParse(grantsSchema, part.grants);
      if (parsed.success) grants.push(...parsed.output);
    }
  }
  return { grants, count };
}

/** Only as it was read: whoever has changed it since is counted by what it is now. One that is over goes by itself. */
function removal({ acl, item, order, expiresAt }: Item): Write {
  const when = [{ attribute: 'order', equals: String(order) } as const, NOT_OVER];
  const isMoment = typeof expiresAt === 'number';
  return { remove: { acl, item }, when: isMoment ? [...when, { attribute: 'expiresAt', equals: expiresAt }] : when };
}
