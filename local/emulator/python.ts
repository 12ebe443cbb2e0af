import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The oldest that the emulator runs on. */
const OLDEST = { major: 3, minor: 10 };
const CANDIDATES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
const PROBE = `import sys
print(sys.version_info.major, sys.version_info.minor)
print(sys.executable)
sys.stdout.flush()
import venv, ensurepip
print('venv')`;
const PROBE_TIMEOUT_MS = 15_000;

/** There is no Python that can run the emulator. The message says what to do. */
export class PythonMissing extends Error {
  override readonly name = 'PythonMissing';
}

/** What a Python says of itself. */
export interface Python {
  readonly major: number;
  readonly minor: number;
  /** Its own path, behind links and version switchers. */
  readonly executable: string;
  /** Whether it can make virtual environments (some systems package that apart). */
  readonly hasVenv: boolean;
}

/** Path of a Python that can run the emulator, or undefined. @param path where to look, as in PATH */
export async function findPython(path = process.env.PATH ?? ''): Promise<string | undefined> {
  return (await search(path)).usable;
}

/** Path of a Python that can run the emulator. @throws {PythonMissing} */
export async function requirePython(path = process.env.PATH ?? ''): Promise<string> {
  const { usable, withoutVenv } = await search(path);
  if (usable !== undefined) return usable;
  const wanted = `Python ${OLDEST.major}.${OLDEST.minor} or later`;
  if (withoutVenv === undefined) {
    throw new PythonMissing(`The emulator needs ${wanted}, and there is none on the PATH. Please install one.`);
  }
  const { executable, major, minor } = withoutVenv;
  throw new PythonMissing(
    `The emulator needs ${wanted} with its "venv" module, which ${executable} lacks. ` +
      `Please install it (on Debian and Ubuntu: apt install python${major}.${minor}-venv).`,
  );
}

/** Understands the output of the probe; undefined for anything else, and for a Python that is too old. */
export function parseProbe(output: string): Python | undefined {
  const [version = '', executable = '', venv] = output.split(/\r?\n/);
  const [, major, minor] = /^(\d+) (\d+)$/.exec(version) ?? [];
  if (major === undefined || minor === undefined || executable === '') return undefined;
  const python = { major: Number(major), minor: Number(minor), executable, hasVenv: venv === 'venv' };
  const newEnough = python.major === OLDEST.major ? python.minor >= OLDEST.minor : python.major > OLDEST.major;
  return newEnough ? python : undefined;
}

async function search(path: string): Promise<{ readonly usable?: string; readonly withoutVenv?: Python }> {
  let withoutVenv: Python | undefined;
  for (const name of CANDIDATES) {
    const python = parseProbe(await probe(name, path));
    if (python?.hasVenv) return { usable: python.executable };
    withoutVenv ??= python;
  }
  return withoutVenv === undefined ? {} : { withoutVenv };
}

/** @returns what it printed, also where it failed on the way; nothing where it could not be run */
async function probe(name: string, path: string): Promise<string> {
  try {
    // Isolated: neither the caller's folder nor its variables have a say in what is found.
    const env = { ...process.env, PATH: path };
    const { stdout } = await promisify(execFile)(name, ['-I', '-c', PROBE], { env, timeout: PROBE_TIMEOUT_MS });
    return stdout;
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
  }
}
