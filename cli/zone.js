#!/usr/bin/env node
// The command line as a program of its own: whatever Node.js starts it, the one that comes with this
// project runs it, which reads TypeScript as it is.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
const main = fileURLToPath(new URL('main.ts', import.meta.url));
// Ctrl-C is for the program; this one stays until that has come to its end.
process.on('SIGINT', () => {});
const { status, error } = spawnSync(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
if (error) process.stderr.write(`${node} cannot be started (${error.message}): run npm ci first\n`);
process.exitCode = status ?? 2;
