import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { CliFailure } from './cli-failure.ts';
import { EXIT } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** Choices on the screen at once; the others come as one goes down. */
const MOST_SHOWN = 12;
const USUAL_COLUMNS = 80;
const [OWN_SCREEN, OLD_SCREEN] = ['\u001b[?1049h', '\u001b[?1049l'];
const CLEAR_SCREEN = '\u001b[2J\u001b[3J\u001b[H';

/** The terminal of this process. Questions go to standard error, so that standard output holds only the answer. */
export function processTerminal(environment: NodeJS.ProcessEnv): Terminal {
  const { stdin, stdout, stderr } = process;
  let isRead = true;
  stdout.on('error', () => {
    isRead = false;
  });
  const wantsColours = !environment.NO_COLOR && environment.TERM !== 'dumb';
  return {
    out: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    colours: wantsColours && stdout.isTTY === true,
    coloursInNotes: wantsColours && stderr.isTTY === true,
    // What was written before may have failed, and nobody been told yet.
    isRead: () => new Promise((resolve) => stdout.write('', (error) => resolve(isRead && !error && !stdout.errored))),
    width: stdout.isTTY === true && stdout.columns > 0 ? stdout.columns : undefined,
    timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    clear: () => {
      if (stdout.isTTY === true) stdout.write(CLEAR_SCREEN);
    },
    openScreen: () => {
      if (stdout.isTTY !== true) return () => {};
      stdout.write(OWN_SCREEN);
      let isOpen = true;
      const leave = () => {
        if (isOpen) stdout.write(OLD_SCREEN);
        isOpen = false;
      };
      // However the process ends, the person finds the old one.
      process.once('exit', leave);
      return leave;
    },
    canAsk: stdin.isTTY === true,
    ask: (question) => ask(question, stderr),
    askSecretly: async (question) => {
      stderr.write(question);
      // Line editing works as ever, but what it would draw goes nowhere.
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      try {
        return await ask('', nowhere);
      } finally {
        stderr.write('\n');
      }
    },
    choose: async (message, choices) => {
      // Loaded only when asked for: most commands ask nothing.
      const { isCancel, select } = await import('@clack/prompts');
      // Some terminals don't say how wide they are.
      stderr.columns ||= USUAL_COLUMNS;
      const options = choices.map(({ value, label }) => ({ value, label }));
      const chosen = await select({ message, options, output: stderr, maxItems: MOST_SHOWN, withGuide: false });
      if (isCancel(chosen)) throw new CliFailure('nothing was changed', undefined, { exitCode: EXIT.interrupted });
      return chosen;
    },
    readInput: () => readAll(stdin),
  };
}

async function ask(question: string, output: NodeJS.WritableStream): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY === true });
  const given = new AbortController();
  lines.on('SIGINT', () => given.abort());
  lines.on('close', () => given.abort());
  try {
    return await lines.question(question, { signal: given.signal });
  } catch (cause) {
    throw new CliFailure('nothing was changed', undefined, { exitCode: EXIT.interrupted, cause });
  } finally {
    lines.close();
  }
}
