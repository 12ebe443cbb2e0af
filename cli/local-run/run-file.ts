import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where a local run can be operated from, and the token that shows who may. */
export interface OperatorAddress {
  readonly url: string;
  readonly token: string;
}

/** How a local run can be operated from another terminal. */
export type RunDescription = { readonly pid: number } & (
  | { readonly kind: 'embedded'; readonly operator: OperatorAddress }
  | {
      readonly kind: 'emulator';
      readonly endpoint: string;
      readonly region: string;
      readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
      readonly stackName: string;
      readonly webhookUrl: string;
    }
);

/** Where the local run of this repository says how it can be operated. Git ignores it. */
export const RUN_FILE = fileURLToPath(new URL('../../.local/run.json', import.meta.url));

/**
 * Others of this machine must not read it: it holds the token of the run.
 * @returns a function that takes it away again; undefined where another run, which is still there, has announced itself
 */
export async function announceRun(
  description: RunDescription,
  file = RUN_FILE,
): Promise<(() => Promise<void>) | undefined> {
  const other = await findRun(file).catch(() => undefined);
  if (other && other.pid !== description.pid && (await isThere(other))) return undefined;
  await mkdir(dirname(file), { recursive: true });
  // Beside it, so that nobody reads half of it. A file that is there keeps its mode when it is written to.
  const written = `${file}.${description.pid}`;
  await rm(written, { force: true });
  await writeFile(written, JSON.stringify(description), { mode: 0o600 });
  await rename(written, file);
  return async () => {
    // A later run may have put its own in the place.
    if ((await findRun(file))?.pid === description.pid) await rm(file, { force: true });
  };
}

/** @returns the local run, or undefined where none said, so that this version can read it, that it is there */
export async function findRun(file = RUN_FILE): Promise<RunDescription | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return runOf(text);
}

/** @returns undefined where it was cut off, or another version has written it otherwise */
function runOf(text: string): RunDescription | undefined {
  try {
    const run: RunDescription = JSON.parse(text);
    return URL.canParse(addressOf(run)) ? run : undefined;
  } catch {
    return undefined;
  }
}

function addressOf(run: RunDescription): string {
  return run.kind === 'embedded' ? run.operator.url : run.endpoint;
}

/** Whether a run listens. Its process number says nothing: another process may have it after a run was killed. */
function isThere(run: RunDescription): Promise<boolean> {
  const { port, hostname } = new URL(addressOf(run));
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
