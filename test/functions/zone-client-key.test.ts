import { decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, expect, it, vi } from 'vitest';
import { ENV } from '../../lib/names.ts';
import { lambdaContext, streamEvent } from '../../local/stand-ins/aws-events.ts';
import { ACL, configOf } from '../helpers/events.ts';
import { startFakeAws } from '../helpers/fake-aws.ts';
import { FakeKms } from '../helpers/fake-kms.ts';

const CLIENT = '0oa1abcdefGHIJKLM0h7';

afterEach(() => {
  vi.resetModules();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

it('the deployed zone function has KMS sign for the service app, with the key that the secret names', async () => {
  const kms = new FakeKms();
  const kid = kms.add('RSA_2048');
  const aws = await startFakeAws((call) => {
    const { operation } = call;
    if (operation === 'GetSecretValue') return { body: { SecretString: JSON.stringify({ clientId: CLIENT, kid }) } };
    if (operation === 'POST /oauth2/v1/token') return { status: 401, body: { error: 'invalid_client' } };
    return kms.answer(call);
  });
  const environment = {
    ...{ AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' },
    ...{ AWS_ENDPOINT_URL: aws.url, POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' },
    ...{ [ENV.tableName]: 'grants', [ENV.oktaCredentialsArn]: 'arn:okta', [ENV.timerQueueUrl]: `${aws.url}/0/timers` },
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const okta = { domain: 'acme.okta.com', baseUrl: aws.url, clientKey: 'kms' };
  vi.resetModules();
  vi.stubGlobal('KNOCKNOC_CONFIG', configOf({ okta }));
  try {
    const { handler } = await import('../../functions/zone.ts');
    const woken = streamEvent([{ eventName: 'INSERT', key: { acl: ACL, item: 'WAKE' }, byTtl: false }]);
    await handler(
      woken,
      lambdaContext('zone', 'request-1', () => 30_000),
    );
    const [asked] = aws.calls.filter(({ operation }) => operation === 'POST /oauth2/v1/token');
    const assertion = String(asked?.input.client_assertion);
    expect(decodeProtectedHeader(assertion)).toEqual({ alg: 'RS256', kid });
    const publicKey = kms.keys.get(kid)?.publicKey;
    if (!publicKey) throw new Error('no such key');
    const { payload } = await jwtVerify(assertion, publicKey);
    expect(payload).toMatchObject({ iss: CLIENT, sub: CLIENT, aud: `${aws.url}/oauth2/v1/token` });
  } finally {
    aws.close();
  }
});
