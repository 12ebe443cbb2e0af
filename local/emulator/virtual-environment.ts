import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Progress } from '../running-system.ts';
import { run } from './child-process.ts';
import { REQUIREMENTS, ROOT, VIRTUAL_ENVIRONMENT } from './paths.ts';
import { requirePython } from './python.ts';

/** Holds the hash of the requirements that are installed. */
const MARKER = 'requirements.sha256';

export interface VirtualEnvironmentOptions {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Default: the one of the repository. */
  readonly directory?: string;
  readonly requirements?: string;
  /** Finds the Python to make it with. */
  readonly python?: () => Promise<string>;
}

/**
 * The emulator, installed: made on the first call and whenever the requirements change.
 * @returns path of the Python that has it
 * @throws {PythonMissing}
 */
export async function ensureVirtualEnvironment(options: VirtualEnvironmentOptions): Promise<string> {
  const { progress, signal, directory = VIRTUAL_ENVIRONMENT, requirements = REQUIREMENTS } = options;
  const hash = await requirementsHash(requirements);
  if (await isReady(directory, hash, signal)) return pythonOf(directory);
  const python = await (options.python ?? requirePython)();
  signal.throwIfAborted();
  progress.step(`installing the emulator with ${python} (once)`);
  await mkdir(dirname(directory), { recursive: true });
  // Made aside and put in place whole: neither an interruption nor a second start sees half of one.
  const draft = await mkdtemp(`${directory}-`);
  try {
    await install(draft, { python, requirements, signal });
    await writeFile(join(draft, MARKER), hash);
    await putInPlace(draft, directory, () => isReady(directory, hash, signal));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return pythonOf(directory);
}

/** What decides whether an installation is still the right one. Comments and line ends do not count. */
export async function requirementsHash(file = REQUIREMENTS): Promise<string> {
  const lines = (await readFile(file, 'utf8')).split(/\r?\n/).map((line) => line.trim());
  const pins = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return createHash('sha256').update(pins.join('\n')).digest('hex');
}

function pythonOf(directory: string): string {
  return join(directory, 'bin', 'python');
}

async function isReady(directory: string, hash: string, signal: AbortSignal): Promise<boolean> {
  const installed = await readFile(join(directory, MARKER), 'utf8').catch(() => '');
  if (installed !== hash) return false;
  try {
    // The Python that it was made from may have been updated or removed since.
    await run('the installed Python', pythonOf(directory), ['-I', '-c', ''], { cwd: ROOT, env: process.env, signal });
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

async function install(
  directory: string,
  { python, requirements, signal }: { python: string; requirements: string; signal: AbortSignal },
): Promise<void> {
  // The caller's variables stay: an index or a proxy of one's own is set there.
  const env = { ...process.env, PIP_USER: '0', PIP_NO_INPUT: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1' };
  const options = { cwd: ROOT, env, signal };
  await run('making a virtual environment', python, ['-I', '-m', 'venv', directory], options);
  // Nothing but the files whose hashes are known: a source archive would bring its build tools along.
  const pinned = ['--no-deps', '--require-hashes', '--only-binary', ':all:'];
  // Python compiles what it loads, and loads little of it.
  const arguments_ = ['-I', '-m', 'pip', 'install', ...pinned, '--no-compile', '--requirement', requirements];
  await run('installing the emulator', pythonOf(directory), arguments_, options);
}

async function putInPlace(draft: string, directory: string, takenByAnother: () => Promise<boolean>): Promise<void> {
  if (await takenByAnother()) return;
  await rm(directory, { recursive: true, force: true });
  try {
    await rename(draft, directory);
  } catch (error) {
    if (!(await takenByAnother())) throw error;
  }
}
