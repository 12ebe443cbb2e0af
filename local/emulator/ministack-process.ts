import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessGroup } from './child-process.ts';
import { emulatorEnvironment } from './environment.ts';
import { RUN_EMULATOR } from './paths.ts';

const START_TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 50;
/** The free port that was found may be taken by the time the emulator wants it. */
const ATTEMPTS = 3;
const LINES_SHOWN = 20;

export interface MinistackOptions {
  /** The Python that has it. */
  readonly python: string;
  /** For all files it makes; goes with it when this process dies. */
  readonly directory: string;
  readonly logFile: string;
  readonly signal: AbortSignal;
  /** Called when it ends although nobody stopped it. */
  readonly onLost: (how: string) => void;
}

/** The emulator, running. */
export interface Ministack {
  readonly endpoint: string;
  /** Ends it with all its workers. */
  stop(): Promise<void>;
}

/** Starts the emulator on a free port of loopback and waits until it answers. Leaves nothing when it fails. */
export async function startMinistack(options: MinistackOptions): Promise<Ministack> {
  await mkdir(dirname(options.logFile), { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    options.signal.throwIfAborted();
    const started = await startOnce(options);
    if (started !== undefined) return started;
    if (attempt === ATTEMPTS) {
      const log = (await readFile(options.logFile, 'utf8')).trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');
      throw new Error(`the emulator does not start; the end of ${options.logFile}:\n${log}`);
    }
  }
}

/** @returns undefined when it ended before it answered */
async function startOnce(options: MinistackOptions): Promise<Ministack | undefined> {
  const { python, directory, logFile, signal, onLost } = options;
  const port = await freePort();
  // A file of its own also where another system runs and writes to the one of this name.
  await rm(logFile, { force: true });
  const log = await open(logFile, 'a');
  let group: ProcessGroup;
  try {
    group = new ProcessGroup(python, ['-I', RUN_EMULATOR, directory], {
      cwd: directory,
      env: emulatorEnvironment(directory, port),
      // Standard input stays open and silent: its end tells the emulator that this process is gone.
      stdio: ['pipe', log.fd, log.fd],
    });
  } finally {
    await log.close();
  }
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    if (!(await isUp(endpoint, group, signal))) return undefined;
  } catch (error) {
    await group.stop();
    throw error;
  }
  let stopped = false;
  group.child.once('exit', (code, by) => {
    if (!stopped) onLost(by === null ? `exit code ${code}` : `signal ${by}`);
  });
  const stop = () => {
    stopped = true;
    return group.stop();
  };
  return { endpoint, stop };
}

/** @returns false when the program ended. @throws when it takes too long, and what the signal aborts with */
async function isUp(endpoint: string, group: ProcessGroup, signal: AbortSignal): Promise<boolean> {
  let ended = false;
  const end = group.ended.then(() => {
    ended = true;
  });
  for (let left = START_TIMEOUT_MS; left > 0; left -= LOOK_EVERY_MS) {
    signal.throwIfAborted();
    if (await answers(`${endpoint}/_ministack/health`)) return true;
    // Only the next look after the end says that it ended.
    if (ended) return false;
    await Promise.race([sleep(LOOK_EVERY_MS), end]);
  }
  throw new Error(`the emulator did not answer within ${START_TIMEOUT_MS / 1000} s`);
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
