import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { anchorsOf, DOCUMENTS, inlineCode, ownLinks, ROOT, readDocument, tableRows } from './documents.ts';

/** What in backticks is a path of this repository: a folder with its slash, or a file with a known ending. */
const PATH = /^[\w.-]+(?:\/[\w.-]+)*(?:\/|\.(?:json|ts|md|sh|py|txt|snap))$/;
/** What in backticks can only be the name of something in the code. (AWS begins its names with a capital.) */
const NAME = /^(?=.{1,40}$)[a-z]\w*[A-Z]\w*$/;
/** Of AWS, which the code has no need to name. */
const NAMES_OF_OTHERS = ['responseContext'];
/** Words that meant something once: what they are called now. */
const RETIRED: readonly (readonly [word: RegExp, now: string])[] = [
  [/\balarm (queue|message)s?\b/i, 'timer: an alarm is CloudWatch’s'],
  [/\balarms? (that )?(is|are) armed\b/i, 'timer: an alarm is CloudWatch’s'],
  [/\b(re)?sync(s|ed|ing|hronis\w*)?\b/i, 'rebuild, or pass'],
  [/\bsequences?\b(?! numbers?\b)/i, 'position; the sequence number is SQS’s'],
  [/\bset-token\b/, 'set-credentials'],
];
const wordsOfTheCode = new Set(
  globSync(['{agent,bench,cdk,cli,config,functions,lib,local,scripts,test}/**/*.{ts,js,sh,json}', '*.json'], {
    cwd: ROOT,
  })
    .filter((file) => !file.startsWith('test/docs/'))
    .flatMap((file) => readFileSync(join(ROOT, file), 'utf8').match(/\w+/g) ?? []),
);
/** Not in the repository, and that is the point of them. */
const ABSENT = ['config.json', ...gitIgnored()];

/** A path for each alternative in braces, such as `lib/{one,other}.ts`. */
function eachOf(code: string): string[] {
  const [, before, list, after] = /^([^{}]*)\{([^{}]+,[^{}]+)\}([^{}]*)$/.exec(code) ?? [];
  return list === undefined ? [code] : list.split(',').map((one) => `${before}${one}${after}`);
}

function gitIgnored(): string[] {
  return readFileSync(join(ROOT, '.gitignore'), 'utf8')
    .split('\n')
    .map((line) => line.replace(/^\//, ''));
}

describe.each(DOCUMENTS)('%s', (path) => {
  const text = readDocument(path);

  it('names only npm scripts that exist', () => {
    const named = [...text.matchAll(/\bnpm run (?:--\S+ )*([\w:-]+)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => !Object.hasOwn(packageJson.scripts, script))).toEqual([]);
  });

  it('links only to files and sections that exist', () => {
    const broken = ownLinks(path).filter(({ path: target, anchor }) => {
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(readDocument(target)).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names only paths that exist', () => {
    const missing = inlineCode(text)
      .flatMap(eachOf)
      .filter((code) => PATH.test(code))
      .filter(
        (name) =>
          !ABSENT.some((absent) => name === absent || (absent.endsWith('/') && name.startsWith(absent))) &&
          !existsSync(join(ROOT, name)),
      );
    expect(missing).toEqual([]);
  });

  it('names only what the code has', () => {
    const gone = inlineCode(text).filter(
      (code) => NAME.test(code) && !NAMES_OF_OTHERS.includes(code) && !wordsOfTheCode.has(code),
    );
    expect(gone).toEqual([]);
  });

  // What was changed may be told in its old words.
  it.runIf(path !== 'CHANGELOG.md')('uses no word that has gone', () => {
    const found = RETIRED.flatMap(([word, now]) => (word.exec(text) ? [`${word.exec(text)?.[0]}: ${now}`] : []));
    expect(found).toEqual([]);
  });

  it('uses no addresses, hosts or mailboxes of others', () => {
    const mailboxes = [...text.matchAll(/[\w.+-]+@([\w-]+\.[\w.-]+\w)/g)].map(([, host]) => host);
    expect(mailboxes.filter((host) => host !== 'example.com')).toEqual([]);
    const orgs = [...text.matchAll(/[\w-]+\.okta(?:preview)?\.com/g)].map(([host]) => host);
    expect(orgs.filter((host) => host !== 'acme.okta.com' && host !== 'status.okta.com')).toEqual([]);
  });
});

describe('docs/mutation-survivors.md', () => {
  it('has one row for each file', () => {
    const files = tableRows(readDocument('docs/mutation-survivors.md')).flatMap(([cell = '']) =>
      /^`.+\.ts`$/.test(cell) ? [cell] : [],
    );
    expect(files.length).toBeGreaterThan(50);
    expect(files.filter((file, index) => files.indexOf(file) !== index)).toEqual([]);
  });
});
