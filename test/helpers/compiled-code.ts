import { fileURLToPath } from 'node:url';

/**
 * Where Node.js keeps what it has compiled. The tests start hundreds of processes, most of whose time would go into
 * compiling the same files.
 */
const COMPILED_CODE = fileURLToPath(new URL('../../node_modules/.cache/compiled-code', import.meta.url));

/** For a process that gets nothing else of this one's environment. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: COMPILED_CODE };

/** Vitest's workers, and the processes that they start, get it from here. */
export default function setUp(): void {
  Object.assign(process.env, COMPILE_CACHE);
}
