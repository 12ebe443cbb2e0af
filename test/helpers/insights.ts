import type { Fields } from '../../lib/ports.ts';

/** The little of CloudWatch Logs Insights that the saved queries use: filters, and `stats` with `latest`, `max` and `count`. */
export function insights(query: string, lines: readonly Fields[]): Fields[] {
  let rows = lines.map(
    (line) => ({ ...line, '@message': JSON.stringify(line), '@timestamp': line.timestamp }) as Fields,
  );
  for (const command of commandsOf(query)) {
    const [, verb = '', rest = ''] = /^(\w+) (.*)$/.exec(command) ?? [];
    if (verb === 'filter') rows = rows.filter((row) => rest.split(' or ').some((test) => holds(test, row)));
    else if (verb === 'stats') rows = grouped(rest, rows);
    else if (!['fields', 'sort', 'limit'].includes(verb)) throw new Error(`not understood: ${command}`);
  }
  return rows;
}

/** The fields of log lines that a query reads, but for those that CloudWatch adds and those that it makes itself. */
export function fieldsOf(query: string): string[] {
  const made = [...query.matchAll(/ as (\w+)/g)].map(([, name]) => name);
  const words = commandsOf(query).flatMap((command) => {
    const bare = command.replaceAll(/'[^']*'/g, '').replaceAll(/ as \w+/g, '');
    return [...bare.matchAll(/@?\b[a-zA-Z]+\b(?!\()/g)].map(([word]) => word);
  });
  const language = ['filter', 'fields', 'stats', 'sort', 'limit', 'by', 'or', 'in', 'like', 'asc', 'desc'];
  return [...new Set(words)].filter((word) => !word.startsWith('@') && ![...language, ...made].includes(word));
}

function commandsOf(query: string): string[] {
  return query.split('\n').flatMap((line) => (line.startsWith('#') ? [] : [line.replace(/^\| /, '')]));
}

function holds(test: string, row: Fields): boolean {
  const [, present] = /^ispresent\((\w+)\)$/.exec(test) ?? [];
  if (present !== undefined) return row[present] !== undefined;
  const [, field = '', operator, value = ''] = /^([@\w]+) (=|like|in) (.+)$/.exec(test) ?? [];
  const values = [...value.matchAll(/'([^']*)'/g)].map(([, text = '']) => text);
  if (operator === 'like') return values.some((text) => String(row[field] ?? '').includes(text));
  if (operator === undefined || values.length === 0) throw new Error(`not understood: ${test}`);
  return values.some((text) => row[field] === text);
}

function grouped(stats: string, rows: readonly Fields[]): Fields[] {
  const [what = '', by = ''] = stats.split(' by ');
  const keys = by.split(', ');
  const groups = Map.groupBy(rows, (row) => JSON.stringify(keys.map((key) => row[key] ?? null)));
  return [...groups.values()].map((group) => {
    const row: Record<string, unknown> = Object.fromEntries(keys.map((key) => [key, group[0]?.[key]]));
    for (const part of what.split(', ')) {
      const [, how, field = '', name = ''] = /^(latest|max|count)\((.+)\) as (\w+)$/.exec(part) ?? [];
      if (how === undefined) throw new Error(`not understood: ${part}`);
      const last = group.findLast((line) => line[field] !== undefined)?.[field];
      row[name] = how === 'count' ? group.length : last;
    }
    return row;
  });
}
