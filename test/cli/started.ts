import { spawn } from 'node:child_process';
import { COMPILE_CACHE } from '../helpers/compiled-code.ts';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly notes: string;
}

/** Starts a program, with nothing of this process' environment but the path, and waits for its end. */
export function started(
  [program = '', ...args]: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd?: string,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, ...COMPILE_CACHE, ...environment };
    const child = spawn(program, args, { ...(cwd !== undefined && { cwd }), env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, notes] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      notes += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, notes }));
  });
}
