import { randomUUID } from 'node:crypto';
import { Command, CommanderError, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { deliver, outcomeOf } from '../cli/deliver.ts';
import { type Asked, EVENT_TYPES, toldOfOutcome, toldOfPost } from '../cli/event-words.ts';
import { EXIT, type ExitCode } from '../cli/exit-codes.ts';
import { guardOutput } from '../cli/guard-output.ts';
import { seconds } from '../cli/options.ts';
import { wholeNumber, writeError } from '../cli/own-command.ts';
import { codeOf } from '../cli/problem.ts';
import { proxySettings, useProxies } from '../cli/proxies.ts';
import { harmless } from '../cli/terminal.ts';
import { NoAnswer, type WebhookAnswer, type WebhookEndpoint } from '../cli/webhook-client.ts';
import { systemClock } from '../lib/adapters/system-clock.ts';
import { LONGEST_WAIT_S } from '../lib/outcome/prefer-wait.ts';
import { decodeWebhookKey } from '../lib/webhook/webhook-signature.ts';

const ABOUT = `Signs one event and posts it to a webhook.

Others on the machine can read what stands behind --secret and --bearer, but not the variables. The key signs. The token is for an ACL with allowBearer, whose senders cannot sign.

Exit codes: 0 accepted or, with --wait, in effect; 1 accepted, but not confirmed in time, the grant is over, nothing ended, or the IP is still in; 2 refused, no answer, or a granted IP is not in; 64 the command line is wrong.`;
const NOT_THE_WEBHOOK =
  'this is not how the webhook answers: is the URL right, and does allowFrom let this machine through?';
/** What the request says by itself. */
const OWN_HEADERS: readonly string[] = [
  ...['authorization', 'content-length', 'content-type', 'prefer', 'transfer-encoding'],
  ...['webhook-id', 'webhook-signature', 'webhook-timestamp'],
];

/** What can't be sent as it was asked for. */
class Usage extends Error {
  override name = 'Usage';
}

/** Where an event goes, and how. */
interface Sending {
  readonly url?: string | undefined;
  readonly secret?: string | undefined;
  readonly bearer?: string | undefined;
  readonly header?: Readonly<Record<string, string>> | undefined;
  readonly id?: string | undefined;
  readonly wait?: number | true | undefined;
}

/** What stands in an event. */
interface Data extends Pick<Asked, 'ip' | 'grantId'> {
  readonly acl: string;
  readonly user?: string | undefined;
  readonly durationSeconds?: number | undefined;
}

type Send = (command: Asked['command'], data: Data, sending: Sending) => Promise<void>;

/** Each command knows only the options that have an effect on its event, and takes each of them once. */
function createProgram(send: Send) {
  const program = new Command('npm run send --').description(ABOUT).helpCommand(false);
  const add = (name: string, summary: string) =>
    program
      .command(name)
      .summary(summary)
      .description(summary)
      .requiredOption('--acl <name>', 'the ACL', once)
      .addOption(new Option('--url <url>', 'the webhook').argParser(urlOf).env('WEBHOOK_URL').makeOptionMandatory())
      .addOption(
        new Option('--secret <key>', 'the key').argParser(secretOnce).env('WEBHOOK_SECRET').conflicts('bearer'),
      )
      .addOption(
        new Option('--bearer <token>', 'the token').argParser(secretOnce).env('WEBHOOK_BEARER').conflicts('secret'),
      )
      .option("--header <'name: value'>", 'another header; may be repeated', anotherHeader)
      .option('--id <id>', 'the webhook-id (default: a new one)', once)
      .option('--wait [seconds]', `ask what became of it, for up to ${LONGEST_WAIT_S} seconds`, waitOf);

  add('grant', 'lets an IP in')
    .requiredOption('--ip <address>', 'the IP', once)
    .option('--for <duration>', 'how long, such as 30s, 15m or 8h', lifetimeOf)
    .option('--grant-id <id>', 'its name, to tell it from other grants on the same IP', once)
    .option('--user <name>', 'the person, for the log', once)
    .action(({ acl, ip, for: durationSeconds, grantId, user, ...sending }) =>
      send('grant', { acl, ip, grantId, user, durationSeconds }, sending),
    );
  add('revoke', 'ends one grant, or all on an IP')
    .requiredOption('--ip <address>', 'the IP', once)
    .option('--grant-id <id>', 'only this grant', once)
    .action(({ acl, ip, grantId, ...sending }) => send('revoke', { acl, ip, grantId }, sending));
  add('flush', 'ends every grant of the ACL').action(({ acl, ...sending }) => send('flush', { acl }, sending));
  return program;
}

function once(text: string, before: unknown): string {
  if (before !== undefined) throw new InvalidArgumentError('It is given twice.');
  return text;
}

/** Of these, no message shows the text. */
function secretOnce(text: string, before: unknown): string {
  if (before !== undefined) throw new Usage('--secret and --bearer: once');
  return text.trim();
}

function urlOf(text: string, before: unknown): string {
  const url = once(text, before).trim();
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new InvalidArgumentError('It must begin with https:// or http://.');
  }
  return url;
}

