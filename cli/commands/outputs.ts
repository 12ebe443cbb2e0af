import { CliFailure, usageFailure } from '../cli-failure.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { columns, jsonText, painter } from '../terminal.ts';

export interface OutputsOptions {
  /** Only this one, as its value alone. */
  readonly name?: string;
  readonly json: boolean;
}

/** What a stack tells of itself: its outputs, or one of them for a script. */
export const outputs: Command<OutputsOptions> = async ({ name: system, outputs: told }, { name, json }, here) => {
  const { terminal } = here;
  const names = Object.keys(told);
  if (name === undefined) {
    if (names.length === 0) throw new CliFailure(`${system} has no outputs`);
    const paint = painter(terminal);
    const rows = Object.entries(told).map(([key, value]) => [paint('bold', key), value]);
    terminal.out(json ? jsonText(told, 2) : columns(rows));
    return EXIT.fine;
  }
  const value = Object.hasOwn(told, name) ? told[name] : undefined;
  if (value === undefined) throw usageFailure(`${system} has no output ${name}`, `Its outputs: ${names.join(', ')}.`);
  terminal.out(json ? jsonText(value) : value);
  return EXIT.fine;
};
