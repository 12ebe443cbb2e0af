import { chmod, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aFolder, findTool } from './script.ts';

/** Everything that the script calls, besides openssl and perl, of which one is enough. */
const COMMON = ['bash', 'cat', 'curl', 'date', 'find', 'head', 'id', 'mkdir', 'od', 'rmdir', 'sleep', 'tr'];
export type Signer = 'openssl' | 'perl';

/** A folder to be the whole PATH: it has what the script needs, and of openssl and perl these only. */
export async function toolbox(...signers: readonly Signer[]): Promise<string> {
  const folder = await aFolder();
  for (const name of [...COMMON, ...signers]) await symlink(realTool(name), join(folder, name));
  return folder;
}

/** The same, and each tool writes its command line into a file before it does its work. */
export async function loggingToolbox(log: string, ...signers: readonly Signer[]): Promise<string> {
  const folder = await aFolder();
  for (const name of [...COMMON, ...signers]) {
    await install(folder, name, `printf '%s ' ${name} "$@" >>'${log}'; echo >>'${log}'`, `exec ${realTool(name)} "$@"`);
  }
  return folder;
}

/** A folder to stand first on a PATH, with a `date` of our own. */
export async function withDate(path: string, ...lines: readonly string[]): Promise<string> {
  const folder = await aFolder();
  await install(folder, 'date', ...lines, `exec ${realTool('date')} "$@"`);
  return `${folder}:${path}`;
}

async function install(folder: string, name: string, ...lines: readonly string[]): Promise<void> {
  const file = join(folder, name);
  await writeFile(file, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(file, 0o755);
}

export function realTool(name: string): string {
  const path = findTool(name);
  if (path === undefined) throw new Error(`there is no ${name} on this machine`);
  return path;
}
