import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { AwsClientConfig } from './environment.ts';

export interface SecretsOptions {
  readonly aws: AwsClientConfig;
  readonly outputs: Readonly<Record<string, string>>;
  /** As the secret for Okta holds them. */
  readonly credentials: string;
  readonly signal: AbortSignal;
}

/** What a person does after a first deploy: stores the credentials for Okta, and reads the webhook's key. @returns the key */
export async function exchangeSecrets({ aws, outputs, credentials, signal }: SecretsOptions): Promise<string> {
  const client = new SecretsManagerClient(aws);
  try {
    const okta = new PutSecretValueCommand({ SecretId: outputs.OktaCredentialsArn, SecretString: credentials });
    const webhook = new GetSecretValueCommand({ SecretId: outputs.WebhookSecretArn });
    const [, { SecretString = '{}' }] = await Promise.all([
      client.send(okta, { abortSignal: signal }),
      client.send(webhook, { abortSignal: signal }),
    ]);
    const { current }: { current?: unknown } = JSON.parse(SecretString);
    if (typeof current !== 'string') throw new Error('the webhook secret holds no key');
    return current;
  } finally {
    client.destroy();
  }
}
