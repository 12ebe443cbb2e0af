import { describe, expect, it } from 'vitest';
import { EvaluatedAlarm } from '../helpers/alarm-evaluator.ts';
import { widgetsOf } from './dashboard-widgets.ts';
import { rightsIn } from './rights.ts';
import { property, resourceOf, resourcesOf, templateWith } from './synthesised.ts';

const AUTHORIZER = 'AWS::ApiGatewayV2::Authorizer';
const OPEN = templateWith();
const GUARDED = templateWith({ allowFrom: ['203.0.113.0/24'] });

describe('without allowFrom', () => {
  it('the API asks nobody, and nothing of it is deployed or paid', () => {
    OPEN.resourceCountIs(AUTHORIZER, 0);
    expect(JSON.stringify(OPEN.toJSON().Resources)).not.toMatch(/gatekeeper/i);
    for (const [id, route] of resourcesOf(OPEN, 'AWS::ApiGatewayV2::Route')) {
      expect(route.Properties.AuthorizationType, id).toBe('NONE');
    }
  });
});

describe('with allowFrom', () => {
  it('no route leads past the gatekeeper', () => {
    const [id, { Properties }] = resourceOf(GUARDED, AUTHORIZER, 'Webhook');
    const routes = resourcesOf(GUARDED, 'AWS::ApiGatewayV2::Route');
    for (const [name, route] of routes) {
      expect(route.Properties, name).toMatchObject({ AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: id } });
    }
    expect(JSON.stringify(Properties.AuthorizerUri)).toContain('GatekeeperFunction');
  });

  it('the gatekeeper is asked once an hour for each address, and answers yes or no', () => {
    const [, { Properties }] = resourceOf(GUARDED, AUTHORIZER, 'Webhook');
    expect(Properties).toMatchObject({
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      // API Gateway knows it from the connection; nothing that a client writes is part of it.
      IdentitySource: ['$context.identity.sourceIp'],
      AuthorizerResultTtlInSeconds: 3600,
    });
  });

  it('another list is another authorizer: what was remembered for the old one is forgotten with the deploy', () => {
    const [first] = resourceOf(GUARDED, AUTHORIZER, 'Webhook');
    const [second] = resourceOf(templateWith({ allowFrom: ['198.51.100.0/24'] }), AUTHORIZER, 'Webhook');
    const [again] = resourceOf(
      templateWith({ allowFrom: ['203.0.113.0/24'], verifyMinutes: 7 }),
      AUTHORIZER,
      'Webhook',
    );
    expect(second).not.toBe(first);
    expect(again).toBe(first);
  });

  it('the gatekeeper may write its log and nothing else, and only this API may ask it', () => {
    expect(rightsIn(GUARDED, 'WebhookGatekeeper')).toEqual([
      'logs:CreateLogStream on WebhookGatekeeperLogs.Arn',
      'logs:PutLogEvents on WebhookGatekeeperLogs.Arn',
    ]);
    const mayAsk = resourcesOf(GUARDED, 'AWS::Lambda::Permission')
      .map(([, { Properties }]) => Properties)
      .filter(({ FunctionName }) => JSON.stringify(FunctionName).includes('GatekeeperFunction'));
    expect(mayAsk).toMatchObject([{ Action: 'lambda:InvokeFunction', Principal: 'apigateway.amazonaws.com' }]);
    expect(JSON.stringify(mayAsk[0]?.SourceArn)).toMatch(/"WebhookApi\w+"},"\/authorizers\/"/);
  });

  it('no stranger takes the account its concurrency, and the function of its own cannot be starved', () => {
    const [, lambda] = resourceOf(GUARDED, 'AWS::Lambda::Function', 'WebhookGatekeeper');
    expect(lambda.Properties.ReservedConcurrentExecutions).toBe(5);
    const small = templateWith({ allowFrom: ['203.0.113.0/24'], reservedConcurrency: false });
    const [, unreserved] = resourceOf(small, 'AWS::Lambda::Function', 'WebhookGatekeeper');
    expect(unreserved.Properties).not.toHaveProperty('ReservedConcurrentExecutions');
  });

  it('more requests are let through than without it, so that strangers crowd out fewer events', () => {
    const throttles = [OPEN, GUARDED].map((template) => {
      const [, stage] = resourceOf(template, 'AWS::ApiGatewayV2::Stage', 'Webhook');
      return Number(property(stage, 'DefaultRouteSettings', 'ThrottlingRateLimit'));
    });
    expect(throttles[1]).toBeGreaterThan(5 * (throttles[0] ?? Number.POSITIVE_INFINITY));
  });

  it.each([
    ['IPv4 alone where only such networks are listed', ['203.0.113.0/24'], undefined],
    ['IPv6 too where a sender is expected there', ['203.0.113.0/24', '2001:db8::/32'], 'dualstack'],
  ])('the API answers over %s', (_, allowFrom, type) => {
    const [, api] = resourceOf(templateWith({ allowFrom }), 'AWS::ApiGatewayV2::Api', 'Webhook');
    expect(api.Properties.IpAddressType).toBe(type);
  });

  it.each([
    ['gatekeeper-errors', 'Errors', 1],
    ['gatekeeper-throttles', 'Throttles', 10],
  ])('%s goes on at %s of the gatekeeper, %i in five minutes, and off by itself', (alarm, name, value) => {
    const [resource] = resourcesOf(GUARDED, 'AWS::CloudWatch::Alarm').flatMap(([, one]) =>
      one.Properties.AlarmName === `KnocknocOkta-${alarm}` ? [one] : [],
    );
    if (!resource) throw new Error(`no alarm ${alarm}`);
    const [id] = resourceOf(GUARDED, 'AWS::Lambda::Function', 'WebhookGatekeeper');
    const point = { namespace: 'AWS/Lambda', name, dimensions: { FunctionName: id }, value, at: 60_000 };
    const evaluated = new EvaluatedAlarm(resource);
    expect(evaluated.on([point], 0, 1_800_000)).not.toEqual([]);
    expect(evaluated.on([point], 1_200_000, 1_800_000)).toEqual([]);
    expect(evaluated.on([{ ...point, value: value - 1 }], 0, 1_800_000)).toEqual([]);
    expect(evaluated.on([{ ...point, dimensions: { FunctionName: 'another' } }], 0, 1_800_000)).toEqual([]);
  });

  it('the dashboard shows when the gatekeeper fails', () => {
    const [, dashboard] = resourceOf(GUARDED, 'AWS::CloudWatch::Dashboard', 'Dashboard');
    const metrics = widgetsOf(dashboard).find(({ properties }) => properties.title === 'Failed runs')?.properties
      .metrics;
    const shown = metrics?.map((metric) => metric.find((part) => String(part).startsWith('WebhookGatekeeperFunction')));
    expect(shown?.filter((id) => id !== undefined)).toHaveLength(1);
  });
});
