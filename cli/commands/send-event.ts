import { GrantBook } from '../../lib/grants/grant-book.ts';
import { CliFailure } from '../cli-failure.ts';
import { type Command, chosenAcl, type Surroundings } from '../command.ts';
import { confirm } from '../confirm.ts';
import { deliver, outcomeOf } from '../deliver.ts';
import { type Asked, type Told, toldOfOutcome, toldOfPost } from '../event-words.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { AT_RECEIPT, ownSender } from '../own-sender.ts';
import { fieldsOf } from '../problem.ts';
import type { Target } from '../target.ts';
import { harmless, jsonText, type Paint, painter } from '../terminal.ts';
import { NoAnswer } from '../webhook-client.ts';

export interface SendOptions {
  readonly acl?: string;
  readonly json: boolean;
  /** Seconds to wait for the zone; undefined: not at all. */
  readonly wait?: number;
}

export interface GrantOptions extends SendOptions {
  readonly ip: string;
  readonly durationSeconds?: number;
  readonly grantId?: string;
  readonly user?: string;
}

export type RevokeOptions = SendOptions & Pick<GrantOptions, 'ip' | 'grantId'>;

export interface FlushOptions extends SendOptions {
  readonly yes: boolean;
}

/** Lets an IP in, as Knocknoc does: by a signed event through the front door. */
export const grant: Command<GrantOptions> = (target, options, here) => {
  const { ip, durationSeconds, grantId, user } = options;
  return send({ command: 'grant', ip, durationSeconds, grantId, user }, target, options, here);
};

/** Ends one grant, or all on an IP. */
export const revoke: Command<RevokeOptions> = (target, options, here) => {
  const { ip, grantId } = options;
  return send({ command: 'revoke', ip, grantId }, target, options, here);
};

/** Ends every grant of an ACL. */
export const flush: Command<FlushOptions> = async (target, options, here) => {
  const acl = chosenAcl(target, options.acl);
  if (!options.yes) {
    // What cannot be used lets nobody in and is not counted; `status` names it.
    const book = new GrantBook(target.table, target.config, { error: () => {} });
    const grants = here.terminal.canAsk ? await book.live(acl, here.clock.now()) : [];
    await confirm(`End every grant of ${acl} (${grants.length} now)? Everybody loses access.`, false, here.terminal);
  }
  return send({ command: 'flush' }, target, options, here);
};

const TYPES = { grant: 'access.granted', revoke: 'access.revoked', flush: 'access.flushed' } as const;

type Wanted = Pick<Asked, 'command' | 'ip' | 'grantId'> & {
  readonly durationSeconds?: number | undefined;
  readonly user?: string | undefined;
};

async function send(wanted: Wanted, target: Target, options: SendOptions, here: Surroundings): Promise<ExitCode> {
  const { clock, terminal } = here;
  const { command, ...data } = wanted;
  const acl = chosenAcl(target, options.acl);
  const { maxGrantMinutes = Infinity, allowlist } = target.config.acls[acl] ?? {};
  if ((data.durationSeconds ?? 0) > maxGrantMinutes * 60) {
    terminal.note(`It ends after ${maxGrantMinutes} minutes: ${acl} takes no longer grants (maxGrantMinutes).`);
  }
  if (command !== 'grant' && allowlist) {
    terminal.note(`${acl} follows Knocknoc's list: whoever is still on it in 30 s returns. Log them out there, too.`);
  }
  const endpoint = await ownSender(target, acl);
  const delivery = { endpoint, clock, id: `zone_${here.newId()}` };
  const event = { type: TYPES[command], timestamp: AT_RECEIPT, data: { acl, ...data } };
  const posted = await deliver(event, delivery).catch((error: unknown) => {
    if (!(error instanceof NoAnswer)) throw error;
    const advice = 'It may be stored or not. Run the command again: to send an event twice does no harm.';
    throw new CliFailure(`the webhook does not answer: ${harmless(error.message)}`, advice, { cause: error });
  });
  let told = toldOfPost(posted);
  let last = posted;
  if (told.exit === EXIT.fine && options.wait !== undefined) {
    terminal.note(`accepted; asking for up to ${options.wait} s what becomes of it …`);
    const outcome = await outcomeOf(posted, options.wait, delivery);
    told = toldOfOutcome(outcome, { ...wanted, waited: options.wait });
    last = outcome ?? posted;
  }
  // One document, as if one answer had said it all.
  const body = { ...(posted.status === 202 && fieldsOf(posted.body)), ...fieldsOf(last.body) };
  if (options.json) terminal.out(jsonText({ status: last.status, body }, 2));
  else terminal.out(textOf(told, posted.status === 202 ? fieldsOf(posted.body) : {}, painter(terminal)));
  return told.exit;
}

function textOf({ exit, line, advice }: Told, accepted: Readonly<Record<string, unknown>>, paint: Paint): string {
  const sign =
    exit === EXIT.fine ? paint('green', '✔') : exit === EXIT.warning ? paint('yellow', '!') : paint('red', '✘');
  const { expiresAt, id } = accepted;
  const facts = [
    ...(expiresAt === undefined ? [] : [`ends ${harmless(String(expiresAt))}`]),
    ...(id === undefined ? [] : [`event ${harmless(String(id))}`]),
  ].join(', ');
  return [
    `${sign} ${line}`,
    ...(facts === '' ? [] : [`  ${facts}`]),
    ...(advice === undefined ? [] : [`  → ${advice}`]),
  ].join('\n');
}
