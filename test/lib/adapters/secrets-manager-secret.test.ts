import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readVersion } from '../../../cli/versioned-secret.ts';
import { secretsManagerSecret } from '../../../lib/adapters/secrets-manager-secret.ts';
import { describeError } from '../../../lib/describe-error.ts';

const MARK = 'mArKeDsEcReT0123456789';
let answer = '';
let server: Server;
let client: SecretsManagerClient;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  client = new SecretsManagerClient({ region: 'eu-central-1', endpoint, credentials, maxAttempts: 1 });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('an answer of Secrets Manager that can’t be read', () => {
  it.each([
    ['without quotes', `{"SecretString":${MARK}}`],
    ['with quotes of its own', `{"SecretString":"{"key":"${MARK}"}"}`],
    ['alone', MARK],
    ['behind an end', `{"SecretString":"x"}${MARK}`],
    ['cut off', `{"SecretString":"${MARK}`],
    ['with a line break', `{"SecretString":"x\n${MARK}"}`],
    ['as an object', `{"SecretString":{"key":"${MARK}"}}`],
  ])('is a failure that quotes nothing of it: the secret %s', async (_, body) => {
    answer = body;
    const reads = [secretsManagerSecret('arn', client).read(), readVersion(client, 'arn', 'AWSCURRENT')];
    for (const said of await Promise.all(reads.map((read) => read.then(() => 'read', describeError)))) {
      expect(said).not.toMatch(/mArK|sEcReT|0123/);
      if (!body.includes('"SecretString":{')) expect(said).toBe('Error: the answer of Secrets Manager is not JSON');
    }
  });

  it('is no value where the value is no text', async () => {
    answer = `{"SecretString":["${MARK}"]}`;
    await expect(secretsManagerSecret('arn', client).read()).rejects.toThrow('the value of the secret is not a text');
  });
});
