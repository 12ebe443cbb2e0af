import { readFileSync } from 'node:fs';

/** Those of these processes that still run. One that is dead but not collected yet is listed, and runs no more. */
export function running(pids: readonly number[]): number[] {
  return pids.filter((pid) => isListed(pid) && stateOf(pid) !== 'Z');
}

function isListed(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** As the kernel has it; undefined on a system without `/proc`, which collects the dead at once. */
function stateOf(pid: number): string | undefined {
  try {
    return / ([A-Z]) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, ''))?.[1];
  } catch {
    return undefined;
  }
}
