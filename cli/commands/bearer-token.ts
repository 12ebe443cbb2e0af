import { aclConfig } from '../../lib/config.ts';
import { type Command, chosenAcl } from '../command.ts';
import { EXIT, worst } from '../exit-codes.ts';
import { type RotationOptions, rotate } from '../rotation.ts';

export interface BearerTokenOptions extends RotationOptions {
  readonly acl?: string;
}

/** Bytes of a token: it is a secret of its own, and no key. */
const TOKEN_BYTES = 32;

/** Makes a bearer token for the senders of an ACL that can't sign; the one in use stays good beside it. */
export const bearerToken: Command<BearerTokenOptions> = async (target, { acl: named, ...options }, here) => {
  // What an ACL leaves behind that is no longer configured can be removed all the same.
  const acl = options.remove && named !== undefined ? named : chosenAcl(target, named);
  const make = () => here.randomBytes(TOKEN_BYTES).toString('base64url');
  const code = await rotate(target, { kind: 'bearer token', acl }, make, options, here);
  if (options.show || options.dropPrevious || options.remove || aclConfig(target.config, acl)?.allowBearer) return code;
  here.terminal.note(
    `${acl} takes no bearer tokens yet: set "allowBearer": true for it in the configuration, and deploy.`,
  );
  return worst([code, EXIT.warning]);
};
