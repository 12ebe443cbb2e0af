import { oktaAddress } from './okta-address.ts';
import type { Target } from './target.ts';
import type { Terminal } from './terminal.ts';

/** The same terminal, on which each question says which system and which org it is about. */
export function askingAbout({ name, config }: Pick<Target, 'name' | 'config'>, terminal: Terminal): Terminal {
  const about = (question: string) => `[${name}; org ${oktaAddress(config)}]\n${question}`;
  return {
    ...terminal,
    ask: (question) => terminal.ask(about(question)),
    askSecretly: (question) => terminal.askSecretly(about(question)),
    choose: (question, choices) => terminal.choose(about(question), choices),
  };
}
