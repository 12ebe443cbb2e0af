import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPython, PythonMissing, parseProbe, requirePython } from '../../local/emulator/python.ts';

describe('what a Python says of itself', () => {
  it.each([
    ['3 10\n/usr/bin/python3\nvenv\n', { major: 3, minor: 10, executable: '/usr/bin/python3', hasVenv: true }],
    ['3 14\r\n/opt/python\r\nvenv\r\n', { major: 3, minor: 14, executable: '/opt/python', hasVenv: true }],
    ['4 0\n/opt/python4\nvenv\n', { major: 4, minor: 0, executable: '/opt/python4', hasVenv: true }],
    ['3 11\n/usr/bin/python3\n', { major: 3, minor: 11, executable: '/usr/bin/python3', hasVenv: false }],
  ])('understands %j', (output, python) => {
    expect(parseProbe(output)).toEqual(python);
  });

  it.each([
    ['3 9\n/usr/bin/python3\nvenv\n'],
    ['2 7\n/usr/bin/python\n'],
    [''],
    ['3 12\n'],
    ['Python 3.12.1\n'],
    ['xcode-select: note: no developer tools were found\n'],
  ])('takes %j for no usable Python', (output) => {
    expect(parseProbe(output)).toBeUndefined();
  });
});

describe('the search for Python', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'knocknoc-python-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function install(name: string, ...lines: string[]): Promise<void> {
    const file = join(folder, name);
    await writeFile(file, ['#!/bin/sh', ...lines].join('\n'));
    await chmod(file, 0o755);
  }

  it('takes the first that is new enough and can make virtual environments', async () => {
    await install('python3', 'printf "3 8\\n/old\\nvenv\\n"');
    await install('python3.13', 'printf "3 13\\n/bare\\n"', 'exit 1');
    await install('python3.11', 'printf "3 11\\n/good\\nvenv\\n"');
    await install('python', 'printf "3 12\\n/later\\nvenv\\n"');
    expect(await findPython(folder)).toBe('/good');
    expect(await requirePython(folder)).toBe('/good');
  });

  it('passes over a name that a version switcher knows but cannot run', async () => {
    await install('python3', 'echo "not installed" >&2', 'exit 127');
    await install('python', 'printf "3 10\\n/good\\nvenv\\n"');
    expect(await findPython(folder)).toBe('/good');
  });

  it('says when there is none', async () => {
    expect(await findPython(folder)).toBeUndefined();
    await expect(requirePython(folder)).rejects.toThrow(PythonMissing);
    await expect(requirePython(folder)).rejects.toThrow('needs Python 3.10 or later, and there is none on the PATH');
  });

  it('says when one lacks only the venv module, and how to get that', async () => {
    await install('python3', 'printf "3 11\\n/usr/bin/python3\\n"', 'exit 1');
    expect(await findPython(folder)).toBeUndefined();
    await expect(requirePython(folder)).rejects.toThrow(PythonMissing);
    await expect(requirePython(folder)).rejects.toThrow(
      /"venv" module, which \/usr\/bin\/python3 lacks.*python3\.11-venv/,
    );
  });
});
