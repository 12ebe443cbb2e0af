import { firstStep, sectionOf } from './advice.ts';
import { saysOutcome } from './deliver.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { codeOf, fieldsOf } from './problem.ts';
import { harmless } from './terminal.ts';
import type { WebhookAnswer } from './webhook-client.ts';

/** The type of event that each command sends. */
export const EVENT_TYPES = { grant: 'access.granted', revoke: 'access.revoked', flush: 'access.flushed' } as const;

/** What a command asked for. */
export interface Asked {
  readonly command: keyof typeof EVENT_TYPES;
  readonly ip?: string | undefined;
  readonly grantId?: string | undefined;
  /** How long it was waited, in seconds. */
  readonly waited?: number | undefined;
}

/** What is told of an event, and the exit code that says the same. */
export interface Told {
  readonly exit: ExitCode;
  readonly line: string;
  readonly advice?: string;
}

const KEY_IS_NEW = 'Was the key changed just now? The webhook knows a new key within ten seconds: try again.';
const NOT_FROM_HERE =
  "The stack takes no requests from this machine's address (`allowFrom`). Run this where events come from.";
const NOT_STORED = 'It is not known to be stored. Run the command again: to send an event twice does no harm.';
const FOLLOWS = 'It is stored, and the zone follows as soon as it can: see `npm run zone -- status`.';
const UNKNOWN = 'Look at `npm run zone -- status`.';

const fine = (line: string): Told => ({ exit: EXIT.fine, line });
const warning = (line: string, advice?: string): Told => ({
  exit: EXIT.warning,
  line,
  ...(advice !== undefined && { advice }),
});

/** What the answer to a post says. */
export function toldOfPost(answer: WebhookAnswer): Told {
  if (answer.status === 202 && fieldsOf(answer.body).status === 'accepted') return fine('accepted: it is on the queue');
  const told = toldOfRefusal(answer);
  return answer.status === 429 || answer.status >= 500 ? { ...told, advice: NOT_STORED } : told;
}

/** What is known of an event that was accepted. @param outcome undefined where nobody answered, or nobody could be asked */
export function toldOfOutcome(outcome: WebhookAnswer | undefined, asked: Asked): Told {
  if (!outcome) return warning('accepted, but nobody says what became of it', UNKNOWN);
  const { status } = fieldsOf(outcome.body);
  if (outcome.status === 200 && status === 'expired') return warning('the grant is over already');
  if (outcome.status === 200 && status === 'applied') return toldOfApplied(asked, fieldsOf(outcome.body));
  if (outcome.status === 202) {
    return warning(`accepted, but Okta has not confirmed it within ${asked.waited} s`, FOLLOWS);
  }
  if (saysOutcome(outcome)) return toldOfRefusal(outcome);
  return warning(`accepted, but nobody says what became of it (the last answer: ${outcome.status})`, UNKNOWN);
}

function toldOfApplied({ command, ip, grantId }: Asked, fields: Readonly<Record<string, unknown>>): Told {
  const [ended, held] = [countOf(fields.ended), countOf(fields.heldBy)];
  const by = fields.overtakenBy === undefined ? undefined : harmless(String(fields.overtakenBy));
  const overtaken = by === undefined ? '' : `; overtaken by ${by}`;
  const always = fields.alwaysAllowed === true;
  const endings = ended === undefined ? '' : `, ${counted(ended, 'grant')} ended`;
  if (command === 'flush') {
    return by === 'later grants'
      ? warning(`applied${endings}, but some are still in${overtaken}`, UNKNOWN)
      : fine(`applied${endings}${overtaken}: nobody is in who was in before`);
  }
  if (command === 'grant') {
    if (always) return fine(`applied: ${ip} is in, and always allowed${overtaken}`);
    const isOut = held === 0 || (held === undefined && by !== undefined);
    if (isOut) return { exit: EXIT.failure, line: `applied, but ${ip} is not in${overtaken}`, advice: UNKNOWN };
    return fine(`applied: ${ip} is in${overtaken}`);
  }
  if (always) return warning(`applied${endings}, but ${ip} is still in: it is always allowed by the configuration`);
  const stillIn = held !== undefined && held > 0 ? `${ip} is still in, held by ${counted(held, 'grant')}` : undefined;
  const nothingEnded = ended === 0;
  // One of several grants was named, and ended: the others are meant to stay.
  if (stillIn && grantId !== undefined && !nothingEnded && by === undefined) {
    return fine(`applied${endings}: ${stillIn}`);
  }
  if (stillIn) return warning(`applied${endings}, but ${stillIn}${overtaken}`, UNKNOWN);
  if (nothingEnded) return warning(`applied${endings}: there was none${overtaken}; ${ip} is not in`);
  return fine(`applied${endings}${overtaken}: ${ip} is not in`);
}

function toldOfRefusal({ status, body }: WebhookAnswer): Told {
  const code = codeOf(body);
  const reason = harmless(String(fieldsOf(body).detail ?? body.slice(0, 200)));
  const line = `${status}${code ? ` ${code}` : ''}: ${reason}`;
  if (!code) return { exit: EXIT.failure, line, ...(status === 403 && { advice: NOT_FROM_HERE }) };
  // The key that was used is the one that the secret holds: only the function can be behind.
  const step = code === 'HOOK001' ? KEY_IS_NEW : firstStep(code);
  return { exit: EXIT.failure, line, advice: `${step} (${sectionOf(code)})` };
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
