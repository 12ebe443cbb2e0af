import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { bundleFunction, fromSources } from '../../cdk/bundle.ts';
import { type FunctionName, functionCode } from '../../cdk/function-code.ts';
import { parseConfig } from '../../config/load.ts';
import { CONFIG } from './synthesised.ts';

const folder = mkdtempSync(join(tmpdir(), 'knocknoc-bundle-'));
const functionsDir = join(folder, 'functions');
const require = createRequire(import.meta.url);

beforeAll(() => {
  writeSource(
    'main.ts',
    'export const handler = (n: number): unknown => [n + 1, KNOCKNOC_CONFIG.acls, typeof module];',
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function writeSource(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `declare const KNOCKNOC_CONFIG: { acls: unknown; verifyMinutes: number };\n${body}\n`);
  return path;
}

describe('a bundle', () => {
  const config = parseConfig(CONFIG);

  it('is CommonJS, and holds the configuration', () => {
    const outdir = join(folder, 'out');
    const { bytes, metafile } = bundleFunction({ entry: join(folder, 'main.ts'), outdir, config });
    const bundle = require(join(outdir, 'index.js')) as { handler(n: number): unknown };
    expect(bundle.handler(1)).toEqual([2, config.acls, 'object']);
    expect(readdirSync(outdir)).toEqual(['index.js']);
    expect(bytes).toBeGreaterThan(100);
    expect(Object.keys(metafile.inputs).some((file) => file.endsWith('main.ts'))).toBe(true);
  });

  it.each([
    ['secret', false],
    ['kms', true],
  ])('has the client for KMS only where keys are there: %s', (clientKey, hasIt) => {
    const own = parseConfig({ ...CONFIG, okta: { ...CONFIG.okta, clientKey } });
    const entry = join(import.meta.dirname, '../../functions/zone.ts');
    const { metafile } = bundleFunction({ entry, outdir: join(folder, clientKey), config: own });
    const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
    const bytes = inputs
      .filter(([file]) => file.includes('/client-kms/'))
      .map(([, { bytesInOutput }]) => bytesInOutput);
    expect(bytes.some((size) => size > 0)).toBe(hasIt);
  });

  it('says what is wrong with a source that cannot be built', () => {
    const entry = writeSource('broken.ts', "import { nothing } from './nowhere.ts';\nnothing();");
    expect(() => bundleFunction({ entry, outdir: join(folder, 'broken'), config })).toThrow(
      /Could not resolve ".\/nowhere.ts"/,
    );
  });
});

describe('the AWS clients in a bundle', () => {
  const NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;
  const outdir = join(folder, 'client');
  const credentials = (): Promise<unknown> => require(join(outdir, 'index.js')).handler();
  let inputs: string[];

  beforeAll(() => {
    const entry = join(import.meta.dirname, 'bundled-client.ts');
    inputs = Object.keys(bundleFunction({ entry, outdir, config: parseConfig(CONFIG) }).metafile.inputs);
  });
  afterEach(() => vi.unstubAllEnvs());

  it('take the credentials of the role from the environment, where Lambda puts them', async () => {
    for (const name of NAMES) vi.stubEnv(name, `the ${name}`);
    expect(await credentials()).toMatchObject({
      accessKeyId: 'the AWS_ACCESS_KEY_ID',
      secretAccessKey: 'the AWS_SECRET_ACCESS_KEY',
      sessionToken: 'the AWS_SESSION_TOKEN',
    });
  });

  it('say so where there are none', async () => {
    for (const name of NAMES) vi.stubEnv(name, undefined);
    await expect(credentials()).rejects.toThrow('Unable to find environment variable credentials');
  });

  it('bring none of what would look for credentials anywhere else', () => {
    expect(inputs.some((file) => file.includes('@aws-sdk/credential-provider-env/'))).toBe(true);
    expect(inputs.filter((file) => /nested-clients|credential-provider-(?!env)/.test(file))).toEqual([]);
  });
});

describe('the code of functions in one app', () => {
  const NAMES: readonly FunctionName[] = ['webhook', 'zone'];

  /** The hashes of the functions' code, as they would be deployed. */
  function hashes(verifyMinutes: number): string[] {
    const app = new App({ outdir: mkdtempSync(join(folder, 'cdk-')), analyticsReporting: false });
    const stack = new Stack(app, 'Stack');
    for (const name of NAMES) {
      const code = functionCode(name, fromSources(functionsDir), parseConfig({ ...CONFIG, verifyMinutes }));
      new LambdaFunction(stack, name, { code, runtime: Runtime.NODEJS_24_X, handler: 'index.handler' });
    }
    const template = JSON.stringify(app.synth().getStackByName('Stack').template);
    return [...template.matchAll(/"([0-9a-f]{64})\.zip"/g)].map(([, hash]) => String(hash));
  }

  it('differs from function to function and with the configuration, and with nothing else', () => {
    mkdirSync(functionsDir);
    for (const name of NAMES) {
      writeSource(`functions/${name}.ts`, `export const handler = () => ['${name}', KNOCKNOC_CONFIG.verifyMinutes];`);
    }
    const first = hashes(5);
    expect(new Set(first).size).toBe(2);
    expect(hashes(5)).toEqual(first);
    expect(hashes(6).filter((hash) => first.includes(hash))).toEqual([]);
  });
});
