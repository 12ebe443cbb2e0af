import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { filledIn } from '../../cli/stack-description.ts';
import { parseConfig } from '../../config/load.ts';
import { CONFIGURATION_METADATA } from '../../lib/names.ts';
import { askedConfig } from '../../scripts/build/asked.ts';
import { KEY_PREFIX, outProblem, packageTemplate } from '../../scripts/build/template.ts';
import { CONFIG, type Resource, templateWith } from './synthesised.ts';

interface Template {
  readonly Metadata: Readonly<Record<string, unknown>>;
  readonly Parameters: object;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Rules?: object;
  readonly Resources: Readonly<Record<string, Resource>>;
}

function functionsOf({ Resources }: Template): Resource[] {
  return Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
}

describe('the template with its assets', () => {
  const out = join(inject('temporaryFolder'), 'template-package');
  let template: Template;
  beforeAll(() => {
    const folder = mkdtempSync(join(inject('temporaryFolder'), 'code-'));
    const bundles = { folder, code: (name: string) => `exports.handler = () => '${name}';` };
    packageTemplate({ config: parseConfig(CONFIG), out, bundles });
    template = JSON.parse(readFileSync(join(out, 'template.json'), 'utf8'));
  });

  it('is told one thing, the bucket with the code, and wants no bootstrapped account', () => {
    expect(Object.keys(template.Parameters)).toEqual(['CodeBucket']);
    expect(template.Rules).toBeUndefined();
    expect(JSON.stringify(template)).not.toMatch(/cdk-hnb659fds|BootstrapVersion/);
  });

  it('has the archive of each function that the template names, with the code and the configuration in it', () => {
    const functions = functionsOf(template);
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

describe('a template for everybody', () => {
  const out = join(inject('temporaryFolder'), 'asking-template');
  let template: Template;
  let text: string;
  beforeAll(() => {
    const folder = mkdtempSync(join(inject('temporaryFolder'), 'code-'));
    const bundles = { folder, code: (name: string) => `exports.handler = () => '${name}';` };
    packageTemplate({ config: askedConfig({ verifyMinutes: 7 }), out, isAsking: true, bundles });
    text = readFileSync(join(out, 'template.json'), 'utf8');
    template = JSON.parse(text);
  });

  it('asks for what concerns one customer, with a pattern for each answer, and for nothing else', () => {
    expect(Object.keys(template.Parameters)).toEqual([
      ...['CodeBucket', 'OktaDomain', 'Acl', 'ZoneIds', 'AlarmEmail', 'ReservedConcurrency'],
    ]);
    expect(text).not.toMatch(/asked/i);
  });

  it.each([
    [
      'OktaDomain',
      ['acme.okta.com', 'id.acme.example', 'x.acme-admin.example', 'admin.okta.com'],
      [
        ...['acme', 'https://acme.okta.com', 'acme-admin.okta.com', 'your-org.okta.com', '-a.okta.com', 'a"b.okta.com'],
        ...['10.20.30.400', '10.0.0.1', 'Acme.okta.com'],
      ],
    ],
    ['Acl', ['okta-prod', 'a.b_c', '.x'], ['', '.', '..', '__proto__', 'a b', 'a"b', 'a#b', 'x'.repeat(65)]],
    [
      'ZoneIds',
      ['nzo1abcdefGHIJKLM0h7', 'nzo1,nzo2', 'nzo1,nzo11,nzo'],
      ['', 'nzo1,', 'nzo1, nzo2', 'nzo1;nzo2', 'a"b', 'nzo1,nzo1', 'nzo2,nzo1,nzo3,nzo1', 'nzo1,nzo1,nzo2'],
    ],
    [
      'AlarmEmail',
      ['ops@example.com', 'o.p+s@mail.example.com'],
      [
        'ops@example',
        'ops@example..com',
        'ops@-',
        '.@a.b',
        'ops',
        'ops@a@b',
        'o ps@example.com',
        'a"@b.c',
        'a,b@c.d',
        'a\n@b.c',
      ],
    ],
  ])('takes for %s what a configuration takes, and nothing that could end the text', (name, right, wrong) => {
    const { AllowedPattern = '' } = (template.Parameters as Record<string, { AllowedPattern?: string }>)[name] ?? {};
    const pattern = new RegExp(`^(?:${AllowedPattern})$`);
    expect(right.filter((value) => !pattern.test(value))).toEqual([]);
    expect(wrong.filter((value) => pattern.test(value))).toEqual([]);
  });

  it('gives each function the configuration that those answers make, as the command line reads it from the stack', () => {
    const answers = {
      ...{ OktaDomain: 'acme.okta.com', Acl: 'lab', ZoneIds: 'nzo1,nzo2', AlarmEmail: 'ops@example.com' },
      ReservedConcurrency: 'false',
    };
    const expected = parseConfig({
      ...{ stackName: 'Acme', okta: { domain: 'acme.okta.com' }, acls: { lab: { zoneIds: ['nzo1', 'nzo2'] } } },
      ...{ alarmEmail: 'ops@example.com', verifyMinutes: 7, reservedConcurrency: false },
    });
    const values = { ...answers, 'AWS::StackName': 'Acme', ZoneIds: 'nzo1","nzo2' };
    const substituted = (from: string) =>
      Object.entries(values).reduce((all, [name, value]) => all.replaceAll(`\${${name}}`, value), from);
    const functions = functionsOf(template);
    expect(functions).toHaveLength(5);
    for (const { Properties } of functions) {
      const { Variables } = Properties.Environment as {
        Variables: { KNOCKNOC_CONFIG: { 'Fn::Sub': [string, object] } };
      };
      const [config, { ZoneIds }] = Variables.KNOCKNOC_CONFIG['Fn::Sub'] as [string, { ZoneIds: unknown }];
      expect(JSON.parse(substituted(config))).toEqual(expected);
      expect(ZoneIds).toEqual({ 'Fn::Join': ['","', { 'Fn::Split': [',', { Ref: 'ZoneIds' }] }] });
    }
    expect(filledIn(template.Metadata[CONFIGURATION_METADATA], { ...answers, 'AWS::StackName': 'Acme' })).toEqual(
      expected,
    );
  });

  it('has code that reads it from there', () => {
    for (const name of readdirSync(join(out, 'code'))) {
      const code = Buffer.from(unzipSync(readFileSync(join(out, 'code', name)))['index.js'] ?? []).toString();
      expect(code).toMatch(
        /^"use strict";const KNOCKNOC_CONFIG=JSON\.parse\(process\.env\.KNOCKNOC_CONFIG\);\nexports\./,
      );
    }
  });

  it('has the same resources as any other, and names its alarms after the stack', () => {
    const own = Object.keys(templateWith({ alarmEmail: 'ops@example.com' }).toJSON().Resources);
    expect(Object.keys(template.Resources)).toEqual(own);
    const names = Object.values(template.Resources).flatMap(({ Type, Properties }) =>
      Type === 'AWS::CloudWatch::Alarm' ? [Properties.AlarmName] : [],
    );
    expect(names).toContainEqual({ 'Fn::Sub': `\${AWS::StackName}-OKTA001` });
    expect(names.filter((name) => typeof name === 'string')).toEqual([]);
  });

  it('serves forty zones: the zone function has the memory for them', () => {
    const ofZone = (one: Template) =>
      Object.entries(one.Resources).find(([id]) => id.startsWith('ZoneFunction'))?.[1].Properties.MemorySize;
    const zoneIds = Array.from({ length: 40 }, (_, n) => `nzo${n}`);
    expect(ofZone(template)).toBe(ofZone(templateWith({ acls: { lab: { zoneIds } } }).toJSON() as Template));
  });

  it('reserves concurrency or none, by its answer: a small quota has none to reserve', () => {
    const functions = functionsOf(template);
    const reserved = functions.map(({ Properties }) => Properties.ReservedConcurrentExecutions);
    const reserving = templateWith({ reservedConcurrency: true, acls: { lab: { zoneIds: ['nzo1'] } } });
    const own = functionsOf(reserving.toJSON() as Template).map(
      ({ Properties }) => Properties.ReservedConcurrentExecutions,
    );
    const none = { Ref: 'AWS::NoValue' };
    expect(reserved).toEqual(own.map((runs) => ({ 'Fn::If': ['ReservesConcurrency', runs, none] })));
    expect(template.Conditions?.ReservesConcurrency).toEqual({
      'Fn::Equals': [{ Ref: 'ReservedConcurrency' }, 'true'],
    });
  });

  it('has room in the environment of a function for the longest answers', () => {
    const functions = functionsOf(template);
    const most = (name: string) =>
      (template.Parameters as Record<string, { MaxLength?: number }>)[name]?.MaxLength ?? 64;
    for (const { Properties } of functions) {
      const { KNOCKNOC_CONFIG, ...others } = (Properties.Environment as { Variables: Record<string, unknown> })
        .Variables;
      const [text] = (KNOCKNOC_CONFIG as { 'Fn::Sub': [string] })['Fn::Sub'];
      const config = text.replaceAll(/\$\{([\w:]+)\}/g, (_, name) => 'x'.repeat(most(name)));
      // Forty zones have three signs between two of them where the answer has one. No name or address is over 200.
      const names = Object.entries(others).flatMap(([name, value]) => [
        name,
        typeof value === 'string' ? value : 'x'.repeat(200),
      ]);
      expect(['KNOCKNOC_CONFIG', config, 'x'.repeat(2 * 39), ...names].join('').length).toBeLessThan(4_096);
    }
  });

  it('says what it asks for, where it says how it is deployed', () => {
    const readme = readFileSync(join(out, 'README.md'), 'utf8');
    const needed = Object.entries(template.Parameters).filter(([, one]) => !('Default' in one));
    expect(needed).toHaveLength(5);
    for (const [name] of needed) expect(readme).toMatch(new RegExp(`"${name}=\\$\\w+"`));
    expect(readme).toContain('ReservedConcurrency=false');
    expect(readme).not.toMatch(/asked/i);
  });
});

describe('where a template is made', () => {
  const made = () => mkdtempSync(join(inject('temporaryFolder'), 'out-'));

  it('is a new folder, an empty one, or what was made there before', () => {
    const folder = made();
    expect([outProblem(join(folder, 'new')), outProblem(folder)]).toEqual([undefined, undefined]);
    writeFileSync(join(folder, 'template.json'), JSON.stringify({ Metadata: { [CONFIGURATION_METADATA]: {} } }));
    mkdirSync(join(folder, 'code'));
    expect(outProblem(folder)).toBeUndefined();
    writeFileSync(join(folder, 'token.txt'), '');
    expect(outProblem(folder)).toContain('token.txt');
  });

  it.each([
    ['somebody else’s', ['main.tf'], 'has something else in it'],
    ['a project with a read-me', ['README.md', 'LICENSE'], 'has something else in it'],
    ['a project with a template of its own', ['template.json', 'README.md', 'code'], 'has something else in it'],
  ])('is nowhere that a file could be lost: %s', (_, files, why) => {
    const folder = made();
    for (const file of files) writeFileSync(join(folder, file), '');
    expect(outProblem(folder)).toContain(why);
  });

  it('is no file, and has a name', () => {
    const file = join(made(), 'file');
    writeFileSync(file, '');
    expect([outProblem(file), outProblem('')]).toEqual([`${file} is no folder`, 'the folder has no name']);
  });
});
