import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import lock from '../../package-lock.json' with { type: 'json' };
import nodeJson from '../../tools/node/package.json' with { type: 'json' };

/** What is read of a package of the lock file. */
interface Locked {
  /** A folder of this project. */
  readonly link?: boolean;
  readonly resolved?: string;
  readonly version?: string;
  readonly integrity?: string;
  /** Lies in the archive of the package that brings it. */
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
  readonly bin?: unknown;
}

const all: readonly (readonly [string, Locked])[] = Object.entries(lock.packages);
const own = new Set(['', ...all.flatMap(([, { link, resolved = '' }]) => (link ? [resolved] : []))]);
const packages = all.filter(([path, { link }]) => !own.has(path) && !link);

describe('the lock file', () => {
  it('has the hash of every package', () => {
    expect(packages.length).toBeGreaterThan(100);
    expect(packages.filter(([, { integrity, inBundle }]) => !integrity && !inBundle)).toEqual([]);
  });

  it('brings no package whose install script may run', () => {
    const names = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
    const forbidden = Object.entries(packageJson.allowScripts).map(([name, allowed]) => [
      `node_modules/${name}`,
      allowed,
    ]);
    expect(Object.fromEntries(forbidden)).toEqual(Object.fromEntries(names.map((name) => [name, false])));
  });

  it('brings Node.js 24 as packages that have the program in them', () => {
    for (const name of Object.keys(nodeJson.optionalDependencies)) {
      const found: Locked | undefined = Object.fromEntries(packages)[`node_modules/${name}`];
      expect(found).toMatchObject({ version: expect.stringMatching(/^24\./), bin: { node: expect.any(String) } });
      expect(found?.hasInstallScript).toBeUndefined();
    }
  });

  it('is of a project that brings nothing to who installs it but what it is used with', () => {
    expect(packageJson).not.toHaveProperty('dependencies');
    expect(packageJson).not.toHaveProperty('optionalDependencies');
    const tried = packageJson.devDependencies;
    expect(packageJson.peerDependencies).toEqual({
      'aws-cdk-lib': `^${tried['aws-cdk-lib']}`,
      constructs: `^${tried.constructs}`,
    });
  });

  it('pins what is asked for to a version', () => {
    const versions: string[] = Object.values({ ...packageJson.devDependencies, ...nodeJson.optionalDependencies });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});

describe.each(
  ['local/emulator', 'test/agent', 'test/cdk', 'test/tables'].map((folder) => `${folder}/requirements.txt`),
)('%s', (path) => {
  it('has a version and hashes for every package', () => {
    const text = readFileSync(path, 'utf8')
      .replaceAll(/^#.*\n/gm, '')
      .replaceAll('\\\n', '');
    const lines = text.trim().split('\n');
    const pinned = /^[\w.-]+==[\w.]+( ; python_full_version < '3\.11')?(\s+--hash=sha256:[0-9a-f]{64})+$/;
    expect(lines.filter((line) => !pinned.test(line))).toEqual([]);
  });
});

it('the workflow pins each action to a commit, and says which version that is', () => {
  const folder = '.github/workflows';
  const text = readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8'));
  const used = text.join('').match(/\buses:.*/g) ?? [];
  expect(used.length).toBeGreaterThan(0);
  expect(used.filter((line) => !/^uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
});
