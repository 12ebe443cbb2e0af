import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { resourcesOf, stackWith, templateWith } from './synthesised.ts';

const BOUNDARY = 'arn:aws:iam::111122223333:policy/Boundary';
const changes = { permissionsBoundaryArn: BOUNDARY, allowFrom: ['203.0.113.0/24'] };
const boundaries = (template: Template) =>
  resourcesOf(template, 'AWS::IAM::Role').map(([, { Properties }]) => Properties.PermissionsBoundary);

describe('the permissions boundary', () => {
  it('holds every role of the stack', () => {
    const found = boundaries(templateWith(changes));
    expect(found.length).toBeGreaterThan(5);
    expect(new Set(found)).toEqual(new Set([BOUNDARY]));
  });

  it('holds roles that the CDK makes by itself, whoever asked for them', () => {
    const { stack } = stackWith(changes);
    const code = Code.fromInline('exports.handler = () => {}');
    new LambdaFunction(new Construct(stack.system, 'More'), 'Another', {
      code,
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
    });
    const found = boundaries(Template.fromStack(Stack.of(stack)));
    expect(found).toHaveLength(boundaries(templateWith(changes)).length + 1);
    expect(new Set(found)).toEqual(new Set([BOUNDARY]));
  });

  it('is on no role where there is none', () => {
    expect(new Set(boundaries(templateWith()))).toEqual(new Set([undefined]));
  });
});
