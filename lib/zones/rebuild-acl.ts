import { aclConfig } from '../config.ts';
import { armWakeUp } from './wake-up.ts';
import { type SyncDeps, type ZonePass, zonePass } from './zone-pass.ts';
import { LeaseLost } from './zone-state.ts';

/** The lease outlives the function's time by this much: two clocks may differ. */
const LEASE_MARGIN_MS = 5_000;
/** A longer pause than this is left to a timer message: it would hold up the stream. */
const LONGEST_SLEEP_MS = 3_000;
/** A pass is only begun with this much time left: one read, one write, and saving. */
const TIME_FOR_A_PASS_MS = 20_000;

/**
 * Makes an ACL's zones equal to its live grants: whatever happened, look at both and write what differs.
 * An Okta failure is recorded and reported, and does not reject; trouble with the table does.
 * @param deadline when the function's time is over, in milliseconds since the epoch
 */
export async function syncAcl(acl: string, deps: SyncDeps, deadline: number): Promise<void> {
  const settings = aclConfig(deps.config, acl);
  if (!settings) {
    deps.telemetry.info('no such ACL is configured any more; its zones are left as they are', { acl });
    return;
  }
  const owner = deps.newId();
  const lease = await deps.states.acquire(acl, owner, deps.clock.now(), deadline + LEASE_MARGIN_MS);
  if (!lease.taken) {
    // The mark is enough as long as the holder lives; the message is for when it does not. One is enough,
    // however many find the lease taken.
    const wakeAt = await armWakeUp(acl, lease.state, lease.until, deps);
    if (wakeAt !== lease.state.wakeAt) await deps.states.noteWake(acl, wakeAt);
    return;
  }
  try {
    let { state } = lease;
    while (!(await runOnce({ acl, settings, owner, state, deadline }, deps))) state = await deps.states.get(acl);
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
    deps.telemetry.warn('the lease was lost; its new holder rebuilds the zone', { acl });
  }
}

/** @returns whether the lease was let go; otherwise there is news to look at */
async function runOnce(pass: ZonePass, deps: SyncDeps): Promise<boolean> {
  const { acl, owner, state, deadline } = pass;
  const { clock, states } = deps;
  const dueAt = Math.max(state.notBefore ?? 0, await states.rest.until(clock.now()));
  const wait = Math.max(0, dueAt - clock.now());
  if (wait > LONGEST_SLEEP_MS || clock.now() + wait + TIME_FOR_A_PASS_MS > deadline) {
    const wakeAt = await armWakeUp(acl, state, clock.now() + wait, deps);
    return states.release(acl, owner, { set: { needsSync: true, wakeAt } }, state.news);
  }
  if (wait > 0) await clock.sleep(wait);
  return states.release(acl, owner, await zonePass(pass, deps), state.news);
}
