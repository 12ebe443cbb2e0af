import { describe, expect, it } from 'vitest';
import { CliFailure } from '../../cli/cli-failure.ts';
import { explain } from '../../cli/explain.ts';
import { ago, duration, moment } from '../../cli/moments.ts';
import { columns, harmless } from '../../cli/terminal.ts';
import { NOW } from '../helpers/events.ts';

describe('columns', () => {
  it('are as wide as their widest cell, whatever its colours, without spaces at the end', () => {
    expect(
      columns(
        [
          ['a', 'bb', ''],
          ['\u001b[1mccc\u001b[22m', 'd', 'e'],
        ],
        '  ',
      ),
    ).toBe('  a    bb\n  \u001b[1mccc\u001b[22m  d   e');
  });
});

describe('text of others', () => {
  it.each([
    ['alice@example.com', 'alice@example.com'],
    ['Zoë', 'Zoë'],
    ['\u001b[2Jgone', 'gone'],
    ['two\nlines\r', 'two?lines?'],
    ['\u009b31mred', 'red'],
  ])('%j cannot steer the terminal', (text, shown) => {
    expect(harmless(text)).toBe(shown);
  });
});

describe('moments', () => {
  it.each([
    [0, '0 s'],
    [-5_000, '0 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [90_000, '1 min 30 s'],
    [3_600_000, '1 h'],
    [8 * 3_600_000 + 5 * 60_000, '8 h 5 min'],
    [86_400_000 + 3_600_000, '1 d 1 h'],
  ])('%i ms are %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('are in UTC, to the second', () => {
    expect(moment(NOW)).toBe('2026-11-24 18:00:00Z');
    expect(ago(NOW - 12_000, NOW)).toBe('12 s ago');
  });
});

describe('an error', () => {
  const named = (name: string, message: string, more: object = {}) =>
    Object.assign(new Error(message), { name, ...more });

  it.each([
    [new Error('Region is missing'), 'AWS_REGION'],
    [named('CredentialsProviderError', 'Could not load credentials from any providers'), 'AWS_PROFILE'],
    [named('ExpiredTokenException', 'expired'), 'Sign in again'],
    [named('AccessDeniedException', 'not authorized to perform dynamodb:Query'), 'docs/cli.md#rights'],
    [
      new AggregateError([named('Error', 'connect ECONNREFUSED 127.0.0.1:9', { code: 'ECONNREFUSED' })]),
      'AWS_ENDPOINT_URL',
    ],
    [named('TimeoutError', 'socket timed out'), 'network'],
  ])('%s says what to do', (error, advice) => {
    expect(explain(error).advice).toContain(advice);
    expect(explain(error).exitCode).toBe(2);
  });

  it('of ours stays as it is, and one that nobody foresaw is told in full', () => {
    const own = new CliFailure('no', 'do this');
    expect(explain(own)).toBe(own);
    expect(explain(named('Strange', 'what happened')).message).toBe('Strange: what happened');
  });
});
