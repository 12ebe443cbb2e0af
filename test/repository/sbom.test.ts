import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };

interface Bill {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } };
  readonly components: readonly {
    readonly 'bom-ref': string;
    readonly name: string;
    readonly version: string;
    readonly purl: string;
    readonly licenses?: readonly unknown[];
    readonly properties?: readonly { readonly name: string; readonly value: string }[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

let project: Bill;
let deployed: Bill;

beforeAll(() => {
  const out = mkdtempSync(join(inject('temporaryFolder'), 'sbom-'));
  const { status, stderr } = spawnSync(process.execPath, ['scripts/sbom.ts', '--out', out], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const read = (name: string): Bill => JSON.parse(readFileSync(join(out, `${name}.cdx.json`), 'utf8'));
  [project, deployed] = [read('project'), read('deployed')];
});

/** Names of the packages in the bundle of a function. */
const packagesOf = (name: string) =>
  deployed.components
    .filter(({ properties = [] }) =>
      properties.some((one) => one.name === 'knocknoc-okta-zones:function' && one.value === name),
    )
    .map((component) => component.name);

describe('npm run sbom', () => {
  it('makes two bills in CycloneDX, of this version of this project', () => {
    for (const bill of [project, deployed]) {
      expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: expect.stringMatching(/^1\.\d$/) });
      expect(bill.metadata.component).toMatchObject({ name: packageJson.name, version: packageJson.version });
      const refs = bill.components.map((component) => component['bom-ref']);
      expect(new Set(refs).size).toBe(refs.length);
      for (const { purl, version } of bill.components)
        expect(purl).toMatch(new RegExp(`^pkg:npm/.+@${version}(\\?|$)`));
    }
    expect(deployed.serialNumber).not.toBe(project.serialNumber);
  });

  it('has all that the project is built and tested with in the one, and what runs in the functions in the other', () => {
    const all = project.components.map(({ name }) => name);
    expect(all).toEqual(expect.arrayContaining(Object.keys(packageJson.devDependencies)));
    const inFunctions = deployed.components.map(({ name }) => name);
    expect(inFunctions).not.toContain('aws-cdk-lib');
    expect(inFunctions).not.toContain('typescript');
    for (const { name, version } of deployed.components) {
      expect(project.components, name).toContainEqual(expect.objectContaining({ name, version }));
    }
  });

  it('says which function has which package', () => {
    expect(packagesOf('webhook')).toEqual(expect.arrayContaining(['@middy/core', '@aws-sdk/client-sqs', 'ipaddr.js']));
    expect(packagesOf('gatekeeper')).toContain('ipaddr.js');
    expect(packagesOf('gatekeeper').filter((name) => name.startsWith('@aws-sdk/client'))).toEqual([]);
    for (const name of ['webhook', 'grants', 'expiry', 'zone'])
      expect(packagesOf(name).length, name).toBeGreaterThan(5);
  });

  it('has what only a configuration with keys in KMS brings into a function', () => {
    expect(packagesOf('zone')).toContain('@aws-sdk/client-kms');
    expect(packagesOf('webhook')).not.toContain('@aws-sdk/client-kms');
  });

  it('has the licence of each package that is deployed', () => {
    const unknown = deployed.components.filter(({ licenses = [] }) => licenses.length === 0);
    expect(unknown.map(({ name }) => name)).toEqual([]);
  });

  it('points to nothing that is not in it', () => {
    const refs = new Set(deployed.components.map((component) => component['bom-ref']));
    refs.add(deployed.dependencies.find(({ ref }) => ref.startsWith(packageJson.name))?.ref ?? '');
    for (const { ref, dependsOn } of deployed.dependencies) {
      expect([ref, ...dependsOn].filter((one) => !refs.has(one))).toEqual([]);
    }
  });
});
