import { GrantBook } from '../../lib/grants/grant-book.ts';
import { keyFor, parseWebhookSecret } from '../../lib/webhook/webhook-secret.ts';
import { firstStep, sectionOf } from '../advice.ts';
import { CliFailure } from '../cli-failure.ts';
import { type Command, chosenAcl, type Surroundings } from '../command.ts';
import { confirm } from '../confirm.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { codeOf, fieldsOf } from '../problem.ts';
import type { Target } from '../target.ts';
import { harmless, jsonText, type Paint, painter } from '../terminal.ts';
import { sendEvent, type WebhookAnswer } from '../webhook-client.ts';

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
  return send('access.granted', { ip, durationSeconds, grantId, user }, target, options, here);
};

/** Ends one grant, or all on an IP. */
export const revoke: Command<RevokeOptions> = (target, options, here) => {
  const { ip, grantId } = options;
  return send('access.revoked', { ip, grantId }, target, options, here);
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
  return send('access.flushed', {}, target, options, here);
};

async function send(
  type: string,
  data: Readonly<Record<string, string | number | undefined>>,
  target: Target,
  options: SendOptions,
  here: Surroundings,
): Promise<ExitCode> {
  const { clock, terminal } = here;
  const acl = chosenAcl(target, options.acl);
  const key = keyFor(acl, parseWebhookSecret((await target.webhookSecret.read()) ?? ''));
  if (!key) {
    const advice = 'Make a new one with `npm run zone -- rotate-webhook-secret`, and give it to the sender.';
    throw new CliFailure(`the webhook secret holds no usable key for ${acl}`, advice);
  }
  const { url, headers } = target.webhook;
  const endpoint = { webhookUrl: url, webhookHeaders: headers, webhookSecret: key.bytes.toString('base64') };
  const now = clock.now();
  const event = { type, timestamp: new Date(now).toISOString(), data: { acl, ...data } };
  if (options.wait !== undefined) terminal.note(`sent; waiting up to ${options.wait} s for the zone …`);
  const wait = options.wait === undefined ? {} : { wait: options.wait };
  const answer = await sendEvent(endpoint, event, { id: `zone_${here.newId()}`, now, ...wait });
  if (options.json) terminal.out(jsonText({ status: answer.status, body: fieldsOf(answer.body) }, 2));
  else terminal.out(textOf(answer, options, painter(terminal)));
  return exitCodeOf(answer, options);
}

function exitCodeOf({ status, body }: WebhookAnswer, { wait }: SendOptions): ExitCode {
  if (status < 200 || status > 299) return EXIT.failure;
  return wait !== undefined && fieldsOf(body).status !== 'applied' ? EXIT.warning : EXIT.fine;
}

const WORDS: Readonly<Record<string, string>> = {
  accepted: 'accepted: it is on the queue',
  applied: 'applied: Okta has confirmed the list',
  pending: 'accepted, but the zone does not show it yet',
};

const KEY_IS_NEW = 'Was the key changed just now? The webhook knows a new key within ten seconds: try again.';

const NOT_FROM_HERE =
  "The stack takes no requests from this machine's address (`allowFrom`). Run this where events come from.";

function textOf(answer: WebhookAnswer, options: SendOptions, paint: Paint): string {
  const { status, id, expiresAt, overtakenBy, detail } = fieldsOf(answer.body);
  const code = codeOf(answer.body);
  if (answer.status < 200 || answer.status > 299) {
    const reason = harmless(String(detail ?? answer.body.slice(0, 200)));
    const first = `${paint('red', '✘')} ${answer.status}${code ? ` ${code}` : ''}: ${reason}`;
    // The key that was used is the one that the secret holds: only the function can be behind.
    const step = code === 'HOOK001' ? KEY_IS_NEW : code && firstStep(code);
    if (code) return `${first}\n  → ${step} (${sectionOf(code)})`;
    return answer.status === 403 ? `${first}\n  → ${NOT_FROM_HERE}` : first;
  }
  const fine = exitCodeOf(answer, options) === EXIT.fine;
  const first = `${fine ? paint('green', '✔') : paint('yellow', '!')} ${WORDS[String(status)] ?? String(status)}`;
  const more = [
    ...(expiresAt === undefined ? [] : [`ends ${harmless(String(expiresAt))}`]),
    ...(overtakenBy === undefined ? [] : [`overtaken by ${harmless(String(overtakenBy))}`]),
    `event ${harmless(String(id))}`,
  ];
  return `${first}\n  ${more.join(', ')}`;
}
