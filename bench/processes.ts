import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';

/**
 * Runs a piece of CommonJS in a fresh process, in an environment with nothing of this one but the PATH.
 * @returns what it printed
 */
export function inFreshProcess(script: string, nodeOptions: readonly string[] = []): string {
  const { stdout, status, stderr } = spawnSync(process.execPath, [...nodeOptions, '-e', script], {
    cwd: tmpdir(),
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    env: { PATH: process.env.PATH, AWS_REGION: 'us-east-1' },
  });
  if (status !== 0) throw new Error(`the process failed: ${stderr}`);
  return stdout;
}
