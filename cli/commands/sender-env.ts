import { type Command, chosenAcl } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { exportLines, KEY_IS_SECRET, senderVariables } from '../sender-variables.ts';
import { jsonText } from '../terminal.ts';

export interface SenderEnvOptions {
  readonly acl?: string;
  readonly json: boolean;
}

/** What a sender needs to know, as variables of its environment. */
export const senderEnv: Command<SenderEnvOptions> = async (target, options, { terminal }) => {
  const variables = await senderVariables(target, chosenAcl(target, options.acl));
  terminal.out(options.json ? jsonText(variables, 2) : exportLines(variables));
  terminal.note(KEY_IS_SECRET);
  return EXIT.fine;
};
