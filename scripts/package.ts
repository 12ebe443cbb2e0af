import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { EXIT } from '../cli/exit-codes.ts';
import { guardOutput } from '../cli/guard-output.ts';
import { ownCommand } from '../cli/own-command.ts';
import { ConfigError, loadConfig } from '../config/load.ts';
import { VERSION } from '../lib/version.ts';
import { askedConfig } from './build/asked.ts';
import { outProblem, packageTemplate } from './build/template.ts';

/** `npm run package` */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

guardOutput();
const {
  context: file,
  out: named,
  ask,
} = ownCommand('npm run package --', 'Makes a folder that deploys with the AWS command line alone.')
  .option('-c, --context <config=FILE>', 'the configuration', configFile, 'config.json')
  .addOption(
    new Option(
      '--ask',
      'a template for everybody: it asks for org, ACL, zones and alarm address when it is deployed',
    ).conflicts('context'),
  )
  .option('--out <folder>', 'where to put it: a new or empty folder (default: one of its own in template/)')
  .parse()
  .opts();
try {
  const config = ask ? askedConfig() : loadConfig(file);
  const out = named ?? join(ROOT, 'template', `${ask ? 'knocknoc-okta-zones' : config.stackName}-${VERSION}`);
  const problem = outProblem(out);
  if (problem !== undefined) {
    console.error(`error: nothing is made: ${problem}.`);
    process.exit(EXIT.usage);
  }
  packageTemplate({ config, out, isAsking: ask === true });
  const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).map((file) => statSync(join(out, file)));
  const bytes = files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
  console.log(`${out}: ${(bytes / 1e6).toFixed(1)} MB. Its README.md says how to deploy it.`);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function configFile(text: string): string {
  const [, file] = /^config=(.+)$/.exec(text) ?? [];
  if (file !== undefined) return file;
  throw new InvalidArgumentError('It must be config= and the name of a file.');
}
