import { Validations } from 'aws-cdk-lib';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EVERYTHING_SET, stackWith } from './synthesised.ts';

const findings = (stack: ReturnType<typeof stackWith>['stack']) =>
  new AwsSolutionsChecks()
    .validateScope(stack)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} ${String(constructPath)}`),
    );

// As where it is deployed; the other tests leave CDK's own rules out.
beforeEach(() => void vi.stubEnv('CDK_VALIDATION', undefined));
afterEach(() => vi.unstubAllEnvs());

describe.each([
  ['as it comes', {}],
  ['with everything set the other way', EVERYTHING_SET],
])('the stack %s', (_, changes) => {
  it("has no finding of cdk-nag's AWS Solutions rules", () => {
    expect(findings(stackWith(changes).stack)).toEqual([]);
  });

  it('is synthesised with these rules and those of CloudFormation switched on', () => {
    const { app } = stackWith(changes);
    Validations.of(app).addPlugins(new AwsSolutionsChecks());
    expect(app.synth().stacks.map((stack) => stack.stackName)).toEqual(['KnocknocOkta']);
  });
});

describe('the checks', () => {
  it('find what is wrong', () => {
    const { stack } = stackWith();
    new CfnQueue(stack, 'Wrong');
    expect(findings(stack)).toEqual(['AwsSolutions-SQS3 KnocknocOkta/Wrong', 'AwsSolutions-SQS4 KnocknocOkta/Wrong']);
  });

  it('stop the synthesis', () => {
    const { app, stack } = stackWith();
    new CfnQueue(stack, 'Wrong', { visibilityTimeout: 99_999 });
    expect(() => app.synth()).toThrow(/VisibilityTimeout: 99999 is greater than the maximum/);
  });
});
