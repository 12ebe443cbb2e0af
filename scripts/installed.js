// Runs before every npm script, on whatever Node.js is there: what is missing is said in one line, not in a stack trace.
import { existsSync } from 'node:fs';

// npm writes it last, so that it is there only after a complete install.
const isInstalled = existsSync(new URL('../node_modules/.package-lock.json', import.meta.url));
const missing = isInstalled ? missingNode() : 'The dependencies are not installed. Run `npm ci` first.';
if (missing) {
  console.error(missing);
  process.exitCode = 1;
}

/** A pinned Node.js stands first on the PATH of npm scripts, but not for every platform. */
function missingNode() {
  if (process.features.typescript) return undefined;
  const { version, platform, arch } = process;
  return `Node.js ${version} cannot run TypeScript, and this project brings none for ${platform}-${arch}. Install Node.js 24.`;
}
