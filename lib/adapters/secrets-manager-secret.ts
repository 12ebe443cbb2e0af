import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { SecretReader } from '../ports.ts';
import { awsClientSettings } from './aws-client-defaults.ts';

const ownClient = new SecretsManagerClient(awsClientSettings());

/** The current value of a secret in Secrets Manager. One that was never set reads as undefined. */
export function secretsManagerSecret(arn: string, client = ownClient): SecretReader {
  return {
    async read() {
      try {
        const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
        return SecretString;
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return undefined;
        throw error;
      }
    },
  };
}
