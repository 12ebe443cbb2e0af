import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SCRIPT } from './script.ts';

/** What bash 3.2, which macOS comes with, does not read. Nobody's CI has that bash, so the text is looked at. */
const TOO_NEW: readonly (readonly [string, RegExp])[] = [
  ['a bracket in a regular expression that is not in a variable', /=~ *[^ $]*\(/],
  ['a letter in another case', /\$\{\w+(?:\[[^\]]*\])?(?:,,?|\^\^?)/],
  ['a transformation', /\$\{\w+@\w\}/],
  ['a negative length or index', /\$\{\w+:[^}:]*: *-\d|\[-\d+\]/],
  ['an associative array, or a reference', /\b(?:declare|local|typeset|readonly) -[a-z]*[Ang]/],
  ['a newer command', /\b(?:mapfile|readarray|coproc)\b/],
  ['a newer variable', /\b(?:EPOCHSECONDS|EPOCHREALTIME|SRANDOM|BASHPID)\b/],
  ['a newer redirection', /\|&|&>>|\{\w+\}[<>]/],
  ['a time in printf', /printf [^\n]*%\([^)]*\)T/],
  ['a newer end of a case', /;;&|;&/],
  ['a test for a variable', /\[\[ (?:! )?-v /],
];

it.each(TOO_NEW)('the script has not what bash 3.2 does not read: %s', (_, pattern) => {
  const lines = readFileSync(SCRIPT, 'utf8')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, ''));
  expect(lines.filter((line) => pattern.test(line))).toEqual([]);
});

it('what bash 3.2 does not read would be found', () => {
  const [, regex] = TOO_NEW[0] ?? ['', /^$/];
  expect('[[ $1 =~ ^[0-9]{1,3}(/32)?$ ]]').toMatch(regex);
  expect('[[ $1 =~ $pattern && (a == b) ]]').not.toMatch(regex);
});
