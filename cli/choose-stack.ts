import { CliFailure, usageFailure } from './cli-failure.ts';
import type { FoundStacks } from './find-stacks.ts';
import { DEFAULT_STACK, type TargetOptions } from './find-target.ts';
import type { Terminal } from './terminal.ts';

const DEPLOY =
  'Write the configuration (cp config.example.json config.json), then `npm run cdk -- bootstrap`, once for an account and region, and `npm run cdk -- deploy`. If it is elsewhere: --region, or AWS_PROFILE for another account.';

/**
 * Names the stack where the options do not, and it is looked for: the configuration's, the only one, or the one that a person
 * chooses.
 * @throws {CliFailure} where there is none, or nobody can be asked which
 */
export async function chooseStack(
  options: TargetOptions,
  find: (options: TargetOptions) => Promise<FoundStacks>,
  terminal: Terminal,
): Promise<TargetOptions> {
  if (!options.search || options.local || options.stack !== undefined) return options;
  const { names, wanted, where } = await find(options);
  if (wanted !== undefined) {
    if (names.includes(wanted)) return options;
    const others = names.length === 0 ? '' : ` (others of this project are: ${names.join(', ')})`;
    const advice = `Deploy it: \`npm run cdk -- deploy\`. If you mean another one, name it with --stack, or its configuration with --config.`;
    throw new CliFailure(`the stack ${wanted} of the configuration is not in ${where}${others}`, advice);
  }
  const [only, ...others] = names;
  if (only === undefined) throw new CliFailure(`no stack of this project is in ${where}`, DEPLOY);
  // What every command takes by itself needs no option in what is proposed.
  if (others.length === 0) return only === DEFAULT_STACK ? options : { ...options, stack: only };
  if (!terminal.canAsk) {
    throw usageFailure(
      `there are several stacks in ${where}: ${names.join(', ')}`,
      'Name the one that is meant: --stack',
    );
  }
  const choices = names.map((value) => ({ value, label: value }));
  return { ...options, stack: await terminal.choose(`[${where}]\nWhich stack?`, choices) };
}
