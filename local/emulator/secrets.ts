import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { AwsClientConfig } from './environment.ts';

export interface SecretsOptions {
  readonly aws: AwsClientConfig;
  readonly outputs: Readonly<Record<string, string>>;
  readonly oktaToken: string;
  readonly signal: AbortSignal;
}

/** What a person does after a first deploy: puts the Okta token in, and reads the webhook's key. @returns the key */
export async function exchangeSecrets({ aws, outputs, oktaToken, signal }: SecretsOptions): Promise<string> {
  const client = new SecretsManagerClient(aws);
  try {
    const token = new PutSecretValueCommand({ SecretId: outputs.OktaCredentialsArn, SecretString: oktaToken });
    const webhook = new GetSecretValueCommand({ SecretId: outputs.WebhookSecretArn });
    const [, { SecretString = '{}' }] = await Promise.all([
      client.send(token, { abortSignal: signal }),
      client.send(webhook, { abortSignal: signal }),
    ]);
    const { current }: { current?: unknown } = JSON.parse(SecretString);
    if (typeof current !== 'string') throw new Error('the webhook secret holds no key');
    return current;
  } finally {
    client.destroy();
  }
}
