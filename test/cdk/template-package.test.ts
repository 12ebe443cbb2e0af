import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { parseConfig } from '../../config/load.ts';
import { KEY_PREFIX, packageTemplate } from '../../scripts/build/template.ts';
import { CONFIG, type Resource, templateWith } from './synthesised.ts';

interface Template {
  readonly Parameters: object;
  readonly Rules?: object;
  readonly Resources: Readonly<Record<string, Resource>>;
}

describe('the template with its assets', () => {
  const out = join(inject('temporaryFolder'), 'template-package');
  let template: Template;
  beforeAll(() => {
    const folder = mkdtempSync(join(inject('temporaryFolder'), 'code-'));
    packageTemplate(parseConfig(CONFIG), out, { folder, code: (name) => `exports.handler = () => '${name}';` });
    template = JSON.parse(readFileSync(join(out, 'template.json'), 'utf8'));
  });

  it('is told one thing, the bucket with the code, and wants no bootstrapped account', () => {
    expect(Object.keys(template.Parameters)).toEqual(['CodeBucket']);
    expect(template.Rules).toBeUndefined();
    expect(JSON.stringify(template)).not.toMatch(/cdk-hnb659fds|BootstrapVersion/);
  });

  it('has the archive of each function that the template names, with the code and the configuration in it', () => {
    const functions = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
    const codes = functions.map(({ Properties }) => Properties.Code as { S3Bucket: unknown; S3Key: string });
    expect(codes).toHaveLength(5);
    for (const { S3Bucket, S3Key } of codes) {
      expect(S3Bucket).toEqual({ 'Fn::Sub': `\${CodeBucket}` });
      expect(S3Key.startsWith(KEY_PREFIX)).toBe(true);
      const files = unzipSync(readFileSync(join(out, 'code', S3Key.slice(KEY_PREFIX.length))));
      expect(Object.keys(files)).toEqual(['index.js']);
      expect(Buffer.from(files['index.js'] ?? []).toString()).toMatch(/KNOCKNOC_CONFIG=JSON\.parse\(.*nzoFIRST/);
    }
    expect(readdirSync(join(out, 'code'))).toHaveLength(codes.length);
  });

  it('is the stack that `npm run cdk -- deploy` makes: either goes on where the other left off', () => {
    const withoutCode = (resources: Readonly<Record<string, Resource>>) =>
      Object.fromEntries(
        Object.entries(resources).map(([id, { Type, Properties = {} }]) => [
          id,
          { Type, ...Properties, Code: undefined },
        ]),
      );
    expect(withoutCode(template.Resources)).toEqual(withoutCode(templateWith().toJSON().Resources));
  });

  it('says how it is deployed, and brings the script for the agent, by the settings that this reads', () => {
    const readme = readFileSync(join(out, 'README.md'), 'utf8');
    expect(readme).toContain(`s3://$BUCKET/${KEY_PREFIX}`);
    expect(readdirSync(out)).toEqual(expect.arrayContaining(['knocknoc-okta.sh', 'LICENSE']));
    const script = readFileSync(join(out, 'knocknoc-okta.sh'), 'utf8');
    const settings = readme.match(/\bKNOCKNOC_\w+/g) ?? [];
    expect(settings.length).toBeGreaterThan(1);
    expect(settings.filter((name) => !script.includes(name))).toEqual([]);
  });
});
