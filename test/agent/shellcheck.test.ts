import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LOCAL } from '../../local/emulator/paths.ts';
import { findPython } from '../../local/emulator/python.ts';
import { ensureVirtualEnvironment } from '../../local/emulator/virtual-environment.ts';
import { findTool, run, SCRIPT } from './script.ts';

const installed = findTool('shellcheck');
const canCheck = installed !== undefined || (await findPython()) !== undefined;
if (!canCheck) {
  const said = 'shellcheck is not installed, and there is no Python to install it with';
  if (process.env.CI) throw new Error(`${said}, and CI skips nothing`);
  console.log(`SKIPPED: ${said}`);
}

describe.runIf(canCheck)('shellcheck', () => {
  it('has nothing to say about the script', { timeout: 120_000 }, async ({ signal }) => {
    const shellcheck = installed ?? (await installShellcheck(signal));
    expect(await run(shellcheck, ['--shell=bash', SCRIPT], {})).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

/** Into `.local/`, the first time; the package has the program itself in it. @returns its path */
async function installShellcheck(signal: AbortSignal): Promise<string> {
  const directory = join(LOCAL, 'test-venv');
  const requirements = join(import.meta.dirname, 'requirements.txt');
  const progress = { step: () => {}, line: () => {} };
  await ensureVirtualEnvironment({ directory, requirements, progress, signal });
  return join(directory, 'bin', 'shellcheck');
}
