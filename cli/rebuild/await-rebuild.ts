import { differenceOf } from '../../lib/addresses/list-difference.ts';
import { readLists, type ZoneLists } from '../../lib/zones/zone-lists.ts';
import { pacedUntil, verifiedAt, type ZoneState } from '../../lib/zones/zone-state.ts';
import { ZoneStates } from '../../lib/zones/zone-states.ts';
import type { Surroundings } from '../command.ts';
import { duration } from '../moments.ts';
import type { Target } from '../target.ts';
import { askForReading, lastSeenAt } from './ask-for-reading.ts';
import type { AclResult } from './result.ts';

const READ_EVERY_MS = 500;

/** What is stored of an ACL's zones at one moment. */
interface Seen {
  readonly state: ZoneState;
  readonly lists: ZoneLists;
}

/**
 * Asks the zone function for a rebuild that reads every zone, and waits until what is stored says what came of one. The
 * functions' moments are only compared with each other, since this machine's clock may be wrong.
 * @param timeout seconds
 */
export async function awaitRebuild(
  acl: string,
  target: Pick<Target, 'config' | 'table'>,
  timeout: number,
  { clock, terminal, stop }: Pick<Surroundings, 'clock' | 'terminal' | 'stop'>,
): Promise<AclResult> {
  const zoneIds = target.config.acls[acl]?.zoneIds ?? [];
  const states = new ZoneStates(target.table);
  const end = clock.now() + timeout * 1000;
  const isOver = () => clock.now() > end || stop.aborted;
  const read = async (): Promise<Seen> => {
    const state = await states.get(acl);
    return { state, lists: await readLists(acl, zoneIds, state, states.items) };
  };
  terminal.note(`${acl}: asking for a rebuild, waiting for the result …`);
  // A rebuild that is under way may have read the zones already: what it finds is no answer to what is asked now.
  const underWay = await states.lease(acl, clock.now());
  while (underWay && !isOver() && (await states.lease(acl, clock.now()))?.owner === underWay.owner) {
    await clock.sleep(READ_EVERY_MS);
  }
  const before = await read();
  await askForReading(acl, 'operator', before.state, states, clock.now());
  for (;;) {
    const after = await read();
    const result = resultOf(acl, zoneIds, before, after);
    if (result) return result;
    if (isOver()) {
      const now = clock.now();
      const rests = Math.max(pacedUntil(after.state, now), await states.rest.until(now)) - now;
      const why = rests > 0 ? `; Okta is called again in ${duration(rests)}` : '';
      return { acl, outcome: 'unknown', zones: [], detail: `no result within ${timeout} s${why}` };
    }
    await clock.sleep(READ_EVERY_MS);
  }
}

/** @returns undefined while the zones are neither all seen to be right since then, nor anything is wrong with them */
function resultOf(acl: string, zoneIds: readonly string[], before: Seen, after: Seen): AclResult | undefined {
  const zones = zoneIds.map((zoneId) => {
    const [had = [], has = []] = [before.lists[zoneId]?.confirmed, after.lists[zoneId]?.confirmed];
    return { zoneId, gateways: has.length, ...differenceOf(had, has) };
  });
  const { lastError, confirmedPosition } = after.state;
  const areRight = (verifiedAt(after.state, zoneIds) ?? 0) > lastSeenAt(before.state);
  if (lastError && lastError.at !== before.state.lastError?.at) {
    const { code, detail } = lastError;
    if (code !== 'ZONE005') return { acl, outcome: 'failed', zones, code, detail };
    // That somebody waits outside says nothing of the zones that are still to be read.
    return areRight ? { acl, outcome: 'full', zones, code, detail } : undefined;
  }
  if (!areRight) return undefined;
  // Nothing is confirmed until the first event.
  return { acl, outcome: confirmedPosition === undefined ? 'untouched' : 'right', zones };
}
