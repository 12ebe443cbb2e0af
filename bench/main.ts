import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { guardOutput } from '../cli/guard-output.ts';
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

const USAGE = `Usage: npm run bench -- [--json FILE] [NAME...]

Without a name all of them run: ${Object.keys(BENCHES).join(', ')}.
The tables go to the standard output as Markdown, and with everything else into a JSON file
(bench/results/latest.json where none is named). Ends with 1 where a goal is missed.`;

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'string', default: join(import.meta.dirname, 'results', 'latest.json') },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const unknown = positionals.filter((name) => !Object.hasOwn(BENCHES, name));
  if (unknown.length > 0) console.error(`There is no bench called ${unknown.join(', ')}.\n`);
  if (values.help || unknown.length > 0) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const results: Record<string, BenchResult> = {};
  for (const [name, { title, load }] of Object.entries(BENCHES)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const run = await load();
    const result = await run((text) => console.error(`${name}: ${text}`));
    results[name] = result;
    console.log(`## ${title}\n\n${markdownOf(result)}\n`);
  }
  mkdirSync(dirname(values.json), { recursive: true });
  const about = { node: process.version, platform: `${process.platform} ${process.arch}` };
  writeFileSync(
    values.json,
    `${JSON.stringify({ date: new Date().toISOString(), ...about, results }, undefined, 2)}\n`,
  );
  const missed = Object.values(results).flatMap(({ goals }) => goals.filter((goal) => !holds(goal)));
  for (const { what, measured, atMost } of missed) console.error(`missed: ${what}: ${measured}, at most ${atMost}`);
  return missed.length > 0 ? 1 : 0;
}

guardOutput();
process.exitCode = await main(process.argv.slice(2));
