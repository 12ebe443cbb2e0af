import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { fetchHttp } from '../lib/adapters/fetch-http.ts';
import { calledOtherwise } from './called-otherwise.ts';
import { EXIT } from './exit-codes.ts';
import { findStacks, findTarget } from './find-target.ts';
import { guardOutput } from './guard-output.ts';
import { processTerminal } from './process-terminal.ts';
import { proxySettings, useProxies } from './proxies.ts';
import { runCli } from './run-cli.ts';
import { ASKS } from './shells.ts';

/** For what Ctrl-C ends in good order. */
const GRACE_MS = 500;

/** As it is in the package. */
const isCompiled = !import.meta.filename.endsWith('.ts');

guardOutput();
const terminal = processTerminal(process.env);
const stop = new AbortController();
const clock = {
  now: () => Date.now(),
  // Ctrl-C ends a pause too.
  sleep: (ms: number) => setTimeout(ms, undefined, { signal: stop.signal }).catch(() => undefined),
};
// What goes on until then ends by itself; anything else is not waited for.
process.once('SIGINT', () => {
  stop.abort();
  globalThis.setTimeout(() => process.exit(EXIT.interrupted), GRACE_MS).unref();
});
const [, , word, mark, ...words] = process.argv;
// A shell asks at each Tab: that needs nothing but the names.
if (word === ASKS && mark === '--') (await import('./completion.ts')).printSuggestions(words);
else
  process.exitCode = await runCli(
    process.argv.slice(2),
    {
      ...{ terminal: isCompiled ? calledOtherwise(terminal) : terminal, clock, http: fetchHttp, stop: stop.signal },
      ...{ newId: randomUUID, randomBytes },
    },
    (options) => {
      useProxies(proxySettings(process.env));
      return findTarget(options, process.env);
    },
    (options) => findStacks(options, process.env),
  );
