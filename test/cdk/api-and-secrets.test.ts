import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/load.ts';
import { CONFIG, property, resourceOf, resourcesOf, templateWith } from './synthesised.ts';

const template = templateWith();

describe('the API', () => {
  it('has two routes: to the webhook function, and to the one that tells outcomes', () => {
    const routes = resourcesOf(template, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => {
      const [, target = ''] = /"(\w*Integration[0-9A-F]{8})"/.exec(JSON.stringify(Properties.Target)) ?? [];
      const [, integration] = resourceOf(template, 'AWS::ApiGatewayV2::Integration', target);
      expect(integration.Properties).toMatchObject({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' });
      const [, name] = /"(\w+Function)[0-9A-F]{8}"/.exec(JSON.stringify(integration.Properties.IntegrationUri)) ?? [];
      return [Properties.RouteKey, name];
    });
    expect(routes.toSorted()).toEqual([
      ['GET /webhook/events/{acl}/{webhookId}', 'OutcomeFunction'],
      ['POST /webhook', 'WebhookFunction'],
    ]);
  });

  it('throttles the two apart, so that no question for an outcome counts among the events', () => {
    const [, stage] = resourceOf(template, 'AWS::ApiGatewayV2::Stage', 'Webhook');
    const limits = { ThrottlingRateLimit: 150, ThrottlingBurstLimit: 300 };
    expect(stage.Properties.RouteSettings).toEqual({ 'GET /webhook/events/{acl}/{webhookId}': limits });
    // Settings of a route that is not there yet are refused.
    expect(JSON.stringify(stage.DependsOn)).toContain('GETwebhookevents');
  });

  it('throttles, and logs who came and what they got, but no body and no header', () => {
    const stages = resourcesOf(template, 'AWS::ApiGatewayV2::Stage');
    expect(stages).toHaveLength(1);
    const [, stage] = resourceOf(template, 'AWS::ApiGatewayV2::Stage', 'Webhook');
    expect(stage.Properties).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
    });
    const format = JSON.parse(String(property(stage, 'AccessLogSettings', 'Format'))) as Record<string, string>;
    expect(format).toMatchObject({ sourceIp: '$context.identity.sourceIp', status: '$context.status' });
    expect(Object.values(format).filter((value) => !/^\$context\.[A-Za-z.]+$/.test(value))).toEqual([]);
    expect(JSON.stringify(format)).not.toMatch(/header|body|querystring|authorizer/i);
  });
});

describe('the throttle of the API', () => {
  const [, stage] = resourceOf(template, 'AWS::ApiGatewayV2::Stage', 'Webhook');
  const [rate, burst] = ['ThrottlingRateLimit', 'ThrottlingBurstLimit'].map((name) =>
    Number(property(stage, 'DefaultRouteSettings', name)),
  ) as [number, number];

  it('lets five thousand logins in a minute through, also where they come unevenly', () => {
    expect(60 * rate + burst).toBeGreaterThanOrEqual(5_000);
    expect(rate).toBeGreaterThan(5_000 / 60);
    expect(burst).toBeGreaterThanOrEqual(2 * rate);
  });

  it('lets no more through at once than the FIFO queue takes in a second', () => {
    expect(rate).toBeGreaterThan(0);
    expect(Math.max(rate, burst)).toBeLessThanOrEqual(300);
  });
});

describe('the secrets', () => {
  it('generate a webhook key that is valid base64 by its alphabet and length', () => {
    const [, webhook] = resourceOf(template, 'AWS::SecretsManager::Secret', 'SecretsWebhook');
    const generate = webhook.Properties.GenerateSecretString as Record<string, unknown>;
    expect(generate).toMatchObject({
      SecretStringTemplate: '{}',
      GenerateStringKey: 'current',
      PasswordLength: 64,
      ExcludePunctuation: true,
      IncludeSpace: false,
    });
    const excluded = String(generate.ExcludeCharacters);
    const printable = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i));
    expect(printable.filter((char) => !excluded.includes(char)).join('')).toMatch(/^[A-Za-z0-9]{62}$/);
  });

  it('have no Okta token until someone sets one', () => {
    const [, token] = resourceOf(template, 'AWS::SecretsManager::Secret', 'SecretsOktaToken');
    expect(Object.keys(token.Properties)).toEqual(['Description']);
  });
});

describe('the template', () => {
  it('has exactly the outputs that clients rely on', () => {
    const outputs = template.findOutputs('*');
    expect(Object.keys(outputs).toSorted()).toEqual([
      'AlarmTopicArn',
      'CanWaitTopicArn',
      'DashboardName',
      'EventsQueueUrl',
      'GrantsTableName',
      'OktaCredentialsArn',
      'WebhookSecretArn',
      'WebhookUrl',
    ]);
    for (const { Description } of Object.values(outputs)) expect(Description).toMatch(/^[A-Z].{10,}/);
    expect(JSON.stringify(outputs.WebhookUrl)).toMatch(/\["https:\/\/",.*\.execute-api\..*"\/webhook"\]/);
    expect(JSON.stringify(outputs.OktaCredentialsArn)).toMatch(/"Fn::GetAtt":\["SecretsOktaToken\w+","Id"\]/);
    expect(JSON.stringify(outputs.WebhookSecretArn)).toMatch(/"Fn::GetAtt":\["SecretsWebhook\w+","Id"\]/);
  });

  it('holds nothing of a zone: neither a deploy nor a rollback can change who is let in', () => {
    const { Metadata, ...effective } = template.toJSON();
    const text = JSON.stringify(effective);
    const contents = [
      ...Object.values(CONFIG.acls).flatMap((acl) => acl.zoneIds),
      ...Object.keys(CONFIG.acls),
      '198.51.100.0',
      '192.0.2.77',
      CONFIG.okta.domain,
    ];
    for (const content of contents) expect(text).not.toContain(content);
  });

  it('tells the configuration that it was deployed with, every default included, in its metadata', () => {
    expect(template.toJSON().Metadata).toMatchObject({ 'KnocknocOkta::Configuration': parseConfig(CONFIG) });
  });

  it('fixes no account and no region', () => {
    // Hashes of bundles may hold any digits.
    const text = JSON.stringify(template.toJSON()).replaceAll(/[0-9a-f]{64}/g, 'HASH');
    expect(text.match(/\d{12}|[a-z]{2}-[a-z]+-\d/g)).toBeNull();
  });

  it('is named as configured', () => {
    const named = templateWith({ stackName: 'Acme-Zones' });
    const alarms = resourcesOf(named, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) =>
      String(Properties.AlarmName),
    );
    expect(alarms.filter((name) => !name.startsWith('Acme-Zones-'))).toEqual([]);
  });
});
