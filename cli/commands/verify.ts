import { differenceOf } from '../../lib/addresses/list-difference.ts';
import type { ErrorCode } from '../../lib/error-codes.ts';
import type { KnownLists } from '../../lib/zones/zone-lists.ts';
import { type ZoneState, ZoneStates } from '../../lib/zones/zone-state.ts';
import { firstStep, sectionOf, titleOf } from '../advice.ts';
import { type Command, chosenAcls, type Surroundings } from '../command.ts';
import { EXIT, type ExitCode, worst } from '../exit-codes.ts';
import { duration } from '../moments.ts';
import { type Rehearsal, rehearse } from '../rehearsal.ts';
import type { Target } from '../target.ts';
import { harmless, type Paint, painter } from '../terminal.ts';

export interface VerifyOptions {
  readonly acl?: readonly string[];
  readonly dryRun: boolean;
  readonly json: boolean;
  /** Seconds to wait for the result. */
  readonly timeout: number;
}

const READ_EVERY_MS = 500;

interface ZoneChange {
  readonly zoneId: string;
  readonly gateways: number;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** What became of one ACL: of a rebuild, or of its rehearsal. */
interface AclResult {
  readonly acl: string;
  /** `right`: Okta has what it must have. `differs`: a rehearsal found that it has not. `unknown`: no result in time. */
  readonly outcome: 'right' | 'differs' | 'full' | 'failed' | 'unknown' | 'untouched';
  readonly zones: readonly ZoneChange[];
  readonly code?: ErrorCode;
  readonly detail?: string;
}

const EXIT_OF: Readonly<Record<AclResult['outcome'], ExitCode>> = {
  right: EXIT.fine,
  untouched: EXIT.fine,
  differs: EXIT.warning,
  full: EXIT.warning,
  failed: EXIT.failure,
  unknown: EXIT.failure,
};

/** Rebuilds zones now and waits for what comes of it; or says what a rebuild would change, and writes nothing. */
export const verify: Command<VerifyOptions> = async (target, options, here) => {
  const { terminal } = here;
  const acls = chosenAcls(target, options.acl);
  const results: AclResult[] = [];
  for (const acl of acls) {
    if (options.dryRun) {
      terminal.note(`${acl}: reading the grants and the zone …`);
      results.push(rehearsed(await rehearse(acl, target, here)));
    } else {
      results.push(await rebuilt(acl, target, options.timeout, here));
    }
    const last = results.at(-1);
    if (!options.json && last) terminal.out(textOf(last, options, painter(terminal)));
  }
  if (options.json) terminal.out(JSON.stringify({ dryRun: options.dryRun, acls: results }, undefined, 2));
  return worst(results.map(({ outcome }) => EXIT_OF[outcome]));
};

function rehearsed({ acl, adopted, zones, waiting, failure }: Rehearsal): AclResult {
  const own = failure ?? zones.find((zone) => zone.failure)?.failure;
  const changes = zones.map(({ zoneId, current, desired }) => ({
    ...{ zoneId, gateways: current.length },
    ...differenceOf(current, desired),
  }));
  if (own) return { acl, outcome: 'failed', zones: changes, code: own.code, detail: own.message };
  if (!adopted) return { acl, outcome: 'untouched', zones: changes };
  const differs = changes.some(({ added, removed }) => added.length + removed.length > 0);
  if (waiting.length === 0) return { acl, outcome: differs ? 'differs' : 'right', zones: changes };
  const detail = `${waiting.length} IPs fit into no zone of the ACL`;
  return { acl, outcome: 'full', zones: changes, code: 'ZONE005', detail };
}

/**
 * Asks the zone function for a rebuild and waits until the state of the zones says what came of one.
 * Moments are only compared with each other, since this machine's clock may be wrong.
 */
async function rebuilt(acl: string, target: Target, timeout: number, here: Surroundings): Promise<AclResult> {
  const { clock, terminal } = here;
  const states = new ZoneStates(target.table);
  const before = await seen(acl, states);
  await states.requestRebuild(acl, 'operator', clock.now());
  terminal.note(`${acl}: asked for a rebuild, waiting for the result …`);
  const end = clock.now() + timeout * 1000;
  for (;;) {
    const { state, lists } = await seen(acl, states);
    const result = resultOf(acl, target, before, { state, lists });
    if (result) return result;
    if (clock.now() > end || here.stop.aborted) {
      const rests = Math.max(state.notBefore ?? 0, await states.rest.until(clock.now())) - clock.now();
      const why = rests > 0 ? `; Okta is called again in ${duration(rests)}` : '';
      return { acl, outcome: 'unknown', zones: [], detail: `no result within ${timeout} s${why}` };
    }
    await clock.sleep(READ_EVERY_MS);
  }
}

interface Seen {
  readonly state: ZoneState;
  readonly lists: KnownLists;
}

async function seen(acl: string, states: ZoneStates): Promise<Seen> {
  const state = await states.get(acl);
  return { state, lists: (await states.lists(acl, state)).known() };
}

function resultOf(acl: string, target: Target, before: Seen, { state: after, lists }: Seen): AclResult | undefined {
  const zoneIds = target.config.acls[acl]?.zoneIds ?? [];
  const zones = zoneIds.map((zoneId) => {
    const [had = [], has = []] = [before.lists[zoneId]?.written, lists[zoneId]?.written];
    return { zoneId, gateways: has.length, ...differenceOf(had, has) };
  });
  const error = after.lastError;
  const isRight = after.verifiedAt !== before.state.verifiedAt;
  if (error && error.at !== before.state.lastError?.at) {
    return { acl, outcome: isRight ? 'full' : 'failed', zones, code: error.code, detail: error.detail };
  }
  if (!isRight) return undefined;
  // Nothing is remembered of the lists until the first event.
  return { acl, outcome: after.confirmedPosition === undefined ? 'untouched' : 'right', zones };
}

function textOf(result: AclResult, { dryRun }: VerifyOptions, paint: Paint): string {
  const { acl, outcome, zones, code, detail = '' } = result;
  const name = paint('bold', acl);
  if (outcome === 'unknown') return `${paint('red', '✘')} ${name}: ${detail}\n  → npm run zone -- doctor`;
  const lines = zones.map((zone) => zoneText(zone, outcome, dryRun));
  if (outcome === 'failed') lines.length = 0;
  if (code) {
    const sign = outcome === 'failed' ? paint('red', '✘') : paint('yellow', '!');
    const first = `${sign} ${name}: ${titleOf(code)}: ${harmless(detail)}`;
    return [first, ...lines, `  → ${firstStep(code)} (${sectionOf(code)})`].join('\n');
  }
  const words = {
    right: dryRun ? 'nothing would be written' : 'the zone is right',
    differs: 'a rebuild would write',
    untouched: 'no event yet: its zones are only read',
  };
  const sign = outcome === 'differs' ? paint('yellow', '!') : paint('green', '✔');
  return [`${sign} ${name}: ${words[outcome as keyof typeof words]}`, ...lines].join('\n');
}

function zoneText({ zoneId, gateways, added, removed }: ZoneChange, outcome: string, dryRun: boolean): string {
  const changes = [...added.map((entry) => `    + ${entry}`), ...removed.map((entry) => `    - ${entry}`)];
  const now =
    outcome === 'untouched' && !dryRun
      ? ''
      : `  ${gateways} ${gateways === 1 ? 'gateway' : 'gateways'}${dryRun ? ' now' : ''}`;
  return [`  zone ${zoneId}${now}`, ...changes].join('\n');
}
