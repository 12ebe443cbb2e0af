import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guardOutput } from '../cli/guard-output.ts';
import { NOT_RUN, ownCommand } from '../cli/own-command.ts';
import { build, keepDeclarations } from './build/build.ts';

/** `npm run build`: makes what the package is used by, in `dist/`. `npm pack` runs it first. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUT = join(ROOT, 'dist');
guardOutput();
ownCommand(
  'npm run build --',
  'Builds the package into dist/: the construct, the functions and the command line.',
  NOT_RUN,
).parse();

build(OUT);
const options = { cwd: ROOT, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' } as const;
execFileSync('tsc', ['-p', 'tsconfig.build.json'], options);
keepDeclarations(OUT, 'cdk/knocknoc-okta.d.ts');
