import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { fromSources } from '../../cdk/bundle.ts';
import { withConfig } from '../../cdk/function-code.ts';
import { VERSION } from '../../lib/version.ts';
import { checkTypes, type InstalledApp, installExample, runProgram, synthesise } from './installed-package.ts';

/** Of the archive, unpacked. More than that, and something is in it that nobody needs. */
const MOST_BYTES = 6_000_000;

/** As npm packs it, in `npm run test:full -- package`: that runs the compiler too. */
const packed = process.env.KNOCKNOC_PACKED !== undefined;

describe('the package in an app that has nothing else of this project', () => {
  let app: InstalledApp;
  let templates: Readonly<Record<string, string>>;
  beforeAll(() => {
    app = installExample(inject('temporaryFolder'), packed);
    templates = synthesise(app.folder);
  }, 300_000);

  it('makes the stack of the example, with the data in the same logical ids', () => {
    expect(Object.keys(templates).toSorted()).toEqual(['AcmeOktaZones']);
    for (const template of Object.values(templates)) {
      expect(JSON.parse(template).Resources).toHaveProperty('GrantsTableD874AEF1');
      expect(JSON.parse(template).Outputs).toHaveProperty('WebhookUrl');
    }
  });

  it('deploys the code that the app of this project deploys, with the configuration of the stack before it', () => {
    const folders = readdirSync(join(app.folder, 'cdk.out')).filter((name) => name.startsWith('asset.'));
    const deployed = folders.map((name) => readFileSync(join(app.folder, 'cdk.out', name, 'index.js'), 'utf8'));
    const configs = Object.values(templates).map((text) => JSON.parse(text).Metadata['KnocknocOkta::Configuration']);
    const code = fromSources().code('webhook', 'secret');
    expect(deployed).toContain(withConfig(code, configs[0]));
  });

  it('lets alarms and the dashboard name the command line as it is called here', () => {
    for (const text of Object.values(templates)) {
      expect(text).toContain('`npx knocknoc-okta-zone --stack AcmeOktaZones --region ');
      expect(text).not.toContain('npm run zone');
    }
  });

  it('is the one that the example asks for', () => {
    const { dependencies } = JSON.parse(readFileSync(join(app.folder, 'package.json'), 'utf8'));
    expect(dependencies['knocknoc-okta-zones']).toBe(`file:knocknoc-okta-zones-${VERSION}.tgz`);
  });

  it('starts the command line', () => {
    expect(runProgram(app, '--version')).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: '' });
  });

  it('calls itself what it is called here, in help and in what it proposes', () => {
    const { stdout } = runProgram(app, 'grant', '--help');
    expect(stdout).toContain('Usage: npx knocknoc-okta-zone grant');
    expect(stdout).toMatch(/^ {2}npx knocknoc-okta-zone grant --/m);
    expect(stdout).not.toContain('npm run zone');
  });

  it('finds the way to AWS: a stack that cannot be reached is told with what to do, not with a stack trace', () => {
    const { status, stderr } = runProgram(app, 'status', '--stack', 'AcmeOktaZones', '--region', 'eu-central-1');
    expect(status).toBe(2);
    expect(stderr).toMatch(/credentials/i);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('has a license for all that is in it', () => {
    const text = readFileSync(join(app.own, 'dist/third-party-licenses.txt'), 'utf8');
    for (const name of ['@aws-sdk/client-dynamodb', 'valibot', 'commander', 'ipaddr.js'])
      expect(text).toContain(`${name}@`);
    expect(
      text
        .match(/^\S+@\S+ \(.*\)$/gm)
        ?.filter((line) => !/\((Apache-2\.0|MIT|MIT-0|ISC|0BSD|BSD-3-Clause|BSD-2-Clause)\)/.test(line)),
    ).toEqual([]);
  });

  it.runIf(packed)('can be required as well as imported', () => {
    const script = "console.log(typeof require('knocknoc-okta-zones').KnocknocOkta)";
    expect(execFileSync(process.execPath, ['-e', script], { cwd: app.folder, encoding: 'utf8' })).toBe('function\n');
  });

  it.runIf(packed)('has types that a strict compiler takes', () => {
    expect(checkTypes(app.folder)).toBe('');
  });

  it.runIf(packed)('has what it is used by, and nothing else', () => {
    const files = readdirSync(app.own, { recursive: true, encoding: 'utf8' });
    const bytes = files
      .map((file) => statSync(join(app.own, file)))
      .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
    console.log(
      `the package: ${bytes} bytes unpacked, ${statSync(join(app.folder, `knocknoc-okta-zones-${VERSION}.tgz`)).size} packed`,
    );
    expect(bytes).toBeLessThan(MOST_BYTES);
    const sources = files.filter((file) => /\.ts$/.test(file) && !file.endsWith('.d.ts'));
    expect(sources).toEqual(['examples/own-app/app.ts']);
    expect(files.filter((file) => /test|local|bench|node_modules|\.map$/.test(file))).toEqual([]);
  });
});
