import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Argument } from '@commander-js/extra-typings';
import { guardOutput } from '../cli/guard-output.ts';
import { NOT_RUN, ownCommand } from '../cli/own-command.ts';
import { type Bench, type BenchResult, holds } from './bench-result.ts';
import { markdownOf } from './markdown.ts';

/** Loaded when it is asked for: no bench is to weigh on another. */
const BENCHES: Readonly<Record<string, { readonly title: string; readonly load: () => Promise<Bench> }>> = {
  costs: { title: 'Calls, requests and dollars', load: async () => (await import('./costs.ts')).run },
  memory: { title: 'Memory', load: async () => (await import('./memory.ts')).run },
  load: { title: 'Size and load time', load: async () => (await import('./load.ts')).run },
  lists: { title: 'Lists', load: async () => (await import('./lists.ts')).run },
  writer: { title: 'Many zones', load: async () => (await import('./writer.ts')).run },
  bursts: { title: 'Bursts of logins', load: async () => (await import('./bursts.ts')).run },
  waiting: { title: 'Senders that wait', load: async () => (await import('./waiting.ts')).run },
  throughput: { title: 'Throughput', load: async () => (await import('./throughput.ts')).run },
};

const ABOUT = `Measures, and prints tables in Markdown. Ends with 1 where a goal is missed.`;
const LATEST = join(import.meta.dirname, 'results', 'latest.json');

async function main(): Promise<number> {
  const program = ownCommand('npm run bench --', ABOUT, NOT_RUN)
    .addArgument(new Argument('[name...]', 'which ones (default: all)').choices(Object.keys(BENCHES)))
    .option('--json <file>', 'where all of it goes to (default: bench/results/latest.json)')
    .parse();
  const { json = LATEST } = program.opts();
  const results: Record<string, BenchResult> = {};
  for (const [name, { title, load }] of Object.entries(BENCHES)) {
    if (program.args.length > 0 && !program.args.includes(name)) continue;
    const run = await load();
    const result = await run((text) => console.error(`${name}: ${text}`));
    results[name] = result;
    console.log(`## ${title}\n\n${markdownOf(result)}\n`);
  }
  mkdirSync(dirname(json), { recursive: true });
  const about = { node: process.version, platform: `${process.platform} ${process.arch}` };
  writeFileSync(json, `${JSON.stringify({ date: new Date().toISOString(), ...about, results }, undefined, 2)}\n`);
  const missed = Object.values(results).flatMap(({ goals }) => goals.filter((goal) => !holds(goal)));
  for (const { what, measured, atMost } of missed) console.error(`missed: ${what}: ${measured}, at most ${atMost}`);
  return missed.length > 0 ? 1 : 0;
}

guardOutput();
process.exitCode = await main();
