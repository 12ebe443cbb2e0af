#!/usr/bin/env node
// The command line as a program of its own, from any folder. In a clone of this project the Node.js that comes with it
// runs the sources, as in an npm script, whatever Node.js starts this; in the package it is made already.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

const [programs, installed, main] = ['../node_modules/.bin', '../scripts/installed.js', 'main.ts'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

if (existsSync(installed)) {
  const env = { ...process.env, PATH: [programs, process.env.PATH ?? ''].join(delimiter) };
  const run = (...args) => spawnSync('node', args, { stdio: 'inherit', env }).status;
  // Ctrl-C is for the program; this one stays until that has come to its end.
  process.on('SIGINT', () => {});
  process.exitCode = run(installed) === 0 ? (run(main, ...process.argv.slice(2)) ?? 2) : 2;
} else {
  await import('../dist/cli/main.mjs');
}
