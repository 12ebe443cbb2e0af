import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ProcessGroup } from '../../local/emulator/child-process.ts';
import { RUN_EMULATOR } from '../../local/emulator/paths.ts';
import { findPython } from '../../local/emulator/python.ts';

const python = await findPython();

it.skipIf(python === undefined && process.env.CI === undefined)(
  'the emulator and its files go when the program that started it does',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'knocknoc-guard-'));
    // In the place of the emulator: a program that says it is up, then does nothing for a long time.
    await mkdir(join(folder, 'ministack/services/cloudformation'), { recursive: true });
    await writeFile(join(folder, 'ministack/services/cloudformation/provisioners.py'), '_RESOURCE_HANDLERS = {}\n');
    await mkdir(join(folder, 'run'));
    await writeFile(join(folder, 'ministack/__main__.py'), 'import time\nprint("up", flush=True)\ntime.sleep(1000)\n');
    await writeFile(join(folder, 'run/file'), '');
    const group = new ProcessGroup(python ?? 'python3', [RUN_EMULATOR, join(folder, 'run')], {
      cwd: folder,
      env: { PATH: process.env.PATH, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      if (group.child.stdout) await once(group.child.stdout, 'data');
      // What the system does to it when this process ends, in whatever way.
      group.child.stdin?.destroy();
      expect(await group.ended).toEqual({ how: 'signal SIGKILL', ok: false });
      expect(await readdir(folder)).toEqual(['ministack']);
    } finally {
      await group.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
