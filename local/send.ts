import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { secondsOf } from '../cli/seconds-of.ts';
import { sendEvent } from '../cli/webhook-client.ts';

const HELP = `Signs one event and posts it to a webhook.

  npm run send -- grant  --acl ACL --ip IP [--for 30s|15m|8h] [--grant-id ID] [--user NAME]
  npm run send -- revoke --acl ACL --ip IP [--grant-id ID]
  npm run send -- flush  --acl ACL

Where to: --url URL (or WEBHOOK_URL), with the secret in WEBHOOK_SECRET (or --secret, which other
users of the machine can see in the process list). --header 'Name: value' adds a header.
Exit code 0: accepted; 1: refused, or no answer; 2: the command line is wrong.
`;

class Usage extends Error {
  override name = 'Usage';
}

const OPTIONS = {
  acl: { type: 'string' },
  ip: { type: 'string' },
  for: { type: 'string' },
  'grant-id': { type: 'string' },
  user: { type: 'string' },
  url: { type: 'string' },
  secret: { type: 'string' },
  header: { type: 'string', multiple: true },
  id: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof read>['values'];

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : 'wrong options');
  }
}

function eventOf(command: string | undefined, values: Values, now: Date): unknown {
  const acl = required(values.acl, '--acl');
  const timestamp = now.toISOString();
  if (command === 'flush') return { type: 'access.flushed', timestamp, data: { acl } };
  const grantId = values['grant-id'];
  const data = { acl, ip: required(values.ip, '--ip'), ...(grantId !== undefined && { grantId }) };
  if (command === 'revoke') return { type: 'access.revoked', timestamp, data };
  if (command !== 'grant') throw new Usage('say what to send: grant, revoke or flush');
  const lifetime = values.for === undefined ? {} : { durationSeconds: lifetimeOf(values.for) };
  const user = values.user === undefined ? {} : { user: values.user };
  return { type: 'access.granted', timestamp, data: { ...data, ...user, ...lifetime } };
}

function lifetimeOf(text: string): number {
  const seconds = secondsOf(text);
  if (seconds === undefined) throw new Usage('--for takes a whole number with s, m or h, such as 30s');
  return seconds;
}

function headersOf(values: Values): Record<string, string> {
  const pairs = (values.header ?? []).map((header) => {
    const at = header.indexOf(':');
    if (at < 1) throw new Usage("--header takes 'Name: value'");
    return [header.slice(0, at).trim().toLowerCase(), header.slice(at + 1).trim()];
  });
  return Object.fromEntries(pairs);
}

function required(value: string | undefined, what: string): string {
  if (!value) throw new Usage(`${what} is missing`);
  return value;
}

/** @returns the exit code */
async function main(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const { values, positionals } = read(args);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 1) throw new Usage(`one event at a time: ${positionals.join(' ')}`);
  const now = new Date();
  const event = eventOf(positionals[0], values, now);
  const endpoint = {
    webhookUrl: required(values.url ?? environment.WEBHOOK_URL, '--url (or WEBHOOK_URL)'),
    webhookSecret: required(values.secret ?? environment.WEBHOOK_SECRET, 'WEBHOOK_SECRET (or --secret)'),
    webhookHeaders: headersOf(values),
  };
  const answer = await sendEvent(endpoint, event, { id: values.id ?? `send_${randomUUID()}`, now: now.getTime() });
  process.stdout.write(`${answer.status} ${answer.body}\n`);
  return answer.status >= 200 && answer.status < 300 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2), process.env);
} catch (error) {
  const wrong = error instanceof Usage;
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(wrong ? `${reason}\n\n${HELP}` : `the event was not sent: ${reason}\n`);
  process.exitCode = wrong ? 2 : 1;
}
