import childProcess, { ChildProcess } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

/** Setup of the fast tests: whoever starts a process there is told where such tests belong. */
function refuse(): never {
  throw new Error('a fast test starts a process: name its file under PROCESSES in vitest.config.ts');
}

// What spawn, exec, execFile and fork have in common.
Object.defineProperty(ChildProcess.prototype, 'spawn', { value: refuse });
Object.assign(childProcess, { execFileSync: refuse, execSync: refuse, spawnSync: refuse });
syncBuiltinESMExports();
