import { styleText } from 'node:util';
import type { LogLine } from './running-system.ts';

type Style = Parameters<typeof styleText>[0];

/** Colours only where a person looks, and not where they asked for none. */
function paint(style: Style, text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text;
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
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

/** One event of the pipeline as a person reads it; undefined for lines that are for machines. */
export function readable(line: LogLine): string | undefined {
  if (line._aws !== undefined || typeof line.message !== 'string') return undefined;
  const time = paint('dim', String(line.timestamp ?? '').slice(11, 19));
  if (typeof line.code === 'string') {
    return `${time} ${paint('red', line.code)} ${line.message}: ${line.detail}${about(line, ['acl', 'zoneId'])}`;
  }
  const known = DESCRIPTIONS[line.message];
  if (known) return `${time} ${paint(known.style, known.title.padEnd(12))}${about(line, known.fields)}`;
  return line.level === 'WARN'
    ? `${time} ${paint('yellow', line.message)}${about(line, ['acl', 'reason'])}`
    : undefined;
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
    return [`${paint('dim', `${field}=`)}${text}`];
  });
  return parts.length > 0 ? ` ${parts.join(' ')}` : '';
}
