import type { ErrorCode } from '../../lib/error-codes.ts';
import { type AclStatus, type GrantStatus, readAclStatus } from '../acl-status.ts';
import { type Command, chosenAcls } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { explain } from '../explain.ts';
import { type FlowFacts, flowText, troubleOfFlow } from '../flow.ts';
import { chosenBy, type GrantChoice } from '../grant-choice.ts';
import { letsIn } from '../history/who-was-in.ts';
import { lastAppliedAt } from '../last-applied.ts';
import { moment, rfc3339 } from '../moments.ts';
import { statusText } from '../status-text.ts';
import type { Target } from '../target.ts';
import { jsonText, type Paint, painter, type Terminal } from '../terminal.ts';

export interface StatusOptions extends GrantChoice {
  readonly acl?: readonly string[];
  readonly json: boolean;
  /** Seconds between two readings; undefined: one reading. */
  readonly watch?: number;
}

/** Who is let in, and how the zones stand, by what is stored. */
export const status: Command<StatusOptions> = async (target, options, here) => {
  const { terminal, clock, stop } = here;
  const acls = chosenAcls(target, options.acl);
  const chosen = chosenBy(options);
  const read = async (acl: string, now: number): Promise<AclStatus> => {
    const whole = await readAclStatus(target, acl, now);
    return chosen ? { ...whole, grants: whole.grants.filter(chosen) } : whole;
  };
  const show = async () => {
    const now = clock.now();
    const [statuses, flow] = await Promise.all([Promise.all(acls.map((acl) => read(acl, now))), readFlow(target)]);
    if (options.json) {
      const told = { counts: countsOf(statuses), events: flowJson(flow), acls: statuses };
      const answer = { target: target.name, at: rfc3339(now), ...told };
      // One line a reading for whoever reads along.
      terminal.out(jsonText(answer, options.watch === undefined ? 2 : undefined));
    } else {
      if (options.watch !== undefined) terminal.clear();
      // Of one person or IP nobody wants to read of ACLs that they are not in, unless a zone may still have them.
      const shown = chosen ? statuses.filter((one) => one.grants.length > 0 || isBehind(one, options.ip)) : statuses;
      terminal.out(page(target.name, flow, shown, now, terminal));
    }
  };
  const leave = options.watch !== undefined && !options.json ? terminal.openScreen() : () => {};
  try {
    await show();
    while (options.watch !== undefined && !stop.aborted && (await terminal.isRead())) {
      await clock.sleep(options.watch * 1000);
      if (stop.aborted) break;
      // Whoever watches wants to see when it is there again.
      await show().catch((error: unknown) => terminal.note(`${explain(error).message}; trying again`));
    }
  } finally {
    leave();
  }
  return EXIT.fine;
};

/** Whether somebody who has no grant may be in all the same. */
function isBehind({ standing, zones }: AclStatus, ip: string | undefined): boolean {
  return standing === 'failing' || zones.some(({ toRemove }) => ip !== undefined && letsIn(toRemove, ip));
}

/** How events come in, or why nobody can say: who is in is shown all the same. */
type Flow = { readonly facts: FlowFacts; readonly appliedAt: number | undefined } | { readonly unknown: string };

async function readFlow(target: Target): Promise<Flow> {
  try {
    const [facts, appliedAt] = await Promise.all([target.facts.flow(), lastAppliedAt(target)]);
    return { facts, appliedAt };
  } catch (error) {
    return { unknown: explain(error).message };
  }
}

function flowJson(flow: Flow): unknown {
  if ('unknown' in flow) return flow;
  const { since, acceptedAt, oldestAt, refused, accepted, waiting } = flow.facts;
  const moments = Object.entries({ since, acceptedAt, appliedAt: flow.appliedAt, oldestAt }).flatMap(([name, at]) =>
    at === undefined ? [] : [[name, rfc3339(at)] as const],
  );
  return {
    ...Object.fromEntries(moments),
    accepted,
    waiting,
    refused: refused.map(({ at, ...one }) => ({ ...one, at: rfc3339(at) })),
  };
}

function flowLine(flow: Flow, now: number, paint: Paint): string {
  if ('unknown' in flow) return `events  ${paint('yellow', `not known: ${flow.unknown}`)}`;
  const trouble = troubleOfFlow(flow.facts, flow.appliedAt, now);
  const text = flowText(flow.facts, flow.appliedAt, now);
  if (!trouble) return `events  ${text}`;
  const words = {
    'not applied': 'accepted, and not applied',
    'not applied yet': 'accepted, and not applied yet',
    refused: 'refused, and none is accepted',
    'partly refused': 'some are refused',
  }[trouble.kind];
  return `events  ${paint('red', words)}: ${text}\n  → \`npm run zone -- doctor\` says what to do`;
}

interface Counts {
  readonly in: number;
  /** For room in a zone. */
  readonly waiting: number;
  /** The zone does not show them yet. */
  readonly notYet: number;
}

function countsOf(statuses: readonly AclStatus[]): Counts {
  const grants = statuses.flatMap((status) => status.grants);
  const count = (inZone: GrantStatus['inZone']) => grants.filter((grant) => grant.inZone === inZone).length;
  return { in: count('yes'), waiting: count('waiting'), notYet: count('no') };
}

function countsText({ in: inside, waiting, notYet }: Counts): string {
  const parts = [`${inside} in`, waiting > 0 ? `${waiting} waiting` : '', notYet > 0 ? `${notYet} not yet` : ''];
  return parts.filter((part) => part !== '').join(', ');
}

function page(name: string, flow: Flow, statuses: readonly AclStatus[], now: number, terminal: Terminal): string {
  const paint = painter(terminal);
  const { timeZone } = terminal;
  const counts = countsText(countsOf(statuses));
  const title = `${paint('bold', counts)}  ${name}  ${paint('dim', moment(now, timeZone))}\n${flowLine(flow, now, paint)}`;
  // One cause stops many ACLs: what to do about it is told once.
  const told = new Set<ErrorCode>();
  return [title, ...statuses.map((one) => statusText(one, now, paint, timeZone, told))].join('\n\n');
}
