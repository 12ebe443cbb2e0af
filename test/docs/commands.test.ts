import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { anchorsOf, DOCUMENTS, inlineCode, ownLinks, ROOT, readDocument } from './documents.ts';

/** What in backticks is a path of this repository: a folder with its slash, or a file with a known ending. */
const PATH = /^[\w.-]+(?:\/[\w.-]+)*(?:\/|\.(?:json|ts|md|sh|py|txt|snap))$/;
/** Not in the repository, and that is the point of them. */
const ABSENT = ['config.json', ...gitIgnored()];

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
      .filter((code) => PATH.test(code))
      .filter(
        (name) =>
          !ABSENT.some((absent) => name === absent || (absent.endsWith('/') && name.startsWith(absent))) &&
          !existsSync(join(ROOT, name)),
      );
    expect(missing).toEqual([]);
  });

  it('uses no addresses, hosts or mailboxes of others', () => {
    const mailboxes = [...text.matchAll(/[\w.+-]+@([\w-]+\.[\w.-]+\w)/g)].map(([, host]) => host);
    expect(mailboxes.filter((host) => host !== 'example.com')).toEqual([]);
    const orgs = [...text.matchAll(/[\w-]+\.okta(?:preview)?\.com/g)].map(([host]) => host);
    expect(orgs.filter((host) => host !== 'acme.okta.com' && host !== 'status.okta.com')).toEqual([]);
  });
});
