import { type BenchResult, type BenchTable, type Cell, type Goal, holds } from './bench-result.ts';

/** A result as Markdown, readable on a terminal and as it stands in docs/performance.md. */
export function markdownOf({ tables, goals }: BenchResult): string {
  const parts = tables.map(({ title, note, ...table }) => [`**${title}**`, grid(table), ...(note ? [note] : [])]);
  if (goals.length > 0) parts.push(['**Goals**', grid(goalsTable(goals))]);
  return parts.flat().join('\n\n');
}

function goalsTable(goals: readonly Goal[]): Pick<BenchTable, 'columns' | 'rows'> {
  return {
    columns: ['goal', 'measured', 'at most', 'holds'],
    rows: goals.map((goal) => [
      goal.what,
      [goal.measured, goal.unit ?? ''].join(' ').trim(),
      [goal.atMost, goal.unit ?? ''].join(' ').trim(),
      holds(goal) ? 'yes' : 'NO',
    ]),
  };
}

function grid({ columns, rows }: Pick<BenchTable, 'columns' | 'rows'>): string {
  const numeric = columns.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  const texts = rows.map((row) => columns.map((_, column) => text(row[column] ?? '')));
  const widths = columns.map((name, column) =>
    Math.max(3, name.length, ...texts.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number) =>
    numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  const line = (cells: readonly string[]) => `| ${cells.map(pad).join(' | ')} |`;
  const rule = widths.map((width, column) => (numeric[column] ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2)));
  return [line(columns), `|${rule.join('|')}|`, ...texts.map(line)].join('\n');
}

function text(cell: Cell): string {
  return typeof cell === 'number' ? cell.toLocaleString('en-US', { maximumFractionDigits: 8 }) : cell;
}
