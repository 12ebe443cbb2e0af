import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { guardOutput } from '../cli/guard-output.ts';
import { ConfigError, loadConfig } from '../config/load.ts';
import { VERSION } from '../lib/version.ts';
import { packageTemplate } from './build/template.ts';

/** `npm run package -- [-c config=FILE] [--out FOLDER]`: a folder that deploys with the AWS command line alone. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const USAGE = 'Usage: npm run package -- [-c config=FILE] [--out FOLDER]';

guardOutput();
try {
  const { values } = parseArgs({ options: { context: { type: 'string', short: 'c' }, out: { type: 'string' } } });
  const [, named = 'config.json'] = /^config=(.+)$/.exec(values.context ?? 'config=config.json') ?? fail(USAGE);
  const config = loadConfig(named);
  const out = values.out ?? join(ROOT, 'template', `${config.stackName}-${VERSION}`);
  packageTemplate(config, out);
  const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).map((file) => statSync(join(out, file)));
  const bytes = files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
  console.log(`${out}: ${(bytes / 1e6).toFixed(1)} MB. Its README.md says how to deploy it.`);
} catch (error) {
  if (!(error instanceof ConfigError) && !(error instanceof TypeError)) throw error;
  console.error(error instanceof ConfigError ? error.message : `${error.message}\n${USAGE}`);
  process.exitCode = error instanceof ConfigError ? 1 : 64;
}

function fail(message: string): never {
  throw new TypeError(message);
}
