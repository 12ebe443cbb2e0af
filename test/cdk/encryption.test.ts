import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { problems } from '../config/problems.ts';
import { property, resourcesOf, templateWith } from './synthesised.ts';

const template = templateWith();

describe('at rest', () => {
  it('nothing turns off the encryption that AWS does by itself', () => {
    for (const [id, table] of resourcesOf(template, 'AWS::DynamoDB::Table')) {
      expect(property(table, 'SSESpecification', 'SSEEnabled') ?? true, id).toBe(true);
    }
    // Log groups, secrets and topics know no such switch; queues do, and have it on.
    for (const [id, queue] of resourcesOf(template, 'AWS::SQS::Queue')) {
      expect(queue.Properties.SqsManagedSseEnabled, id).toBe(true);
    }
  });
});

describe('on the way', () => {
  it('both topics and every queue refuse what comes without TLS, from whomever', () => {
    const denial = {
      Effect: 'Deny',
      Principal: Match.anyValue(),
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    const statement = Match.arrayWith([Match.objectLike(denial)]);
    const topics = resourcesOf(template, 'AWS::SNS::Topic');
    expect(topics).toHaveLength(2);
    for (const [id] of topics) {
      template.hasResourceProperties('AWS::SNS::TopicPolicy', {
        Topics: [{ Ref: id }],
        PolicyDocument: { Statement: statement },
      });
    }
    for (const [id] of resourcesOf(template, 'AWS::SQS::Queue')) {
      template.hasResourceProperties('AWS::SQS::QueuePolicy', {
        Queues: [{ Ref: id }],
        PolicyDocument: { Statement: statement },
      });
    }
  });

  it('the webhook has the address of API Gateway alone, which speaks nothing but TLS', () => {
    template.resourceCountIs('AWS::ApiGatewayV2::DomainName', 0);
    const [api] = resourcesOf(template, 'AWS::ApiGatewayV2::Api');
    expect(api?.[1].Properties).not.toHaveProperty('DisableExecuteApiEndpoint');
    expect(JSON.stringify(template.findOutputs('WebhookUrl'))).toContain('"https://"');
  });

  it('the functions call AWS where the SDK does by itself, and Okta by https', () => {
    const functions = resourcesOf(template, 'AWS::Lambda::Function');
    for (const [id, { Properties }] of functions) {
      expect(JSON.stringify(Properties.Environment), id).not.toMatch(/AWS_ENDPOINT_URL|http:/);
    }
    const okta = { domain: 'acme.okta.com', baseUrl: 'http://acme.okta.com' };
    expect(problems({ okta, acls: { a: { zoneIds: ['nzo1'] } } })).toEqual([expect.stringMatching(/^okta\.baseUrl: /)]);
  });
});
