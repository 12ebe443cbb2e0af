import type { Widget } from './dashboard-widgets.ts';

/** Characters for each of the dashboard's 24 columns. */
const COLUMN = 4;

/** A dashboard as text: each widget where it stands, with its title and what it shows. */
export function drawing(widgets: readonly Widget[]): string {
  const rows = [...Map.groupBy(widgets, ({ y }) => y)].toSorted(([a], [b]) => a - b).map(([, row]) => row);
  return [...rows.flatMap((row) => [edge(row), ...boxes(row)]), edge(rows.at(-1) ?? [])].join('\n');
}

function edge(row: readonly Widget[]): string {
  return `${row.map(({ width }) => `+${'-'.repeat(width * COLUMN - 1)}`).join('')}+`;
}

function boxes(row: readonly Widget[]): string[] {
  const cells = row.map((widget) => ({
    room: widget.width * COLUMN - 3,
    lines: contents(widget).flatMap((line) => wrapped(line, widget.width * COLUMN - 3)),
  }));
  const height = Math.max(...cells.map(({ lines }) => lines.length));
  return Array.from(
    { length: height },
    (_, n) => `${cells.map(({ room, lines }) => `| ${(lines[n] ?? '').padEnd(room)} `).join('')}|`,
  );
}

function contents({ type, properties }: Widget): string[] {
  const { title = '', markdown, metrics = [], annotations, query = '' } = properties;
  if (markdown !== undefined)
    return markdown.split('\n').map((line) => line.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1'));
  if (type === 'alarm') return [title, 'the state of every alarm, the one for all that is urgent first'];
  if (query !== '')
    return [
      title,
      `log: ${[...query.matchAll(/ as (\w+)/g)].map(([, name]) => name).join(', ')}`.replace(/: $/, ' lines'),
    ];
  const labels = metrics.map((metric) => labelOf(metric.at(-1)));
  const lines = (annotations?.horizontal ?? []).map(({ value, label }) => `line at ${value}: ${label}`);
  return [title, labels.join(', '), ...lines];
}

function labelOf(options: unknown): string {
  return typeof options === 'object' && options !== null && 'label' in options ? String(options.label) : '?';
}

function wrapped(text: string, room: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    const longer = last === '' ? word : `${last} ${word}`;
    if (longer.length <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
