import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { SecretReader } from '../ports.ts';
import { awsClientSettings } from './aws-client-defaults.ts';
import { unquoted } from './unquoted.ts';

const ownClient = new SecretsManagerClient(awsClientSettings());

/** The current value of a secret in Secrets Manager. One that was never set reads as undefined. */
export function secretsManagerSecret(arn: string, client = ownClient): SecretReader {
  return {
    async read() {
      try {
        const answer = await unquoted(client.send(new GetSecretValueCommand({ SecretId: arn })));
        const text: unknown = answer.SecretString;
        if (text !== undefined && typeof text !== 'string') throw new Error('the value of the secret is not a text');
        return text;
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return undefined;
        throw error;
      }
    },
  };
}
