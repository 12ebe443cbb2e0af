import { describe, expect, it } from 'vitest';
import { EXIT } from '../../cli/exit-codes.ts';
import { createProgram } from '../../cli/program.ts';
import { codeBlocks, DOCUMENTS, readDocument, sectionsOf, tableRows } from './documents.ts';

const program = createProgram(async () => {});
const manual = readDocument('docs/cli.md');
const sections = sectionsOf(manual, 2);
const section = (title: string) => sections.get(title) ?? '';
const commands = program.commands.map((command) => command.name());

interface Describes {
  readonly options: readonly {
    readonly flags: string;
    readonly description: string;
    readonly defaultValue?: unknown;
  }[];
}

/** As the help says it: flags, then what they mean. */
function optionsOf({ options }: Describes): string[][] {
  return options.map(({ flags, description, defaultValue }) => {
    const shown = typeof defaultValue === 'number' ? ` (default: ${defaultValue})` : '';
    return [`\`${flags}\``, `${description}${shown}`];
  });
}

function helpOf(name: string): string {
  const command = program.commands.find((one) => one.name() === name);
  let text = '';
  command?.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

describe('the manual of the command line', () => {
  it('has each command in its overview, with what its help says', () => {
    const rows = tableRows(manual.slice(0, manual.indexOf('\n## '))).filter(([name]) => name !== 'command');
    const described = program.commands.map((command) => [
      `[\`${command.name()}\`](#${command.name()})`,
      command.summary(),
    ]);
    expect(rows.map((row) => row.slice(0, 2))).toEqual(described);
  });

  it.each(commands)('has the options of %s, with what its help says of each', (name) => {
    const command = program.commands.find((one) => one.name() === name);
    const rows = tableRows(section(name)).filter(([option]) => option?.startsWith('`--'));
    expect(rows).toEqual(optionsOf(command ?? { options: [] }));
  });

  it.each(commands)('has the examples of the help of %s, and it has some', (name) => {
    const [, examples = ''] = helpOf(name).split('Examples:\n');
    const lines = examples.split('\n').flatMap((line) => line.trim() || []);
    expect(lines.length).toBeGreaterThan(0);
    expect(codeBlocks(section(name), 'sh').join('\n').split('\n')).toEqual(lines);
  });

  it('has the options that name the system', () => {
    expect(tableRows(section('The system that is meant')).slice(1)).toEqual(optionsOf(program));
  });

  it('has every exit code', () => {
    const rows = tableRows(section('What it prints')).slice(1);
    expect(rows.map(([code]) => code)).toEqual(Object.values(EXIT).map((code) => `\`${code}\``));
  });
});

describe.each(DOCUMENTS)('%s', (path) => {
  it('names only commands and options of the command line that exist', () => {
    const named = [...readDocument(path).matchAll(/npm run (?:--silent )?zone -- ([^\n`#|<>)]*)/g)];
    const wrong = named.flatMap(([, typed = '']) => {
      const words = typed.trim().split(/\s+/);
      const command = program.commands.find((one) => words.includes(one.name()));
      const needsNoCommand = ['COMMAND', '--help', '--version'].includes(words[0] ?? '');
      if (!command) return needsNoCommand ? [] : [typed];
      const known = [...program.options, ...command.options].flatMap(({ long }) => long ?? []);
      return words.filter((word) => word.startsWith('--') && word !== '--help' && !known.includes(word));
    });
    expect(wrong).toEqual([]);
  });
});
