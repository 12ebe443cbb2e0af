import { aclConfig } from '../config.ts';
import { configHash } from './config-hash.ts';
import { type ReadingRules, readingIsDue } from './reading-is-due.ts';
import type { RebuildDeps, Run } from './rebuild-acl.ts';
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
  const { left, ...memory } = state.zones[zoneId] ?? {};
  const isKnown = isUndisturbed && !readingIsDue(memory, due, now);
  const stored = await (isKnown ? states.items.known(zoneId, acl) : states.items.get(zoneId));
  const isNew = state.configHash !== undefined && state.configHash !== ownHash;
  const doubtUntil = isNew ? Math.max(memory.doubtUntil ?? 0, now + OLD_RUNS_MS) : memory.doubtUntil;
  const view = viewOf(zoneId, stored, doubtUntil === undefined ? memory : { ...memory, doubtUntil }, acl, now);
  if (stored === 'unreadable') {
    const detail = `what is stored of zone ${zoneId} can't be read; it is found out anew`;
    telemetry.error('STORE002', detail, { acl, zoneId });
    // Any of the others may have had the zone until now.
    const others = Object.keys(deps.config.acls).filter((other) => other !== acl);
    return { ...view, ...(await heldBy(others, now, deps)) };
  }
  // Nobody has looked after a zone that was in no configuration: what it has now is not relied on before it is read.
  if (left && !view.unsure) return { ...view, has: undefined, unsure: true };
  if (stored === 'none' || stored.owner === acl) return view;
  const held = await heldBy([stored.owner], now, deps);
  const other = await states.get(stored.owner);
  // What that ACL has confirmed, it has told of too.
  const write = Math.max(view.memory.write ?? 0, other.zones[zoneId]?.write ?? 0);
  return { ...view, ...held, memory: { ...view.memory, ...(write > 0 && { write }) } };
}

/**
 * Until when a zone is left to rebuilds of other ACLs. Whoever knows that it is this ACL's now does not touch it, and an ACL
 * with much to do is always at work.
 */
async function heldBy(acls: readonly string[], now: number, { config, states }: RebuildDeps) {
  const leases = await Promise.all(
    acls.map(async (acl) => {
      const settings = aclConfig(config, acl);
      const lease = await states.lease(acl, now);
      return lease && lease.configHash !== (settings && configHash(config, settings)) ? [lease.until] : [];
    }),
  );
  const until = leases.flat();
  return until.length > 0 ? { heldUntil: Math.max(...until) } : {};
}
