import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { AwsClientConfig } from './environment.ts';

export interface SecretsOptions {
  readonly aws: AwsClientConfig;
  readonly outputs: Readonly<Record<string, string>>;
  /** As the secret for Okta holds them. */
  readonly credentials: string;
  /** Where the lists are, and their keys; absent where none is read. */
  readonly lists?: string | undefined;
  readonly signal: AbortSignal;
}

/** What a person does after a first deploy: stores Okta's credentials and the lists' keys, and reads the webhook's key. @returns the key */
export async function exchangeSecrets({ aws, outputs, credentials, lists, signal }: SecretsOptions): Promise<string> {
  const client = new SecretsManagerClient(aws);
  try {
    const okta = new PutSecretValueCommand({ SecretId: outputs.OktaCredentialsArn, SecretString: credentials });
    const webhook = new GetSecretValueCommand({ SecretId: outputs.WebhookSecretArn });
    const [, { SecretString = '{}' }] = await Promise.all([
      client.send(okta, { abortSignal: signal }),
      client.send(webhook, { abortSignal: signal }),
    ]);
    const { current }: { current?: unknown } = JSON.parse(SecretString);
    if (lists !== undefined) {
      const stored = new PutSecretValueCommand({ SecretId: outputs.AllowlistSecretArn, SecretString: lists });
      await client.send(stored, { abortSignal: signal });
    }
    if (typeof current !== 'string') throw new Error('the webhook secret holds no key');
    return current;
  } finally {
    client.destroy();
  }
}
