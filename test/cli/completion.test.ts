import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { ROOT } from '../docs/documents.ts';
import { COMPILE_CACHE } from '../helpers/compiled-code.ts';

/** How each shell is started without anybody's settings, and learns what docs/cli.md says. */
const SHELLS = {
  bash: { start: 'bash --norc --noprofile -i', learn: 'eval "$(knocknoc-okta-zone completion bash)"' },
  zsh: {
    start: 'zsh -f -i',
    learn: 'autoload -U compinit; compinit -u; source <(knocknoc-okta-zone completion zsh)',
  },
  fish: { start: 'fish --no-config -i', learn: 'knocknoc-okta-zone completion fish | source' },
} as const;
/** What is typed before somebody presses Tab and Enter, and what the program is called with then. */
const TYPED = {
  'setup --step pol': '<setup> <--step> <policies>',
  'flush --acl=okt': '<flush> <--acl=okta-prod>',
  'set-credentials --key the-k': '<set-credentials> <--key> <the-key.pem>',
} as const;

/** Somebody presses Tab behind this, and takes the line back (Ctrl-U). */
const TAKEN_BACK = 'grant --user "$(touch ran)" --js\t\u0015';

const has = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
/** It gives a program a terminal. */
const canType = has('script');

/** A folder with a configuration and a key, where the program answers Tab as ever, and otherwise tells what it was called with. */
function aFolder() {
  const folder = mkdtempSync(join(inject('temporaryFolder'), 'completion-'));
  const zone = { zoneIds: ['nzo1abcdefGHIJKLM0h7'] };
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ okta: { domain: 'acme.okta.com' }, acls: { 'okta-prod': zone } }),
  );
  writeFileSync(join(folder, 'the-key.pem'), '');
  mkdirSync(join(folder, 'bin'));
  const [bin = ''] = Object.values(packageJson.bin);
  const program = join(folder, 'bin/knocknoc-okta-zone');
  writeFileSync(
    program,
    `#!/bin/sh
case "$1" in
complete | completion) exec "${process.execPath}" "${join(ROOT, bin)}" "$@" ;;
*) printf '\\ncalled with'; printf ' <%s>' "$@"; echo ;;
esac
`,
  );
  chmodSync(program, 0o755);
  return folder;
}

/** @returns all that was on the screen of a shell in which this was typed */
function onScreen(start: string, keys: string, folder: string, atEnd: (end: () => void) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const PATH = [join(folder, 'bin'), process.env.PATH ?? ''].join(delimiter);
    const child = spawn('script', ['-qec', start, '/dev/null'], {
      ...{ cwd: folder, env: { PATH, HOME: folder, TERM: 'xterm', LANG: 'C.UTF-8', ...COMPILE_CACHE } },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    atEnd(() => void child.kill());
    let shown = '';
    child.stdout.on('data', (chunk) => {
      shown += chunk;
    });
    child.on('error', reject);
    child.on('close', () => resolve(shown));
    // It stays open: its end would close the terminal before all is read.
    child.stdin.write(keys);
  });
}

describe.concurrent('completion', () => {
  for (const [shell, { start, learn }] of Object.entries(SHELLS)) {
    const isHere = canType && has(shell);
    if (!isHere) console.log(`SKIPPED: completion by ${shell}, since there is no ${canType ? shell : '`script`'} here`);
    it.runIf(isHere)(`by ${shell} is what was meant, and runs nothing of what is typed`, async ({ onTestFinished }) => {
      const folder = aFolder();
      const lines = Object.keys(TYPED).map((line) => `knocknoc-okta-zone ${line}\t\n`);
      const keys = [`${learn}\n`, `knocknoc-okta-zone ${TAKEN_BACK}`, ...lines, 'exit\n'].join('');
      const screen = await onScreen(start, keys, folder, onTestFinished);
      const called = screen.match(/(?<=called with ).*>/g) ?? [];
      expect(called).toEqual(Object.values(TYPED).map((words) => expect.stringContaining(words)));
      expect(existsSync(join(folder, 'ran'))).toBe(false);
    });
  }
});
