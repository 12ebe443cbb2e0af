import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { fromFolder } from '../../cdk/function-code.ts';
import { KnocknocOkta } from '../../cdk/knocknoc-okta.ts';
import { CONFIG, EVERYTHING_SET, resourcesOf, templateWith } from './synthesised.ts';

const { kmsKeyArn: _, permissionsBoundaryArn: __, ...changes } = EVERYTHING_SET;
const bundles = fromFolder(inject('temporaryFolder'));

function templateIn(region: string, partition: string): Template {
  const context = { 'aws:cdk:bundling-stacks': [] };
  const app = new App({
    analyticsReporting: false,
    context,
    outdir: mkdtempSync(join(inject('temporaryFolder'), 'out-')),
  });
  const stack = new Stack(app, 'Stack', { stackName: 'KnocknocOkta', env: { account: '111122223333', region } });
  const arn = (service: string, rest: string) => `arn:${partition}:${service}:${region}:111122223333:${rest}`;
  const own = {
    kmsKeyArn: arn('kms', 'key/1234abcd-12ab-34cd-56ef-1234567890ab'),
    alarmTopicArn: arn('sns', 'alarms'),
    permissionsBoundaryArn: `arn:${partition}:iam::111122223333:policy/Boundary`,
  };
  const okta = { ...changes.okta, clientKey: 'kms' as const };
  new KnocknocOkta(stack, 'Okta', { config: { ...CONFIG, ...changes, ...own, okta }, bundles });
  return Template.fromStack(stack);
}

/** Every text in a template, but for what the customer's configuration says. */
function textsOf(template: Template): string[] {
  const { Metadata: _metadata, ...rest } = template.toJSON();
  return [...JSON.stringify(rest).matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text);
}

describe.each([
  ['us-gov-west-1', 'aws-us-gov', 'amazonaws.com'],
  ['cn-north-1', 'aws-cn', 'amazonaws.com.cn'],
])('in %s', (region, partition, suffix) => {
  let template: Template;
  let texts: string[];
  beforeAll(() => {
    template = templateIn(region, partition);
    texts = textsOf(template);
  });

  it('no ARN is of another partition', () => {
    expect(texts.filter((text) => /\barn:/.test(text)).length).toBeGreaterThan(3);
    expect(texts.filter((text) => /\barn:aws:/.test(text))).toEqual([]);
    expect(
      texts.flatMap((text) => text.match(/\barn:aws[\w-]*/g) ?? []).filter((found) => found !== `arn:${partition}`),
    ).toEqual([]);
  });

  it('the address of the webhook ends as the partition does', () => {
    const { WebhookUrl } = template.toJSON().Outputs;
    expect(JSON.stringify(WebhookUrl)).toContain('execute-api');
    expect(JSON.stringify(WebhookUrl)).toMatch(
      new RegExp(`AWS::URLSuffix|\\.${suffix.replaceAll('.', String.raw`\.`)}/`),
    );
  });

  it('services are called as principals are called everywhere, and nothing else names a domain of AWS', () => {
    const found = texts.flatMap((text) => text.match(/[\w.-]*amazonaws\.com(\.cn)?/g) ?? []);
    const principals = ['lambda', 'scheduler', 'cloudwatch', 'apigateway', 'sns', 'events'].map(
      (name) => `${name}.amazonaws.com`,
    );
    const through = ['dynamodb', 'sqs', 'secretsmanager'].map((name) => `${name}.${region}.`);
    const json = JSON.stringify(template.toJSON().Resources);
    for (const name of through) expect(json).toContain(`"${name}",{"Ref":"AWS::URLSuffix"}`);
    expect(
      found.filter((text) => ![...principals, ...through.map((name) => `${name}amazonaws.com`)].includes(text)),
    ).toEqual([]);
  });
});

it('a template for any region names none, and no partition', () => {
  const texts = textsOf(templateWith());
  expect(texts.filter((text) => /arn:aws|[a-z]{2}-[a-z]+-\d/.test(text))).toEqual([]);
  expect(resourcesOf(templateWith(), 'AWS::Lambda::Function').length).toBe(5);
});
