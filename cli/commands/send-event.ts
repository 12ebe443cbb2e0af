import { GrantBook } from '../../lib/grants/grant-book.ts';
import { CliFailure } from '../cli-failure.ts';
import { type Command, chosenAcl, type Surroundings } from '../command.ts';
import { confirm } from '../confirm.ts';
import { deliver, outcomeOf } from '../deliver.ts';
import { type Asked, EVENT_TYPES, type Told, toldOfOutcome, toldOfPost } from '../event-words.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { hostOf } from '../grant-choice.ts';
import { AT_RECEIPT, ownSender } from '../own-sender.ts';
import { fieldsOf } from '../problem.ts';
import type { Target } from '../target.ts';
import { harmless, jsonText, type Paint, painter, type Terminal } from '../terminal.ts';
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
  return sendAndShow({ command: 'grant', ip, durationSeconds, grantId, user }, target, options, here);
};

/** Ends one grant, or all on an IP. */
export const revoke: Command<RevokeOptions> = (target, options, here) => {
  const { ip, grantId } = options;
  return sendAndShow({ command: 'revoke', ip, grantId }, target, options, here);
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
  return sendAndShow({ command: 'flush' }, target, options, here);
};

type Wanted = Pick<Asked, 'command' | 'ip' | 'grantId'> & {
  readonly durationSeconds?: number | undefined;
  readonly user?: string | undefined;
};

/** What became of an event: the last answer, with what the first one said, as if one had said it all. */
export interface Sent {
  readonly told: Told;
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** What the answer that accepted it said. */
  readonly accepted: Readonly<Record<string, unknown>>;
}

async function sendAndShow(
  wanted: Wanted,
  target: Target,
  options: SendOptions,
  here: Surroundings,
): Promise<ExitCode> {
  const sent = await send(wanted, target, options, here);
  if (options.json) here.terminal.out(jsonText({ status: sent.status, body: sent.body }, 2));
  else showSent(sent, here.terminal);
  return sent.told.exit;
}

/** Sends an event as Knocknoc does, and waits for what becomes of it where that is asked for. @throws {CliFailure} */
export async function send(wanted: Wanted, target: Target, options: SendOptions, here: Surroundings): Promise<Sent> {
  const { clock, terminal, stop } = here;
  const { command, ...data } = wanted;
  const acl = chosenAcl(target, options.acl);
  // What is no address at all is a slip of whoever types, and no event.
  if (data.ip !== undefined) hostOf(data.ip, data.ip);
  const { maxGrantMinutes = Infinity, allowlist } = target.config.acls[acl] ?? {};
  if ((data.durationSeconds ?? 0) > maxGrantMinutes * 60) {
    terminal.note(`It ends after ${maxGrantMinutes} minutes: ${acl} takes no longer grants (maxGrantMinutes).`);
  }
  if (command !== 'grant' && allowlist) {
    terminal.note(`${acl} follows Knocknoc's list: whoever is still on it in 30 s returns. Log them out there, too.`);
  }
  const endpoint = await ownSender(target, acl);
  const delivery = { endpoint, clock, stop, id: `zone_${here.newId()}` };
  const event = { type: EVENT_TYPES[command], timestamp: AT_RECEIPT, data: { acl, ...data } };
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
  const accepted = posted.status === 202 ? fieldsOf(posted.body) : {};
  return { told, status: last.status, body: { ...accepted, ...fieldsOf(last.body) }, accepted };
}

/** For a person to read. */
export function showSent({ told, accepted }: Sent, terminal: Terminal): void {
  terminal.out(textOf(told, accepted, painter(terminal)));
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
