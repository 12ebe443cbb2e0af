import { styleText } from 'node:util';
import { shownText } from '../cli/terminal.ts';
import { readable as onOneLine } from '../lib/failure-detail.ts';
import type { LogLine } from './running-system.ts';

type Style = Parameters<typeof styleText>[0];

/** Colours only where a person looks, and not where they asked for none. */
function paint(style: Style, text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text;
}

export function say(text: string): void {
  process.stdout.write(`${shownText(text)}\n`);
}

export function sayStep(text: string): void {
  say(`${paint('dim', '·')} ${text}`);
}

export function sayGood(text: string): void {
  say(`${paint('green', '✔')} ${text}`);
}

export function sayBad(text: string): void {
  say(`${paint('red', '✘')} ${text}`);
}

export function heading(text: string): string {
  return paint('bold', text);
}

/** One event of the pipeline as a person reads it, with its time; undefined for lines that are for machines. */
export function readable(line: LogLine): string | undefined {
  const described = describeLine(line);
  if (!described) return undefined;
  const { title, text, style } = described;
  return `${paint('dim', String(line.timestamp ?? '').slice(11, 19))} ${paint(style, title.padEnd(12))} ${text}`;
}

/** The same without its time: what it is, and about what; undefined for lines that are for machines. */
export function describeLine(line: LogLine): { title: string; text: string; style: Style } | undefined {
  if (line._aws !== undefined || typeof line.message !== 'string') return undefined;
  if (typeof line.code === 'string') {
    const text = `${line.message}: ${onOneLine(String(line.detail))}${about(line, ['acl', 'zoneId'])}`;
    return { title: line.code, text, style: 'red' };
  }
  const known = DESCRIPTIONS[line.message];
  if (known) return { title: known.title, text: about(line, known.fields).trimStart(), style: known.style };
  if (line.level !== 'WARN') return undefined;
  return { title: 'warning', text: `${line.message}${about(line, ['acl', 'reason'])}`, style: 'yellow' };
}

const DESCRIPTIONS: Readonly<Record<string, { title: string; style: Style; fields: readonly string[] }>> = {
  'event accepted': { title: 'accepted', style: 'cyan', fields: ['type', 'acl', 'ip', 'grantId', 'user'] },
  'event applied': { title: 'stored', style: 'cyan', fields: ['type', 'acl', 'ip', 'grantId', 'expiresAt'] },
  'event duplicate': { title: 'repeated', style: 'yellow', fields: ['type', 'acl', 'ip', 'grantId'] },
  'event overtaken': { title: 'overtaken', style: 'yellow', fields: ['type', 'acl', 'ip', 'grantId', 'by'] },
  'grant expired': { title: 'expired', style: 'magenta', fields: ['acl', 'ip', 'grantId', 'user', 'lateMs'] },
  'zone updated': { title: 'zone updated', style: 'green', fields: ['acl', 'zoneId', 'after', 'added', 'removed'] },
};

function about(line: LogLine, fields: readonly string[]): string {
  const parts = fields.flatMap((field) => {
    const value = line[field];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return [];
    const text = field === 'expiresAt' ? new Date(Number(value)).toISOString() : [value].flat().join(' ');
    return [`${paint('dim', `${field}=`)}${onOneLine(text)}`];
  });
  return parts.length > 0 ? ` ${parts.join(' ')}` : '';
}
