import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import cdkJson from '../../cdk.json' with { type: 'json' };

const folder = mkdtempSync(join(tmpdir(), 'knocknoc-app-'));
afterAll(() => rmSync(folder, { recursive: true }));
const app = fileURLToPath(new URL('../../cdk/app.ts', import.meta.url));
const example = fileURLToPath(new URL('../../config.example.json', import.meta.url));
const good = join(folder, 'good.json');
writeFileSync(good, readFileSync(example, 'utf8').replace('your-org.okta.com', 'acme.okta.com'));

/** Runs the app as the CDK's command line does, in an empty folder and without bundling. */
function run(context: object) {
  const outdir = mkdtempSync(join(folder, 'out-'));
  const result = spawnSync(process.execPath, [app], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...cdkJson.context, 'aws:cdk:bundling-stacks': [], ...context }),
    },
  });
  return { ...result, outdir };
}

describe('the app', () => {
  it('synthesises the stack of the file it is given', () => {
    const { status, stderr, outdir } = run({ config: good });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(readFileSync(join(outdir, 'KnocknocOkta.template.json'), 'utf8')).toContain('WebhookUrl');
  });

  it('refuses the example as it stands', () => {
    const { status, stderr } = run({ config: example });
    expect(status).toBe(1);
    expect(stderr).toContain('okta.domain: "your-org.okta.com" is a placeholder');
  });

  it.each([['--config', 'own.json'], ['--config=own.json']])(
    'is not deployed with %s, which the CDK only warns of',
    (...named) => {
      const cdk = fileURLToPath(new URL('../../scripts/cdk.js', import.meta.url));
      const { status, stdout, stderr } = spawnSync(process.execPath, [cdk, 'deploy', ...named], { encoding: 'utf8' });
      expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
      expect(stderr).toContain('Name the file so: -c config=own.json');
    },
  );

  it('lists the problems of a bad file, without a stack trace, and fails', () => {
    writeFileSync(join(folder, 'bad.json'), '{"okta":{},"acls":{"a":{"zoneIds":[]}}}');
    const { status, stderr } = run({ config: 'bad.json' });
    expect(status).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'bad.json cannot be used (2 problems):',
      expect.stringMatching(/^ {2}okta\.domain: missing/),
      expect.stringMatching(/^ {2}acls\.a\.zoneIds: must name at least one zone/),
    ]);
  });

  it('fails on a file that was named but is not there', () => {
    const { status, stderr } = run({ config: 'absent.json' });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^absent\.json cannot be used.*\n {2}the file is not there; copy config\.example\.json.*\n$/,
    );
  });

  it('has a stack that cannot be deployed where there is no configuration yet, so that bootstrapping works', () => {
    const { stderr, outdir } = run({});
    expect(stderr).toContain('config.json: the file is not there');
    const manifest = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8')) as { artifacts: object };
    expect(Object.keys(manifest.artifacts)).toContain('NoConfiguration');
    expect(Object.keys(manifest.artifacts)).not.toContain('KnocknocOkta');
  });
});
