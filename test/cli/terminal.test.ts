import { describe, expect, it } from 'vitest';
import { CliFailure } from '../../cli/cli-failure.ts';
import { explain } from '../../cli/explain.ts';
import { ago, duration, moment } from '../../cli/moments.ts';
import { cellOf, columns, guarded, harmless, jsonText, painter, shownText } from '../../cli/terminal.ts';
import { NOW } from '../helpers/events.ts';
import { FakeTerminal } from './fake-terminal.ts';

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

  it('are counted in the cells of a terminal', () => {
    const rows = [
      ['漢字', '1'],
      ['e\u0301te\u0301', '2'],
      ['👩‍👧', '3'],
      ['four', '4'],
    ];
    expect(columns(rows)).toBe('漢字  1\ne\u0301te\u0301   2\n👩‍👧    3\nfour  4');
  });
});

describe('text of others', () => {
  const STEERING = [
    '\u001b[2J',
    '\u009b31m',
    '\u202e',
    '\u2066',
    '\u200b',
    '\u061c',
    '\ufeff',
    '\r',
    '\u0007',
    '\u2028',
  ];

  it.each([
    ['alice@example.com', 'alice@example.com'],
    ['Zoë 漢字 😀', 'Zoë 漢字 😀'],
    ['\u001b[2Jgone', '�[2Jgone'],
    ['two\nlines\r', 'two lines '],
    ['\u009b31mred', '�31mred'],
    ['alice\u202emoc', 'alice�moc'],
  ])('%j cannot steer the terminal', (text, shown) => {
    expect(harmless(text)).toBe(shown);
  });

  it('shows in a cell no wider than most, by what a terminal shows, and says that there is more', () => {
    expect(cellOf('x'.repeat(48))).toBe('x'.repeat(48));
    expect(cellOf('x'.repeat(340))).toBe(`${'x'.repeat(47)}…`);
    expect(cellOf('漢'.repeat(24))).toBe('漢'.repeat(24));
    expect(cellOf('漢'.repeat(25))).toBe(`${'漢'.repeat(23)}…`);
    expect(cellOf(`a${'\u0301'.repeat(500)}`)).toBe('…');
    expect(cellOf('a\u202eb')).toBe('a�b');
  });

  it.each(STEERING)('is not passed on to a terminal, whoever forgot to take it out: %j', (steering) => {
    const terminal = new FakeTerminal();
    const { out, note } = guarded(terminal);
    out(`a${steering}b`);
    note(`a${steering}b`);
    expect(terminal.written).toEqual(terminal.noted);
    expect(terminal.written[0]).toMatch(/^a[� ].*b$/);
    expect(terminal.written[0]).not.toContain(steering);
  });

  it('leaves the colours and the lines of the command itself', () => {
    const text = `${painter({ colours: true })('red', 'no')}\n  and why`;
    expect(text).toContain('\u001b[31m');
    expect(shownText(text)).toBe(text);
  });

  it.each(STEERING)('is escaped in JSON, which stays the same JSON: %j', (steering) => {
    const value = { user: `a${steering}b😀é\u{e0041}` };
    const text = jsonText(value, 2);
    expect(JSON.parse(text)).toEqual(value);
    expect(text).toContain('😀é');
    expect(shownText(text)).toBe(text);
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
