import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import ownApp from '../../examples/own-app/package.json' with { type: 'json' };
import { REPOSITORY, VERSION } from '../../lib/version.ts';
import packageJson from '../../package.json' with { type: 'json' };
import lock from '../../package-lock.json' with { type: 'json' };

it('the version is the same everywhere, and the newest of the changelog', () => {
  const [, newest] = /^## \[(\d[^\]]*)\]/m.exec(readFileSync('CHANGELOG.md', 'utf8')) ?? [];
  expect([packageJson.version, lock.version, newest]).toEqual([VERSION, VERSION, VERSION]);
  expect(ownApp.dependencies['knocknoc-okta-zones']).toBe(`file:knocknoc-okta-zones-${VERSION}.tgz`);
  const named = readFileSync('docs/organisation.md', 'utf8').matchAll(
    /(?:knocknoc-okta-zones|KnocknocOkta)-(\d+\.\d+\.\d+)/g,
  );
  expect(new Set([...named].map(([, version]) => version))).toEqual(new Set([VERSION]));
});

it('the address of the project is that of package.json, if that names one', () => {
  const { repository }: { repository?: unknown } & typeof packageJson = packageJson;
  const [, url] = /"(?:git\+)?(https:\/\/[^"]+?)(?:\.git)?"/.exec(JSON.stringify(repository) ?? '') ?? [];
  expect(REPOSITORY).toBe(url);
});
