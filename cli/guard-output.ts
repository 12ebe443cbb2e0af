import { writeSync } from 'node:fs';

const FAILURE = 2;

/**
 * What a program of ours does when its output can't be written. Whoever read it has gone, as in `… | head -1`: then
 * the rest is dropped, and the program comes to its end, so that nothing stays half done and the exit code is the
 * true one. Anything else, such as a full disk, is told, and is no success.
 * @param whenUnread for a program that would not end by itself
 */
export function guardOutput(whenUnread: () => void = () => {}): void {
  const { stdout, stderr } = process;
  let failure: Error | undefined;
  stdout.on('error', (error) => {
    if (isGone(error)) whenUnread();
    else failure = error;
  });
  // There is nowhere left to tell it.
  stderr.on('error', () => {});
  process.on('exit', (code) => {
    // Where a program ends right after it has written, nothing of that was told yet.
    const error = failure ?? stdout.errored;
    if (!error || isGone(error)) return;
    tell(`✘ the output could not be written: ${error.message}\n`);
    if (code === 0) process.exitCode = FAILURE;
  });
}

function isGone(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE';
}

function tell(text: string): void {
  try {
    writeSync(process.stderr.fd, text);
  } catch {
    // Then the exit code alone says it.
  }
}
