#!/usr/bin/env node
// The command line as a program of its own, from any folder: whatever Node.js starts it, the one that comes with
// this project runs it, as in an npm script.
import { spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

const [programs, installed, main] = ['../node_modules/.bin', '../scripts/installed.js', 'main.ts'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const env = { ...process.env, PATH: [programs, process.env.PATH ?? ''].join(delimiter) };
const run = (...args) => spawnSync('node', args, { stdio: 'inherit', env }).status;

// Ctrl-C is for the program; this one stays until that has come to its end.
process.on('SIGINT', () => {});
process.exitCode = run(installed) === 0 ? (run(main, ...process.argv.slice(2)) ?? 2) : 2;
