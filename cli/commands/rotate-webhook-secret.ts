import { type Command, chosenAcls } from '../command.ts';
import { type RotationOptions, rotate } from '../rotation.ts';

export interface RotateKeyOptions extends RotationOptions {
  /** Whose key; without it that of all ACLs which have none of their own. */
  readonly acl?: string;
}

/** Bytes of a key. Standard Webhooks: 24 to 64. */
const KEY_BYTES = 48;

/** Makes a new key for the webhook; the one in use stays good beside it until the next rotation, or until it is dropped. */
export const rotateWebhookSecret: Command<RotateKeyOptions> = (target, { acl, ...options }, here) => {
  // What an ACL leaves behind that is no longer configured can be removed all the same.
  if (acl !== undefined && !options.remove) chosenAcls(target, [acl]);
  return rotate(target, { kind: 'key', acl }, () => here.randomBytes(KEY_BYTES).toString('base64'), options, here);
};
