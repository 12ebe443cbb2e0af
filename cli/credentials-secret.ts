import { randomUUID } from 'node:crypto';
import {
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { CredentialsSecret } from './target.ts';
import { isRefused, PROPOSED, readVersion, versionedSecret } from './versioned-secret.ts';

/** On the version that waits. Functions read the current one, and do not see it. */
const NEXT = 'NEXT';

/** The secret with Okta's credentials in Secrets Manager. */
export function credentialsSecret(client: SecretsManagerClient, arn: string): CredentialsSecret {
  const next = () => readVersion(client, arn, NEXT);
  return {
    ...versionedSecret(client, arn),
    next,
    write: async (text) => {
      await client.send(new PutSecretValueCommand({ SecretId: arn, SecretString: text }));
    },
    // A label that another version has is not moved unless that version is named. So of two who do this at once:
    //
    //     this one  ── stores v1, without the label ── gives v1 the label
    //     another   ── stores v2, without the label ──────────────────────▶ refused: v1 has it
    //
    // The first version of an empty secret becomes the current one by itself. It has no client id yet, and so it is none
    // that a function could use.
    addNext: async (text) => {
      const put = { SecretId: arn, SecretString: text, ClientRequestToken: randomUUID(), VersionStages: [PROPOSED] };
      const { VersionId: id } = await client.send(new PutSecretValueCommand(put));
      try {
        const give = { SecretId: arn, VersionStage: NEXT, MoveToVersionId: id };
        await client.send(new UpdateSecretVersionStageCommand(give));
        return true;
      } catch (error) {
        if (!isRefused(error)) throw error;
        const now = await next();
        if (!now) throw error;
        return now.id === id;
      }
    },
    dropNext: async ({ id }) => {
      try {
        const take = { SecretId: arn, VersionStage: NEXT, RemoveFromVersionId: id };
        await client.send(new UpdateSecretVersionStageCommand(take));
      } catch (error) {
        if (!isRefused(error) || (await next())?.id === id) throw error;
      }
    },
  };
}
