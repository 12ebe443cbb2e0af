import type { TargetOptions } from './find-target.ts';
import type { Terminal } from './terminal.ts';

const ZONE = /npm run zone -- (?=[a-z])/g;
const DEPLOY = /npm run cdk -- deploy(?! -c)/g;
/** A deploy takes the stack's name from the configuration, whose file nobody named: the default may be another stack's. */
const NAMED = ' -c config=FILE';
/** What a shell takes as it stands. */
const PLAIN = /^[\w./:@=+-]+$/;

/**
 * The same terminal, on which each command that is proposed carries the options that name the system: who forgets one works on
 * another system.
 * @param json what goes to `out` is a JSON document
 */
export function withNextSteps(terminal: Terminal, options: TargetOptions, json: boolean): Terminal {
  const flags = flagsOf(options);
  const ofDeploy =
    options.config === undefined ? (options.stack === undefined ? '' : NAMED) : ` -c config=${quoted(options.config)}`;
  const carried = (text: string, shown: (part: string) => string) =>
    text
      .replace(ZONE, (command) => `${command}${shown(flags)}`)
      .replace(DEPLOY, (command) => `${command}${shown(ofDeploy)}`);
  const inText = (text: string) => carried(text, (part) => part);
  return {
    ...terminal,
    out: (text) => terminal.out(json ? carried(text, inJson) : inText(text)),
    note: (text) => terminal.note(inText(text)),
    ask: (question) => terminal.ask(inText(question)),
    askSecretly: (question) => terminal.askSecretly(inText(question)),
    choose: (question, choices) => terminal.choose(inText(question), choices),
  };
}

function flagsOf({ stack, region, endpointUrl, local, config }: TargetOptions): string {
  const values = { '--stack': stack, '--region': region, '--endpoint-url': endpointUrl, '--config': config };
  const given = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [name, quoted(value)]));
  return [...(local ? ['--local'] : []), ...given].map((word) => `${word} `).join('');
}

function quoted(value: string): string {
  return PLAIN.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
