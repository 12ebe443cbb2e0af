import { decodeWebhookKey } from '../../lib/webhook/webhook-signature.ts';
import type { Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { EXIT } from '../exit-codes.ts';
import { fieldsOf } from '../problem.ts';
import { notePainter } from '../terminal.ts';

export interface RotateOptions {
  /** Make no new key: only end the previous one. */
  readonly dropPrevious: boolean;
  readonly yes: boolean;
}

/** Bytes of a key. Standard Webhooks: 24 to 64. */
const KEY_BYTES = 48;

/** Makes a new key for the webhook; the one in use stays good beside it until the next rotation, or until it is dropped. */
export const rotateWebhookSecret: Command<RotateOptions> = async (target, options, here) => {
  const { terminal } = here;
  const paint = notePainter(terminal);
  const { current, previous } = fieldsOf((await target.webhookSecret.read()) ?? '');
  const [inUse, old] = [current, previous].map((key) => (isKey(key) ? key : undefined));
  if (options.dropPrevious) {
    if (old === undefined) {
      terminal.note('there is no previous key to end');
      return EXIT.fine;
    }
    if (inUse === undefined) {
      terminal.note('the current key is unusable, so the previous one is kept: senders have no other');
      return EXIT.failure;
    }
    await confirm('End the previous key? A sender that still signs with it will be refused.', options.yes, terminal);
    await target.webhookSecret.write(JSON.stringify({ current: inUse }));
    terminal.note(`${paint('green', '✔')} the previous key ends within five minutes`);
    return EXIT.fine;
  }
  if (old !== undefined) {
    const question = 'There is a previous key already, and this rotation ends it. Do all senders have the current key?';
    await confirm(question, options.yes, terminal);
  }
  const key = here.randomBytes(KEY_BYTES).toString('base64');
  await target.webhookSecret.write(JSON.stringify({ current: key, ...(inUse !== undefined && { previous: inUse }) }));
  terminal.note(`${paint('green', '✔')} the new key is valid within ten seconds; give it to every sender:`);
  terminal.out(key);
  if (inUse !== undefined) {
    terminal.note('The old key stays valid. Once every sender uses the new one, end it:');
    terminal.note('  npm run zone -- rotate-webhook-secret --drop-previous');
  }
  return EXIT.fine;
};

function isKey(value: unknown): value is string {
  return typeof value === 'string' && decodeWebhookKey(value) !== undefined;
}
