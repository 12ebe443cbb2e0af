import type { Terminal } from './terminal.ts';

/** What the command line calls commands, and what they are called where the package is installed. */
const NAMES: readonly (readonly [string, string])[] = [
  ['npm run zone --', 'npx knocknoc-okta-zone'],
  ['npm run cdk --', 'npx cdk'],
];

/** The same terminal for who has installed the package: there are no npm scripts of this project there. */
export function calledOtherwise(terminal: Terminal): Terminal {
  const told = (text: string) => NAMES.reduce((all, [here, there]) => all.replaceAll(here, there), text);
  return {
    ...terminal,
    out: (text) => terminal.out(told(text)),
    note: (text) => terminal.note(told(text)),
    ask: (question) => terminal.ask(told(question)),
    askSecretly: (question) => terminal.askSecretly(told(question)),
    choose: (question, choices) => terminal.choose(told(question), choices),
  };
}
