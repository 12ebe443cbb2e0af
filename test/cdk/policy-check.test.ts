import { describe, expect, it } from 'vitest';
import { readDocument, sectionsOf } from '../docs/documents.ts';
import { rightsIn } from './rights.ts';
import { CONFIG, property, resourceOf, resourcesOf, templateWith, textOf } from './synthesised.ts';

const ASKED = { okta: { ...CONFIG.okta, checkPolicies: true } };
const ALARM = 'KnocknocOkta-policies';
const isAlarm = ([, { Properties }]: ReturnType<typeof resourcesOf>[number]) => Properties.AlarmName === ALARM;

describe('the daily check of policies', () => {
  it('is not there unless it is asked for', () => {
    expect(JSON.stringify(templateWith().toJSON().Resources)).not.toMatch(/policies function|PolicyFindings/);
  });

  it('may read the credentials for Okta and write its log, and nothing else', () => {
    expect(rightsIn(templateWith(ASKED), 'PoliciesRole')).toEqual([
      'logs:CreateLogStream on PoliciesLogs.Arn',
      'logs:PutLogEvents on PoliciesLogs.Arn',
      'secretsmanager:GetSecretValue on SecretsOktaToken.Id',
    ]);
  });

  it('may have its assertions signed where the key is in KMS', () => {
    const template = templateWith({ okta: { ...ASKED.okta, clientKey: 'kms' } });
    expect(rightsIn(template, 'PoliciesRole')).toContain('kms:Sign on OktaClientKeys1.Arn');
  });

  it('runs once a day, and a run that fails is not repeated', () => {
    const template = templateWith(ASKED);
    const [, schedule] = resourceOf(template, 'AWS::Scheduler::Schedule', 'Policies');
    expect(schedule.Properties.ScheduleExpression).toBe('rate(1 day)');
    const [, invoked] = resourceOf(template, 'AWS::Lambda::EventInvokeConfig', 'Policies');
    expect(invoked.Properties.MaximumRetryAttempts).toBe(0);
    expect(rightsIn(template, 'PoliciesSchedulerRole')).toEqual(['lambda:InvokeFunction on PoliciesFunction.Arn']);
  });

  it('has one run at a time, which starves nobody', () => {
    const [, lambda] = resourceOf(templateWith(ASKED), 'AWS::Lambda::Function', 'Policies');
    expect(lambda.Properties).toMatchObject({ ReservedConcurrentExecutions: 1, Timeout: 900 });
    expect(Object.keys(property(lambda, 'Environment', 'Variables') as object).toSorted()).toEqual([
      'OKTA_TOKEN_SECRET_ARN',
      'POWERTOOLS_SERVICE_NAME',
    ]);
  });

  it('has an alarm, whose section is in the runbook', () => {
    const [alarm] = resourcesOf(templateWith(ASKED), 'AWS::CloudWatch::Alarm').filter(isAlarm);
    const Properties = alarm?.[1].Properties ?? {};
    expect(Properties).toMatchObject({
      MetricName: 'PolicyFindings',
      Threshold: 1,
      Period: 86_400,
      DatapointsToAlarm: 1,
    });
    const [, section = ''] = /docs\/errors\.md, "([^"]+)"\.$/.exec(textOf(Properties.AlarmDescription)) ?? [];
    expect(sectionsOf(readDocument('docs/errors.md'), 2).get(section)).toContain('`{stack name}-policies`');
  });
});
