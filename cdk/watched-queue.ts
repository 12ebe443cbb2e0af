import { Duration, Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnQueue, type DeadLetterQueue, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { AlarmText, AlarmTopic } from './alarm-topic.ts';
import type { Deployment } from './deployment.ts';

/** Long enough for an operator to come back from a holiday. */
const DEAD_LETTER_RETENTION = Duration.days(14);

const SAFE = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true } as const;

export interface WatchedQueueProps {
  readonly deployment: Deployment;
  /** Its alarms are called `{name}-…`. */
  readonly name: string;
  readonly fifo: boolean;
  /** Timeout of the function that reads it: the visibility timeout follows from that. */
  readonly consumerTimeout: Duration;
  readonly retention: Duration;
  /** Receptions of a message before it counts as undeliverable. */
  readonly attempts: number;
  /** What a message in the dead-letter queue means. */
  readonly deadLetters: AlarmText;
}

/** A queue that cannot be had without its dead-letter queue and the alarm on that. */
export class WatchedQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, props: WatchedQueueProps) {
    super(scope, id);
    // The dead-letter queue of a FIFO queue must be FIFO. Senders give the deduplication id
    // themselves: two events with the same content are two events.
    const kind: QueueProps = props.fifo ? { ...SAFE, fifo: true, contentBasedDeduplication: false } : SAFE;
    this.deadLetterQueue = new Queue(this, 'DeadLetters', { ...kind, retentionPeriod: DEAD_LETTER_RETENTION });
    const redrive: DeadLetterQueue = { queue: this.deadLetterQueue, maxReceiveCount: props.attempts };
    this.queue = new Queue(this, 'Queue', {
      ...kind,
      retentionPeriod: props.retention,
      // What AWS asks for: room for the function's retries by the poller within one reception.
      visibilityTimeout: Duration.seconds(6 * props.consumerTimeout.toSeconds()),
      deadLetterQueue: redrive,
    });
    const { alarms, key } = props.deployment;
    for (const one of [this.deadLetterQueue, this.queue]) encrypt(one, key);
    watchDeadLetters(this, alarms, `${props.name}-dead-letters`, this.deadLetterQueue, props.deadLetters);
  }
}

/** A queue for what a stream mapping dropped after its retries. Nothing reads it: each message is for a person. */
export class FailureQueue extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, props: { deployment: Deployment; name: string; text: AlarmText }) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', { ...SAFE, retentionPeriod: DEAD_LETTER_RETENTION });
    const { alarms, key } = props.deployment;
    encrypt(this.queue, key);
    watchDeadLetters(this, alarms, props.name, this.queue, props.text);
    Validations.of(this.queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is the end of the line itself: the failure destination of the stream mapping, read by people.',
    });
  }
}

/**
 * With the customer's key in place of that of SQS, where there is one. Not through the library's own option, which would
 * let whoever reads the queue use the key for anything else as well.
 */
function encrypt(queue: Queue, key: IKey | undefined): void {
  const resource = queue.node.defaultChild;
  if (!key || !(resource instanceof CfnQueue)) return;
  resource.sqsManagedSseEnabled = false;
  resource.kmsMasterKeyId = key.keyArn;
}

function watchDeadLetters(scope: Construct, alarms: AlarmTopic, name: string, queue: Queue, text: AlarmText): void {
  alarms.watch(scope, 'NotEmptyAlarm', {
    name,
    metric: queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'Maximum' }),
    threshold: 1,
    text,
  });
}
