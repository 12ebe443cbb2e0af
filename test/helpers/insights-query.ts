import type { Fields } from '../../lib/ports.ts';

const FUNCTIONS = ['latest', 'max', 'min', 'pct', 'count', 'sum'];

/** The part of the language of CloudWatch Logs Insights that the dashboard uses; it refuses everything else. */
export class InsightsQuery {
  /** What the query reads of a line beside what it filters by. */
  readonly fields: readonly string[];
  readonly #filters: readonly ((line: Fields) => boolean)[];

  constructor(text: string) {
    const commands = text
      .split(/[|\n]/)
      .map((command) => command.trim())
      .filter(Boolean);
    this.#filters = commands.flatMap((command) => (command.startsWith('filter ') ? [condition(command.slice(7))] : []));
    const read = commands.flatMap((command) => fieldsOf(command));
    this.fields = [...new Set(read)].filter((field) => !field.startsWith('@'));
  }

  matches(line: Fields): boolean {
    return this.#filters.every((filter) => filter(line));
  }
}

function condition(text: string): (line: Fields) => boolean {
  const [, present] = /^ispresent\((\w+)\)$/.exec(text) ?? [];
  if (present) return (line) => line[present] !== undefined;
  const [, equal, value] = /^(\w+) = "([^"]*)"$/.exec(text) ?? [];
  if (equal) return (line) => line[equal] === value;
  const [, oneOf, list = ''] = /^(\w+) in (\[(?:"[^"]*"(?:, )?)+\])$/.exec(text) ?? [];
  if (oneOf) return (line) => JSON.parse(list).includes(line[oneOf]);
  throw new Error(`what is the condition ${text}?`);
}

function fieldsOf(command: string): string[] {
  const [, name, rest = ''] = /^(\w+) (.*)$/.exec(command) ?? [];
  if (name === 'fields') return rest.split(', ');
  if (name !== 'stats') {
    if (['SOURCE', 'filter', 'sort', 'limit'].includes(name ?? '')) return [];
    throw new Error(`what is the command ${command}?`);
  }
  const [aggregates = '', groups = ''] = rest.split(' by ');
  const calls = [...aggregates.matchAll(/(\w+)\(([^)]*)\) as \w+/g)];
  for (const [call, called = ''] of calls) if (!FUNCTIONS.includes(called)) throw new Error(`what is ${call}?`);
  const read = calls.flatMap(([, , of = '']) => of.split(', ').filter((field) => /^[a-z]\w*$/i.test(field)));
  return [...read, ...groups.split(', ').filter((group) => !/^bin\(\w+\)$/.test(group))];
}
