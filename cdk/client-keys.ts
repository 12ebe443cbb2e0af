import { Duration } from 'aws-cdk-lib';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { KMS_CLIENT_KEY } from '../lib/names.ts';
import { type Deployment, recordsPolicy } from './deployment.ts';
import type { ServiceFunction } from './service-function.ts';

/** A key that was taken out by mistake can be had back for so long: the longest that KMS waits. */
const DELETED_AFTER = Duration.days(30);

/**
 * The keys of Okta's service app, where the configuration wants them in KMS: nobody can read or copy their private parts. A
 * key is made anew under another name and not changed: the app's key at Okta is this very one.
 */
export class ClientKeys extends Construct {
  readonly #keys: readonly Key[];

  constructor(scope: Construct, id: string, { deployment }: { readonly deployment: Deployment }) {
    super(scope, id);
    const { stackName, okta } = deployment.config;
    this.#keys = (okta.clientKeyNames ?? []).map(
      (name) =>
        new Key(this, name, {
          description: `Signs in to Okta as the service app of ${stackName} (key "${name}"); registered there by its public part`,
          keySpec: KeySpec[KMS_CLIENT_KEY.spec],
          keyUsage: KeyUsage.SIGN_VERIFY,
          removalPolicy: recordsPolicy(deployment.config),
          pendingWindow: DELETED_AFTER,
        }),
    );
  }

  /** Lets a function sign with them, and nothing else. */
  allowSigning(fn: ServiceFunction): void {
    if (this.#keys.length > 0) fn.allow(['kms:Sign'], ...this.#keys.map(({ keyArn }) => keyArn));
  }
}
