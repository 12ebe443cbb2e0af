import { type Command, chosenAcl } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { keyOf } from '../own-sender.ts';
import { jsonText } from '../terminal.ts';

export interface SenderEnvOptions {
  readonly acl?: string;
  readonly json: boolean;
}

/** What a sender needs to know, as variables of its environment: for Knocknoc's agent, and for `npm run send`. */
export const senderEnv: Command<SenderEnvOptions> = async (target, options, { terminal }) => {
  const acl = chosenAcl(target, options.acl);
  const secret = await keyOf(target, acl);
  const { url, knoc } = target.webhook;
  const variables = {
    ...{ KNOCKNOC_OKTA_URL: url, KNOCKNOC_OKTA_SECRET: secret },
    ...knoc,
    ...{ WEBHOOK_URL: url, WEBHOOK_SECRET: secret },
  };
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
  terminal.out(options.json ? jsonText(variables, 2) : lines.join('\n'));
  terminal.note('whoever has this key can let anybody in: show it to nobody');
  return EXIT.fine;
};

/** For a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
