import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Config } from '../lib/config.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import type { Bundles } from './function-code.ts';

/** What every construct of the stack shares. */
export interface Deployment {
  readonly config: Config;
  readonly alarms: AlarmTopic;
  /** The customer's own, for all that is stored (`kmsKeyArn`). Where there is none, AWS encrypts with its own. */
  readonly key: IKey | undefined;
  readonly bundles: Bundles;
}

/**
 * What happens to records (table, logs) when the stack is removed. Kept, they go all the same where the deploy fails
 * that has made them: nothing is in them then, and they would be in nobody's stack.
 */
export function recordsPolicy(config: Config): RemovalPolicy {
  return config.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}
