import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
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
  if (other && other.pid !== description.pid && isThere(other.pid)) return undefined;
  await mkdir(dirname(file), { recursive: true });
  // A file that is there keeps its mode when it is written to.
  await rm(file, { force: true });
  await writeFile(file, JSON.stringify(description), { mode: 0o600 });
  return async () => {
    // A later run may have put its own in the place.
    if ((await findRun(file))?.pid === description.pid) await rm(file, { force: true });
  };
}

/** @returns the local run, or undefined where none said that it is there */
export async function findRun(file = RUN_FILE): Promise<RunDescription | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return JSON.parse(text) as RunDescription;
}

/** Whether a process of this number runs, whoever's it is. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
