import { fileURLToPath } from 'node:url';

/** Root of the repository: where `cdk.json` is. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What running on this machine leaves: the installed emulator and its last log. Git ignores it. */
export const LOCAL = fileURLToPath(new URL('../../.local', import.meta.url));
export const VIRTUAL_ENVIRONMENT = fileURLToPath(new URL('../../.local/emulator-venv', import.meta.url));
export const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
export const RUN_EMULATOR = fileURLToPath(new URL('run-emulator.py', import.meta.url));
/** The programs of `npm ci`: the CDK's command line, and the Node.js that functions run on. */
export const NODE_PROGRAMS = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));
