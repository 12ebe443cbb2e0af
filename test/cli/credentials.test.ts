import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ROOT } from '../docs/documents.ts';
import { started } from './started.ts';

const home = join(inject('temporaryFolder'), 'aws');
mkdirSync(home);
writeFileSync(
  join(home, 'config'),
  `[default]
region = eu-west-1
[profile vault]
credential_process = /bin/sh -c "echo the vault is sealed >&2; exit 3" --password hunter2
[profile chatty]
credential_process = echo hello
[profile corporate]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Operator
[profile through-sso]
role_arn = arn:aws:iam::123456789012:role/Operator
source_profile = corporate
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
[profile careful]
role_arn = arn:aws:iam::123456789012:role/Operator
source_profile = keys
mfa_serial = arn:aws:iam::123456789012:mfa/alice
[profile keys]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
[profile orphan]
role_arn = arn:aws:iam::123456789012:role/Operator
source_profile = nobody
`,
);

function status(environment: Readonly<Record<string, string>>) {
  const nowhere = {
    ...{ HOME: home, AWS_CONFIG_FILE: join(home, 'config'), AWS_SHARED_CREDENTIALS_FILE: join(home, 'none') },
    ...{ AWS_EC2_METADATA_DISABLED: 'true', AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
  };
  return started([process.execPath, 'cli/main.ts', 'status', '--stack', 'Any'], { ...nowhere, ...environment }, ROOT);
}

describe('AWS credentials that cannot be used', () => {
  it.concurrent.each([
    ['missing', 'there is no AWS profile "missing"', 'Known profiles: default, vault,'],
    ['vault', 'the credential process of the AWS profile "vault" failed: the vault is sealed', 'by hand'],
    ['chatty', 'the credential process of the AWS profile "chatty" failed: ', 'by hand'],
    [
      'corporate',
      'not signed in for the AWS profile "corporate": its SSO session',
      'aws sso login --profile corporate',
    ],
    ['through-sso', 'not signed in for the AWS profile "through-sso"', 'aws sso login --profile through-sso'],
    ['careful', 'the AWS profile "careful" asks for an MFA code', 'export-credentials --profile careful'],
    ['orphan', 'the AWS profile "orphan" gives no credentials: ', 'nobody'],
  ])('of the profile %s are told with what is wrong and what to do', async (profile, wrong, advice) => {
    const { code, out, notes } = await status({ AWS_PROFILE: profile, AWS_REGION: 'eu-west-1' });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(notes).toContain(wrong);
    expect(notes).toContain(advice);
    expect(notes).not.toMatch(/hunter2|EXAMPLEKEY/);
  });

  /** AWS as it answers whoever has stayed too long. */
  const aws = createServer((request, response) => {
    request.resume();
    response.writeHead(403, { 'content-type': 'text/xml' });
    response.end(
      '<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error></ErrorResponse>',
    );
  });
  beforeAll(() => new Promise<void>((resolve) => aws.listen(0, '127.0.0.1', resolve)));
  afterAll(() => new Promise<void>((resolve) => aws.close(() => resolve())));

  it.concurrent.each([
    ['a profile', { AWS_PROFILE: 'keys' }, 'of the AWS profile "keys"', 'for this profile'],
    [
      'the environment',
      { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'x', AWS_SESSION_TOKEN: 'y' },
      'in the environment',
      'AWS_SESSION_TOKEN',
    ],
  ])('that have ended are told with where they are from: %s', async (_, environment, whose, advice) => {
    const { port } = aws.address() as AddressInfo;
    const AWS_ENDPOINT_URL = `http://127.0.0.1:${port}`;
    const { code, notes } = await status({ ...environment, AWS_ENDPOINT_URL, AWS_REGION: 'eu-west-1' });
    expect(code).toBe(2);
    expect(notes).toContain(`AWS does not accept the credentials ${whose}: The security token`);
    expect(notes).toContain(advice);
  });

  it('are told of a missing profile before a missing region', async () => {
    expect((await status({ AWS_PROFILE: 'missing' })).notes).toContain('there is no AWS profile "missing"');
  });

  it('are told as missing where no profile was named', async () => {
    const { notes } = await status({ AWS_CONFIG_FILE: '/dev/null', AWS_REGION: 'eu-west-1' });
    expect(notes).toMatch(/there are no AWS credentials[\s\S]*AWS_PROFILE/);
  });
});
