import { Stack } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmBase,
  AlarmRule,
  AlarmState,
  Color,
  ComparisonOperator,
  CompositeAlarm,
  type HorizontalAnnotation,
  type IAlarm,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Subscription, SubscriptionProtocol, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Severity } from '../lib/error-codes.ts';
import { forStack } from './operator-command.ts';

/** What an alarm says to whoever it wakes. */
export interface AlarmText {
  readonly severity: Severity;
  /** What it means for those who log in and out. */
  readonly impact: string;
  /** The first thing to do. */
  readonly firstStep: string;
  /** Heading in docs/errors.md. */
  readonly section: string;
}

const ACCESS_DOES_NOT_WORK: AlarmText = {
  severity: 'urgent',
  impact: 'Access does not work: people who log in get none, or people who left keep it. One alarm or more says why.',
  firstStep: 'Run `npm run zone -- doctor`, or open the dashboard, and see which other alarms are on.',
  section: 'Access does not work',
};

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
  /** Subscribed to all alarms. */
  readonly email?: string | undefined;
  /**
   * A topic that is there already, or its ARN. Its policy, and the key it is encrypted with, are its owner's. All alarms go
   * there, unless another topic is named for what can wait.
   */
  readonly existing?: ITopic | string | undefined;
  /** Such a topic for the alarms that can wait. */
  readonly existingCanWait?: ITopic | string | undefined;
  readonly key?: IKey | undefined;
}

/** Where the alarms of the stack go, by severity: topics of its own, or the customer's. */
export class AlarmTopic extends Construct {
  readonly topics: Readonly<Record<Severity, ITopic>>;
  readonly alarms: Alarm[] = [];
  readonly #urgent: Alarm[] = [];
  /** By the alarm's name without the stack's. */
  readonly #thresholds = new Map<string, number>();

  constructor(scope: Construct, id: string, props: AlarmTopicProps) {
    super(scope, id);
    const { email, existing, key } = props;
    const urgent =
      existing === undefined ? this.#own('Topic', 'Knocknoc Okta zones', key) : this.#existing('Existing', existing);
    this.topics = { urgent, 'can wait': this.#forWhatCanWait(urgent, props) };
    if (email === undefined) return;
    this.#subscribe(email, urgent, 'Email');
    if (this.topics['can wait'] !== urgent) this.#subscribe(email, this.topics['can wait'], 'EmailCanWait');
  }

  /**
   * A topic of the app is its owner's: they may have subscribed the address already, and Amazon SNS keeps one subscription of
   * it. To all others the address is no part of the id: another template for the same stack names it in another way, and
   * would make a second subscription, which is the first one, and then delete it.
   */
  #subscribe(email: string, topic: ITopic, id: string): void {
    if (topic.node.scope === this) {
      new Subscription(this, id, { topic, protocol: SubscriptionProtocol.EMAIL, endpoint: email });
    } else if (!topic.node.tryFindChild(email)) topic.addSubscription(new EmailSubscription(email));
  }

  #forWhatCanWait(urgent: ITopic, { existing, existingCanWait = existing, key }: AlarmTopicProps): ITopic {
    if (existingCanWait === undefined) return this.#own('CanWait', 'Knocknoc Okta zones, can wait', key);
    return existingCanWait === existing ? urgent : this.#existing('ExistingCanWait', existingCanWait);
  }

  #existing(id: string, topic: ITopic | string): ITopic {
    return typeof topic === 'string' ? Topic.fromTopicArn(this, id, topic) : topic;
  }

  #own(id: string, displayName: string, key: IKey | undefined): Topic {
    // No encryption with a key of KMS but the customer's: CloudWatch may not use the AWS managed one, an own one costs
    // a dollar a month, and what an alarm says is in the template anyway.
    const topic = new Topic(this, id, { displayName, enforceSSL: true, ...(key && { masterKey: key }) });
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

  /** An alarm beside the construct that it watches; tells the topic of its severity of trouble and of its end. */
  watch(scope: Construct, id: string, options: AlarmOptions): Alarm {
    const { name, metric, text, threshold, whenBelow = false, silenceIsBad = whenBelow, periods = 1 } = options;
    const comparisonOperator = whenBelow
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : options.over
        ? ComparisonOperator.GREATER_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD;
    const alarm = new Alarm(scope, id, {
      alarmName: `${Stack.of(this).stackName}-${name}`,
      alarmDescription: description(text, this),
      metric,
      threshold,
      evaluationPeriods: periods,
      ...(options.badPeriods !== undefined && { datapointsToAlarm: options.badPeriods }),
      comparisonOperator,
      treatMissingData: silenceIsBad ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    this.#tell(alarm, text.severity);
    this.alarms.push(alarm);
    this.#thresholds.set(name, threshold);
    if (text.severity === 'urgent') this.#urgent.push(alarm);
    return alarm;
  }

  /**
   * One alarm for all urgent ones: on from the first of them to the end of the last. Made after all others.
   * @returns it, by its name: an emulator that deploys the stack anew knows no other way to its ARN
   */
  watchAccess(): IAlarm {
    const compositeAlarmName = `${Stack.of(this).stackName}-access-does-not-work`;
    const alarm = new CompositeAlarm(this, 'Access', {
      compositeAlarmName,
      alarmDescription: description(ACCESS_DOES_NOT_WORK, this),
      alarmRule: AlarmRule.anyOf(...this.#urgent.map((one) => AlarmRule.fromAlarm(one, AlarmState.ALARM))),
    });
    this.#tell(alarm, 'urgent');
    return CompositeAlarm.fromCompositeAlarmName(this, 'AccessByName', compositeAlarmName);
  }

  /** A line on a graph for each threshold of these alarms, with their names. */
  lines(names: readonly string[]): HorizontalAnnotation[] {
    const at = new Map<number, string[]>();
    for (const name of names) {
      const threshold = this.#thresholds.get(name);
      if (threshold !== undefined) at.set(threshold, [...(at.get(threshold) ?? []), name]);
    }
    return [...at].map(([value, [first = '', ...others]]) => ({
      value,
      color: Color.RED,
      label: others.length > 2 ? `${first} and ${others.length} more` : [first, ...others].join(', '),
    }));
  }

  #tell(alarm: AlarmBase, severity: Severity): void {
    const action = new SnsAction(this.topics[severity]);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
}

function description({ impact, firstStep, section }: AlarmText, scope: Construct): string {
  return `${impact} First: ${forStack(firstStep, scope)} More: docs/errors.md, "${section}".`;
}
