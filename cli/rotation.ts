import { keyFor } from '../lib/webhook/webhook-secret.ts';
import { CliFailure, usageFailure } from './cli-failure.ts';
import type { Surroundings } from './command.ts';
import { confirm } from './confirm.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { explain } from './explain.ts';
import type { SecretVersion, Target } from './target.ts';
import { notePainter } from './terminal.ts';
import { type Pair, type Slot, WebhookSecretEdit } from './webhook-secret-edit.ts';

export interface RotationOptions {
  /** Make no new value: only end the previous one. */
  readonly dropPrevious: boolean;
  /** Make no new value: end both. */
  readonly remove: boolean;
  /** Print the current value again, and change nothing. */
  readonly show: boolean;
  readonly yes: boolean;
}

interface Rotation {
  readonly target: Target;
  readonly slot: Slot;
  readonly options: RotationOptions;
  readonly here: Surroundings;
  /** As it was when the command began. */
  readonly seen: SecretVersion | undefined;
  readonly edit: WebhookSecretEdit;
  /** What the slot holds, as far as it can be used. */
  readonly pair: Pair;
}

/**
 * Changes a key or a token with two valid values: a new one is made beside the one in use, which is ended later.
 * @param make a new value
 * @throws {CliFailure}
 */
export async function rotate(
  target: Target,
  slot: Slot,
  make: () => string,
  options: RotationOptions,
  here: Surroundings,
): Promise<ExitCode> {
  const seen = await target.webhookSecret.version('current');
  const edit = new WebhookSecretEdit(seen?.text ?? '');
  const rotation = { target, slot, options, here, seen, edit, pair: edit.pair(slot) };
  if (options.show) return show(rotation);
  if (options.dropPrevious) return dropPrevious(rotation);
  if (options.remove) return remove(rotation);
  return renew(rotation, make());
}

async function show({ slot, pair, here: { terminal } }: Rotation): Promise<ExitCode> {
  if (pair.current === undefined) throw new CliFailure(`there is no current ${nameOf(slot)}`);
  terminal.out(pair.current);
  return EXIT.fine;
}

async function dropPrevious(rotation: Rotation): Promise<ExitCode> {
  const { slot, pair, options, here, edit } = rotation;
  const { current, previous } = pair;
  if (previous === undefined) {
    here.terminal.note(`there is no previous ${nameOf(slot)} to end`);
    return EXIT.fine;
  }
  if (current === undefined) {
    here.terminal.note(`the current ${nameOf(slot)} is unusable, so the previous one is kept: senders have no other`);
    return EXIT.failure;
  }
  await confirm(
    `End the previous ${nameOf(slot)}? A sender that still uses it will be refused.`,
    options.yes,
    here.terminal,
  );
  await store(edit.with(slot, { current }), rotation, 'nothing was changed');
  done(`the previous ${nameOf(slot)} ends within five minutes`, here);
  return EXIT.fine;
}

async function remove(rotation: Rotation): Promise<ExitCode> {
  const { slot, pair, options, here, edit } = rotation;
  const { acl } = slot;
  if (acl === undefined) throw usageFailure('--remove needs --acl: the keys of all can only be exchanged');
  if (!edit.has(acl) || (slot.kind === 'bearer token' && Object.keys(pair).length === 0)) {
    here.terminal.note(`there is no ${nameOf(slot)} to end`);
    return EXIT.fine;
  }
  const after =
    slot.kind === 'key' ? 'From then on the keys of all speak for it' : 'A sender that shows one will be refused';
  await confirm(`End every ${nameOf(slot)}? ${after}.`, options.yes, here.terminal);
  await store(edit.with(slot, {}), rotation, 'nothing was changed');
  done(`every ${nameOf(slot)} ends within five minutes`, here);
  return EXIT.fine;
}

/** The new value is handed out before it is stored: one that nobody saw must not take the place of one in use. */
async function renew(rotation: Rotation, value: string): Promise<ExitCode> {
  const { slot, pair, options, here, edit } = rotation;
  const { terminal } = here;
  const name = nameOf(slot);
  const inUse = pair.current ?? pair.previous ?? sharedKey(slot, edit);
  if (pair.current !== undefined && pair.previous !== undefined) {
    const question = `There is a previous ${name} already, and this ends it. Do all senders have the current one?`;
    await confirm(question, options.yes, terminal);
  }
  if (edit.isLost) terminal.note('the secret was no JSON object: all that it held is replaced');
  const text = edit.with(slot, { current: value, ...(inUse !== undefined && { previous: inUse }) });
  terminal.out(value);
  if (!(await terminal.isRead())) {
    throw new CliFailure(`the new ${name} could not be written out, so it was not stored: nothing was changed`);
  }
  await store(text, rotation, 'what was printed is not valid');
  done(`the new ${name} is valid within ten seconds; give it to every sender`, here);
  if (inUse === undefined) return EXIT.fine;
  const first = pair.current === undefined && pair.previous === undefined;
  terminal.note(
    `${first ? `The key of all stays valid for ${slot.acl} too` : 'The old one stays valid'}. Once every sender uses the new one, end it:`,
  );
  terminal.note(`  npm run zone -- ${commandOf(slot)} --drop-previous`);
  return EXIT.fine;
}

/** With its first key an ACL takes no other any more; the one that its senders use now stays good beside it. */
function sharedKey({ kind, acl }: Slot, { secret }: WebhookSecretEdit): string | undefined {
  if (kind !== 'key' || acl === undefined) return undefined;
  return keyFor(acl, secret)?.bytes.toString('base64');
}

/** @param consequence of somebody else having been faster */
async function store(text: string, { target, slot, seen }: Rotation, consequence: string): Promise<void> {
  let isStored: boolean;
  try {
    isStored = await target.webhookSecret.replace(text, seen);
  } catch (cause) {
    const { message, advice = '' } = explain(cause);
    const look = `See what is valid now: npm run zone -- ${commandOf(slot)} --show`;
    throw new CliFailure(`${message}; it is not known whether it was stored`, `${advice} ${look}`.trim(), { cause });
  }
  if (isStored) return;
  const advice = 'Run the command again: it then begins with what they have stored.';
  throw new CliFailure(`somebody else has changed the webhook secret meanwhile: ${consequence}`, advice);
}

function done(text: string, { terminal }: Surroundings): void {
  terminal.note(`${notePainter(terminal)('green', '✔')} ${text}`);
}

function nameOf({ kind, acl }: Slot): string {
  return acl === undefined ? kind : `${kind} of ${acl}`;
}

function commandOf({ kind, acl }: Slot): string {
  const command = kind === 'key' ? 'rotate-webhook-secret' : 'bearer-token';
  return acl === undefined ? command : `${command} --acl ${acl}`;
}
