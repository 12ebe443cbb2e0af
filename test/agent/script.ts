import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const SCRIPT = join(import.meta.dirname, '..', '..', 'agent', 'knocknoc-okta.sh');

/** Whether this machine can run the script. Where it can't, a line says so; CI skips nothing. */
export const canRun = ((): boolean => {
  const wanting = ['bash', 'curl', 'openssl', 'perl'].filter((tool) => findTool(tool) === undefined);
  if (wanting.length === 0) return true;
  const said = `the tests of agent/knocknoc-okta.sh need ${wanting.join(' and ')}`;
  if (process.env.CI) throw new Error(`${said}, and CI skips nothing`);
  console.log(`SKIPPED: ${said}`);
  return false;
})();

/** Full path of a program on the PATH. */
export function findTool(name: string): string | undefined {
  const { status, stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
  return status === 0 && stdout.startsWith('/') ? stdout.trim() : undefined;
}

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Environment = Readonly<Record<string, string>>;

/** Runs the script as Knocknoc's agent does, with nothing in its environment but what is given here and a PATH. */
export function runScript(args: readonly string[], environment: Environment): Promise<Run> {
  return run('bash', [SCRIPT, ...args], environment);
}

export function run(program: string, args: readonly string[], environment: Environment): Promise<Run> {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
  });
}

/**
 * With this the script's pauses take no time, and its own clock goes on by them alone: not by what the machine takes.
 * @param log a file into which each pause is written, in seconds
 */
export async function virtualPauses(log = '/dev/null'): Promise<Environment> {
  const file = join(await aFolder(), 'pauses.sh');
  // Once it was unset, bash's own clock is a variable like any other.
  await writeFile(
    file,
    `unset SECONDS; SECONDS=0; sleep() { SECONDS=$((SECONDS + \${1%%.*})); echo "$1" >>'${log}'; }\n`,
  );
  return { BASH_ENV: file };
}

const folders: string[] = [];

/** A new folder, which is removed after the tests of the file that are running now. */
export async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'knocknoc-script-'));
  folders.push(folder);
  return folder;
}

export async function removeFolders(): Promise<void> {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
}

/** The one line that it says at the end. */
export function oneLine(text: string): string {
  return `knocknoc-okta.sh: ${text}\n`;
}
