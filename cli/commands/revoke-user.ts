import { GrantBook } from '../../lib/grants/grant-book.ts';
import type { Grant } from '../../lib/grants/grant-items.ts';
import { CliFailure } from '../cli-failure.ts';
import { type Command, chosenAcls } from '../command.ts';
import { confirm } from '../confirm.ts';
import { EXIT, type ExitCode, worst } from '../exit-codes.ts';
import { explain } from '../explain.ts';
import { chosenBy } from '../grant-choice.ts';
import type { Target } from '../target.ts';
import { harmless, jsonText } from '../terminal.ts';
import { type SendOptions, send, showSent } from './send-event.ts';

export interface RevokeUserOptions extends SendOptions {
  readonly user: string;
  readonly yes: boolean;
}

/** One revoke, and whom it ends. */
interface Revoke {
  readonly acl: string;
  readonly ip: string;
  /** Undefined: every grant on the IP. */
  readonly grantId?: string;
  /** Of others, on the same IP. */
  readonly others: readonly Grant[];
}

/** Ends every grant of a person, in one ACL or all; shows them and asks first. Tries each, whatever becomes of the others. */
export const revokeUser: Command<RevokeUserOptions> = async (target, options, here) => {
  const { terminal } = here;
  const { user, json, yes, ...rest } = options;
  const revokes: Revoke[] = [];
  for (const acl of chosenAcls(target, options.acl === undefined ? undefined : [options.acl])) {
    revokes.push(...(await revokesOf(user, acl, target, here.clock.now())));
  }
  const name = harmless(user);
  if (revokes.length === 0) {
    terminal.note(`${name} has no live grant; those that Knocknoc's list gives have no name`);
    if (json) terminal.out(jsonText({ user, revokes: [] }, 2));
    return EXIT.warning;
  }
  for (const revoke of revokes) terminal.note(lineOf(revoke));
  await confirm(`End ${revokes.length === 1 ? 'this' : `these ${revokes.length}`} of ${name}?`, yes, terminal);
  const told: object[] = [];
  const exits: ExitCode[] = [];
  for (const { acl, ip, grantId } of revokes) {
    // One that fails must not leave the person in elsewhere.
    try {
      if (here.stop.aborted) throw new CliFailure('not sent', undefined, { exitCode: EXIT.interrupted });
      const sent = await send({ command: 'revoke', ip, grantId }, target, { ...rest, acl, json }, here);
      exits.push(sent.told.exit);
      told.push({ acl, ip, grantId, status: sent.status, body: sent.body });
      if (!json) showSent(sent, terminal);
    } catch (error) {
      const { message, advice, exitCode } = explain(error);
      exits.push(exitCode);
      told.push({ acl, ip, grantId, error: { message, advice, exitCode } });
      terminal.note(`✘ ${acl}  ${ip}: ${message}${advice === undefined ? '' : `\n  → ${advice}`}`);
    }
  }
  if (json) terminal.out(jsonText({ user, revokes: told }, 2));
  return worst(exits);
};

async function revokesOf(user: string, acl: string, target: Target, now: number): Promise<Revoke[]> {
  const grants = await new GrantBook(target.table, target.config, { error: () => {} }).live(acl, now);
  const isTheirs = chosenBy({ user }) ?? (() => false);
  const byIp = Map.groupBy(grants.filter(isTheirs), ({ ip }) => ip);
  return [...byIp].flatMap(([ip, theirs]): Revoke[] => {
    const ids = theirs.flatMap(({ grantId }) => grantId ?? []);
    // A grant without an id can only be ended with all that are on its IP.
    if (ids.length === theirs.length) return ids.map((grantId) => ({ acl, ip, grantId, others: [] }));
    return [{ acl, ip, others: grants.filter((grant) => grant.ip === ip && !isTheirs(grant)) }];
  });
}

function lineOf({ acl, ip, grantId, others }: Revoke): string {
  const names = others.map((other) => harmless(other.user ?? other.grantId ?? 'somebody'));
  const more = names.length === 0 ? '' : `\n  ! it ends those of others on this IP too: ${names.join(', ')}`;
  return `  ${acl}  ${ip}${grantId === undefined ? '' : `  ${harmless(grantId)}`}${more}`;
}
