import { aclConfig, type Config } from '../config.ts';
import { configHash } from './config-hash.ts';
import { type ReadingRules, readingIsDue } from './reading-is-due.ts';
import type { RebuildDeps, Run } from './rebuild-acl.ts';
import type { Lease } from './zone-state.ts';
import { viewOf, type ZoneView } from './zone-view.ts';

/** After a change of the configuration an older run may still be writing for this long. */
const OLD_RUNS_MS = 120_000;

/** What a rebuild knows of a zone when it begins, from what is stored of it. */
export async function firstView(
  zoneId: string,
  { acl, state, isUndisturbed, configHash: ownHash }: Run,
  due: ReadingRules,
  deps: RebuildDeps,
): Promise<ZoneView> {
  const { clock, states, telemetry } = deps;
  const now = clock.now();
  const memory = state.zones[zoneId] ?? {};
  const isKnown = isUndisturbed && !readingIsDue(memory, due, now);
  const stored = await (isKnown ? states.items.known(zoneId, acl) : states.items.get(zoneId));
  const isNew = state.configHash !== undefined && state.configHash !== ownHash;
  const doubtUntil = isNew ? Math.max(memory.doubtUntil ?? 0, now + OLD_RUNS_MS) : memory.doubtUntil;
  const found = viewOf(zoneId, stored, doubtUntil === undefined ? memory : { ...memory, doubtUntil }, acl, now);
  // Nobody has looked after a zone that the configuration did not have: what it has is not relied on before it is read.
  const view = memory.away ? unknown(found) : found;
  if (stored === 'unreadable') {
    const detail = `what is stored of zone ${zoneId} can't be read; it is found out anew`;
    telemetry.error('STORE002', detail, { acl, zoneId });
    // Any of the others may have had the zone until now.
    const others = Object.keys(deps.config.acls).filter((other) => other !== acl);
    const leases = others.map(async (other) => heldUntil(other, await states.lease(other, now), deps.config));
    return { ...view, ...latest(await Promise.all(leases)) };
  }
  if (stored === 'none' || stored.owner === acl) return view;
  const { state: other, lease } = await states.peek(stored.owner, now);
  const { write: confirmed = 0, doubted, trouble, away } = other.zones[zoneId] ?? {};
  // What that ACL has confirmed, it has told of too.
  const write = Math.max(view.memory.write ?? 0, confirmed);
  const known = { ...view, memory: { ...view.memory, ...(write > 0 && { write }) } };
  // What that one doubts, or has not looked after, is to be read once. Until then it is remembered as such.
  const isDoubtful = state.zones[zoneId] === undefined && (doubted || trouble !== undefined || away);
  const judged = isDoubtful ? unknown({ ...known, memory: { ...known.memory, away: true } }) : known;
  return { ...judged, ...latest([heldUntil(stored.owner, lease, deps.config)]) };
}

/** A zone that no other one relies on until Okta has shown it. */
function unknown(view: ZoneView): ZoneView {
  return { ...view, has: undefined, unsure: true };
}

/**
 * Until when a zone is left to another ACL's rebuild. Whoever knows that it is this ACL's now does not touch it, and an ACL
 * with much to do is always at work.
 */
function heldUntil(acl: string, lease: Lease | undefined, config: Config): number | undefined {
  const settings = aclConfig(config, acl);
  return lease?.configHash === (settings && configHash(config, settings)) ? undefined : lease?.until;
}

function latest(moments: readonly (number | undefined)[]): Pick<ZoneView, 'heldUntil'> {
  const held = moments.filter((moment) => moment !== undefined);
  return held.length > 0 ? { heldUntil: Math.max(...held) } : {};
}
