import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a program may take to end after it was asked to. */
const GRACE_MS = 4_000;
/** Killed processes end in milliseconds; only those that the system is slow to collect stay listed. */
const VANISH_MS = 300;
const LOOK_EVERY_MS = 20;
/** Of a program's output, what is kept for its error message. */
const KEPT_OUTPUT = 20_000;

export interface ProgramOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A program that ran and failed; the message ends with what it printed. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** A program that leads a process group of its own, so that all it starts ends with it. */
export class ProcessGroup {
  readonly child: ChildProcess;
  /** What it ended with, or undefined where it never started. Never rejects. */
  readonly ended: Promise<{ readonly how: string; readonly ok: boolean }>;
  #stopping: Promise<void> | undefined;

  constructor(command: string, args: readonly string[], options: ProgramOptions & { readonly stdio: StdioOptions }) {
    const { cwd, env, stdio } = options;
    this.child = spawn(command, [...args], { cwd, env: { ...env }, stdio, detached: true });
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => resolve({ how: error.message, ok: false }));
      this.child.once('exit', (code, signal) => {
        // At once: as long as something of the group is left, its number cannot have become another's.
        this.#signal('SIGKILL');
        resolve({ how: signal === null ? `exit code ${code}` : `signal ${signal}`, ok: code === 0 });
      });
    });
  }

  /** Ends the whole group: asks, then kills. Resolves when nothing of it runs any more. */
  stop(graceMs = GRACE_MS): Promise<void> {
    this.#stopping ??= this.#stop(graceMs);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.#signal('SIGTERM');
      const force = setTimeout(() => this.#signal('SIGKILL'), graceMs);
      await this.ended;
      clearTimeout(force);
    }
    for (let left = VANISH_MS; left > 0 && this.#signal(0); left -= LOOK_EVERY_MS) await sleep(LOOK_EVERY_MS);
  }

  /** @returns whether there is anything left that got the signal */
  #signal(signal: NodeJS.Signals | 0): boolean {
    if (this.child.pid === undefined) return false;
    try {
      return process.kill(-this.child.pid, signal);
    } catch {
      // No such group (ESRCH), or on macOS only dead members of it (EPERM).
      return false;
    }
  }
}

/**
 * Runs a program to its end. Its output is not shown; it is in the error when the program fails.
 * When `signal` aborts, it is stopped with all it started, and the reason is thrown after that.
 * @param what what it does, for the error message
 * @returns what it wrote to standard output
 */
export async function run(
  what: string,
  command: string,
  args: readonly string[],
  { signal, ...options }: ProgramOptions & { readonly signal: AbortSignal },
): Promise<string> {
  signal.throwIfAborted();
  const group = new ProcessGroup(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { all: '', standard: '' };
  group.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.standard += text;
    output.all = (output.all + text).slice(-KEPT_OUTPUT);
  });
  group.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.all = (output.all + text).slice(-KEPT_OUTPUT);
  });
  const closed = new Promise<void>((resolve) => {
    group.child.once('close', () => resolve());
    group.child.once('error', () => resolve());
  });
  let stopped: Promise<void> | undefined;
  const onAbort = () => {
    stopped = group.stop();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const { ok, how } = await group.ended;
  // The last of the output may come after the exit.
  await closed;
  signal.removeEventListener('abort', onAbort);
  if (stopped !== undefined) {
    await stopped;
    signal.throwIfAborted();
  }
  if (!ok) throw new CommandFailed(`${what} failed (${how})\n${output.all}`.trimEnd());
  return output.standard;
}
