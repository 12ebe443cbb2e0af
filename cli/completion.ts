import { RootCommand } from '@bomb.sh/tab';
import { findConfigFile } from './find-target.ts';
import { createProgram } from './program.ts';
import { SETUP_STEPS } from './setup/setup-step.ts';
import { FILES } from './shells.ts';

/** What values an option can have, where that is known. */
const VALUES: Readonly<Record<string, () => readonly string[]>> = { acl: aclsOfFile, step: () => SETUP_STEPS };

/** Answers a shell that asks what could come next. @param words what is typed so far, the last one perhaps in part */
export function printSuggestions(words: readonly string[]): void {
  const root = new RootCommand();
  const program = createProgram(async () => {});
  const [asked = ''] = (words.at(-1)?.startsWith('-') ? words.at(-1) : words.at(-2))?.split('=') ?? [];
  const options = [program, ...program.commands].flatMap((command) => command.options);
  if (options.some(({ long, flags }) => long === asked && flags.endsWith('<file>'))) {
    console.log(FILES);
    return;
  }
  for (const command of program.commands) {
    const own = root.command(command.name(), command.summary());
    for (const option of [...command.options, ...program.options]) {
      const name = (option.long ?? '').replace(/^--/, '');
      const values = VALUES[name];
      if (!option.required && !option.optional) own.option(name, option.description);
      else own.option(name, option.description, (complete) => values?.().forEach((value) => void complete(value, '')));
    }
    for (const argument of command.registeredArguments) {
      own.argument(argument.name(), (complete) => argument.argChoices?.forEach((value) => void complete(value, '')));
    }
  }
  for (const option of program.options) {
    const name = (option.long ?? '').replace(/^--/, '');
    if (option.required || option.optional) root.option(name, option.description, () => {});
    else root.option(name, option.description);
  }
  root.parse([...words]);
}

/** Those of the configuration at hand: no system is asked while somebody types. */
function aclsOfFile(): readonly string[] {
  const file = findConfigFile(undefined);
  return file && 'config' in file ? Object.keys(file.config.acls) : [];
}
