import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureVirtualEnvironment, requirementsHash } from '../../local/emulator/virtual-environment.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'knocknoc-venv-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the requirements', () => {
  it('have the same hash with other comments and line ends, and another with another version', async () => {
    const hashOf = async (text: string) => {
      const file = join(folder, 'requirements.txt');
      await writeFile(file, text);
      return requirementsHash(file);
    };
    const hash = await hashOf('# why\na==1\nb==2\n');
    expect(await hashOf('a==1\r\n\r\n# other\r\nb==2')).toBe(hash);
    expect(await hashOf('a==1\nb==2.0\n')).not.toBe(hash);
    expect(await hashOf('a==1\n')).not.toBe(hash);
  });
});

describe('the virtual environment', () => {
  /**
   * A Python that knows nothing but to make "virtual environments" with a copy of itself, and to
   * write down what it is to install there. With a file `broken` beside it the installation fails.
   */
  const FAKE = `#!/bin/sh
shift
if [ "$1" = -c ]; then exit 0; fi
echo "$*" >> "${'$'}{0%/*}/calls"
case "$2" in
  venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  pip) test ! -e "$BROKEN" || { echo "no such package" >&2; exit 1; } ;;
esac
`;
  const steps: string[] = [];

  async function ensure(signal = new AbortController().signal): Promise<string> {
    const python = join(folder, 'python3');
    await writeFile(python, FAKE.replace('$BROKEN', join(folder, 'broken')));
    await chmod(python, 0o755);
    return ensureVirtualEnvironment({
      directory: join(folder, 'venv'),
      requirements: join(folder, 'requirements.txt'),
      progress: { step: (text) => steps.push(text), line: () => {} },
      signal,
      python: async () => python,
    });
  }

  const leftOvers = async () => (await readdir(folder)).filter((name) => name.startsWith('venv-'));

  beforeEach(async () => {
    steps.length = 0;
    await writeFile(join(folder, 'requirements.txt'), 'a==1\n');
  });

  it('is made once, and says so', async () => {
    const python = await ensure();
    expect(python).toBe(join(folder, 'venv/bin/python'));
    expect(await ensure()).toBe(python);
    expect(steps).toEqual([expect.stringContaining('installing the emulator')]);
    expect(await readFile(join(folder, 'venv/bin/calls'), 'utf8')).toBe(
      `-m pip install --no-deps --require-hashes --only-binary :all: --no-compile --requirement ${join(folder, 'requirements.txt')}\n`,
    );
    expect(await leftOvers()).toEqual([]);
  });

  it('is made again when the requirements change, and when its Python is gone', async () => {
    const python = await ensure();
    await writeFile(join(folder, 'requirements.txt'), 'a==2\n');
    await ensure();
    expect(steps.length).toBe(2);
    await rm(python);
    await ensure();
    expect(steps.length).toBe(3);
    await ensure();
    expect(steps.length).toBe(3);
  });

  it('is whole whoever comes first, when two want it at once', async () => {
    const made = await Promise.all([ensure(), ensure()]);
    expect(new Set(made).size).toBe(1);
    await ensure();
    expect(steps.length).toBe(2);
    expect(await leftOvers()).toEqual([]);
  });

  it('is not there when the installation fails, which says why; the next call tries again', async () => {
    await writeFile(join(folder, 'broken'), '');
    await expect(ensure()).rejects.toThrow(/installing the emulator failed \(exit code 1\)\n.*no such package/);
    expect(await leftOvers()).toEqual([]);
    expect(await readdir(folder)).not.toContain('venv');
    await rm(join(folder, 'broken'));
    await ensure();
  });

  it('is not begun after an abort', async () => {
    await expect(ensure(AbortSignal.abort(new Error('interrupted')))).rejects.toThrow('interrupted');
    expect(await readdir(folder)).not.toContain('venv');
    expect(await leftOvers()).toEqual([]);
  });
});
