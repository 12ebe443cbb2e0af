import { randomUUID } from 'node:crypto';
import {
  GetSecretValueCommand,
  InvalidParameterException,
  InvalidRequestException,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { unquoted } from '../lib/adapters/unquoted.ts';
import type { SecretVersion, VersionedSecret } from './target.ts';

const CURRENT = 'AWSCURRENT';
const LABELS = { current: CURRENT, previous: 'AWSPREVIOUS' } as const;
/** On a version that was stored, and is not the current one yet. Each new one takes the label from the one before. */
export const PROPOSED = 'PROPOSED';

/** The version that has a label; undefined where none has. */
export async function readVersion(
  client: SecretsManagerClient,
  arn: string,
  label: string,
): Promise<SecretVersion | undefined> {
  try {
    const answer = await unquoted(client.send(new GetSecretValueCommand({ SecretId: arn, VersionStage: label })));
    const { VersionId: id, SecretString: text, CreatedDate: at } = answer;
    if (id === undefined || text === undefined) return undefined;
    return { id, text, ...(at && { createdAt: at.getTime() }) };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** A secret in Secrets Manager that several people may change. */
export function versionedSecret(client: SecretsManagerClient, arn: string): VersionedSecret {
  const version = (which: keyof typeof LABELS) => readVersion(client, arn, LABELS[which]);
  return {
    version,
    read: async () => (await version('current'))?.text,
    // Secrets Manager has no conditional put, but it moves a label only from the version that is named:
    //
    //     this one  ── reads v1 ───────────────── stores v2, without the label ── moves the label from v1 to v2
    //     another   ──────────── moves the label from v1 to v3 ───────────────▶   refused: it is not on v1
    replace: async (text, seen) => {
      const put = { SecretId: arn, SecretString: text, ClientRequestToken: randomUUID() };
      if (seen === undefined) {
        await client.send(new PutSecretValueCommand(put));
        return true;
      }
      const { VersionId: id } = await client.send(new PutSecretValueCommand({ ...put, VersionStages: [PROPOSED] }));
      try {
        const move = { SecretId: arn, VersionStage: CURRENT, MoveToVersionId: id, RemoveFromVersionId: seen.id };
        await client.send(new UpdateSecretVersionStageCommand(move));
        return true;
      } catch (error) {
        if (!isRefused(error)) throw error;
        const now = await version('current');
        // The answer to a first try may have been lost.
        if (now?.id === id) return true;
        if (now?.id === seen.id) throw error;
        return false;
      }
    },
  };
}

/** Secrets Manager does not move a label so. */
export function isRefused(error: unknown): boolean {
  return [InvalidParameterException, InvalidRequestException, ResourceNotFoundException].some(
    (kind) => error instanceof kind,
  );
}