function lifetimeOf(text: string, before: unknown): number {
  return seconds(once(text, before));
}

function waitOf(text: string, before: unknown): number {
  return wholeNumber(1, LONGEST_WAIT_S)(once(text, before));
}

function anotherHeader(text: string, before: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const [, name = '', value = ''] = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):(.*)$/.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError("It must be 'name: value'.");
  const lower = name.toLowerCase();
  if (OWN_HEADERS.includes(lower)) throw new InvalidArgumentError('The request has its own.');
  if (before && Object.hasOwn(before, lower)) throw new InvalidArgumentError('It is given twice.');
  return { ...before, [lower]: value.trim() };
}

function endpointOf({ url = '', secret = '', bearer = '', header = {} }: Sending): WebhookEndpoint {
  const where = { webhookUrl: url, webhookHeaders: header };
  if (bearer !== '') return { ...where, webhookBearer: bearer };
  if (secret === '') throw new Usage('WEBHOOK_SECRET (or --secret) is missing, and so is WEBHOOK_BEARER (or --bearer)');
  if (!decodeWebhookKey(secret)) {
    throw new Usage('WEBHOOK_SECRET (or --secret) is no key: it must be the base64 of 24 bytes or more');
  }
  return { ...where, webhookSecret: secret };
}

function show({ status, body }: WebhookAnswer): void {
  process.stdout.write(`${status} ${harmless(body)}\n`);
}

async function main(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.fine;
  const program = createProgram(async (command, data, sending) => {
    const delivery = {
      ...{ endpoint: endpointOf(sending), clock: systemClock, id: sending.id ?? `send_${randomUUID()}` },
      // Ctrl-C ends this process at once.
      stop: new AbortController().signal,
    };
    const event = { type: EVENT_TYPES[command], timestamp: new Date(systemClock.now()).toISOString(), data };
    const answer = await deliver(event, delivery).catch((error: unknown) => {
      if (!(error instanceof NoAnswer)) throw error;
      throw new Error(`nobody answered, and it is not known to be stored: ${error.message}`, { cause: error });
    });
    show(answer);
    code = toldOfPost(answer).exit;
    const isOfWebhook = code === EXIT.fine || codeOf(answer.body) !== undefined;
    // An API that is busy answers these in the webhook's place.
    if (!isOfWebhook && answer.status < 429) process.stderr.write(`${NOT_THE_WEBHOOK}\n`);
    if (sending.wait === undefined || code !== EXIT.fine) return;
    const waited = sending.wait === true ? LONGEST_WAIT_S : sending.wait;
    const outcome = await outcomeOf(answer, waited, delivery);
    if (outcome) show(outcome);
    else process.stderr.write('it is stored, and nothing more is known: nobody answered, or there is nowhere to ask\n');
    code = toldOfOutcome(outcome, { command, ...data, waited }).exit;
  });
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ outputError: writeError });
  try {
    useProxies(proxySettings(process.env));
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`error: ${harmless(reason)}\n`);
    return error instanceof Usage ? EXIT.usage : EXIT.failure;
  }
}

guardOutput();
process.exitCode = await main(process.argv.slice(2));
