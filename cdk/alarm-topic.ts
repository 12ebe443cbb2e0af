import { Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

/** What an alarm says to whoever it wakes. */
export interface AlarmText {
  /** What it means for those who log in and out. */
  readonly impact: string;
  /** The first thing to do. */
  readonly firstStep: string;
  /** Heading in docs/errors.md. */
  readonly section: string;
}

export interface AlarmOptions {
  /** Follows the stack's name; it is the subject of the mail. */
  readonly name: string;
  readonly metric: IMetric;
  readonly text: AlarmText;
  readonly threshold: number;
  /** Alarm when the metric is below the threshold instead of at or over it. */
  readonly whenBelow?: boolean;
  /** Alarm when there is no metric at all: a dead man's switch. So is `whenBelow`. */
  readonly silenceIsBad?: boolean;
  /** Alarm only over the threshold, not at it. */
  readonly over?: boolean;
  /** Periods that are looked at; 1 where absent. */
  readonly periods?: number;
  /** How many of them must be bad; all where absent. */
  readonly badPeriods?: number;
}

export interface AlarmTopicProps {
  readonly email?: string | undefined;
  /** ARN of a topic that is there already. Its policy, and the key it is encrypted with, are its owner's. */
  readonly existing?: string | undefined;
  readonly key?: IKey | undefined;
}

/** The topic of all alarms of the stack: its own, or the customer's. */
export class AlarmTopic extends Construct {
  readonly topic: ITopic;
  readonly alarms: Alarm[] = [];

  constructor(scope: Construct, id: string, { email, existing, key }: AlarmTopicProps) {
    super(scope, id);
    this.topic = existing === undefined ? this.#own(key) : Topic.fromTopicArn(this, 'Existing', existing);
    if (email !== undefined) this.topic.addSubscription(new EmailSubscription(email));
  }

  #own(key: IKey | undefined): Topic {
    // No encryption with a key of KMS but the customer's: CloudWatch may not use the AWS managed one, an own one costs
    // a dollar a month, and what an alarm says is in the template anyway.
    const options = { displayName: 'Knocknoc Okta zones', enforceSSL: true, ...(key && { masterKey: key }) };
    const topic = new Topic(this, 'Topic', options);
    // A topic with a policy of its own loses the default one, by which alarms may publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    return topic;
  }

  /** An alarm beside the construct that it watches; tells the topic of trouble and of its end. */
  watch(scope: Construct, id: string, options: AlarmOptions): Alarm {
    const { name, metric, text, threshold, whenBelow = false, silenceIsBad = whenBelow, periods = 1 } = options;
    const comparisonOperator = whenBelow
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : options.over
        ? ComparisonOperator.GREATER_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD;
    const alarm = new Alarm(scope, id, {
      alarmName: `${Stack.of(this).stackName}-${name}`,
      alarmDescription: `${text.impact} First: ${text.firstStep} More: docs/errors.md, "${text.section}".`,
      metric,
      threshold,
      evaluationPeriods: periods,
      ...(options.badPeriods !== undefined && { datapointsToAlarm: options.badPeriods }),
      comparisonOperator,
      treatMissingData: silenceIsBad ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    const action = new SnsAction(this.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    this.alarms.push(alarm);
    return alarm;
  }
}
