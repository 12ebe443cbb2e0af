import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { CommandFailed, ProcessGroup, run } from '../../local/emulator/child-process.ts';
import { PATIENT } from '../helpers/patient.ts';
import { running } from './emulator-harness.ts';

const options = { cwd: '/', env: { PATH: process.env.PATH } };
const never = new AbortController().signal;

/** A shell that starts another program, prints the numbers of both, and stays. */
function family(before = ''): { group: ProcessGroup; pids: Promise<number[]> } {
  const script = `${before} sleep 1000 & echo $$ $!; wait; wait`;
  const group = new ProcessGroup('sh', ['-c', script], { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  const pids = new Promise<number[]>((resolve) => {
    group.child.stdout?.once('data', (text: Buffer) => resolve(String(text).trim().split(' ').map(Number)));
  });
  return { group, pids };
}

describe('a process group', () => {
  it('ends with all that it started, however often it is told', async () => {
    const { group, pids } = family();
    expect(running(await pids)).toHaveLength(2);
    await Promise.all([group.stop(), group.stop()]);
    await group.stop();
    expect(running(await pids)).toEqual([]);
    expect(await group.ended).toEqual({ how: 'signal SIGTERM', ok: false });
  });

  it('is killed when it does not listen', async () => {
    const { group, pids } = family("trap '' TERM;");
    await pids;
    const started = performance.now();
    await group.stop(300);
    expect(performance.now() - started).toBeGreaterThan(250);
    expect(running(await pids)).toEqual([]);
  });

  it('leaves nothing behind when only its leader ends', async () => {
    const { group, pids } = family();
    const [leader = 0, other = 0] = await pids;
    process.kill(leader, 'SIGKILL');
    expect(await group.ended).toEqual({ how: 'signal SIGKILL', ok: false });
    await group.stop();
    expect(running([other])).toEqual([]);
  });

  it('that never started can be stopped', async () => {
    const group = new ProcessGroup('/nowhere/program', [], { ...options, stdio: 'ignore' });
    expect(await group.ended).toEqual({ how: expect.stringContaining('ENOENT'), ok: false });
    await group.stop();
  });
});

describe('a command', () => {
  it('gives what it wrote to standard output', async () => {
    expect(await run('saying it', 'sh', ['-c', 'echo out; echo err >&2'], { ...options, signal: never })).toBe('out\n');
  });

  it('that fails says what it was to do, how it ended and all that it printed', async () => {
    const failing = run('the step', 'sh', ['-c', 'echo out; echo err >&2; exit 3'], { ...options, signal: never });
    await expect(failing).rejects.toThrow(CommandFailed);
    const message = await failing.catch((error: Error) => error.message);
    expect(message).toMatch(/^the step failed \(exit code 3\)\n/);
    expect(message).toContain('out');
    expect(message).toContain('err');
  });

  it('that does not exist fails likewise', async () => {
    const failing = run('the step', '/nowhere/program', [], { ...options, signal: never });
    await expect(failing).rejects.toThrow(/^the step failed \(.*ENOENT/);
  });

  it('that is interrupted has ended, with all that it started, before the reason is thrown', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'knocknoc-child-'));
    const script = `sleep 1000 & echo $$ $! > ${folder}/pids; wait`;
    const stop = new AbortController();
    const reason = new Error('interrupted');
    try {
      const started = run('waiting', 'sh', ['-c', script], { ...options, signal: stop.signal });
      const pids = await vi.waitFor(async () => {
        const text = await readFile(join(folder, 'pids'), 'utf8');
        const two = text.split(/\s/).filter(Boolean).map(Number);
        expect(running(two)).toHaveLength(2);
        return two;
      }, PATIENT);
      stop.abort(reason);
      await expect(started).rejects.toBe(reason);
      expect(running(pids)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is not begun after an abort', async () => {
    const reason = new Error('interrupted');
    await expect(run('x', 'sh', ['-c', ':'], { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
