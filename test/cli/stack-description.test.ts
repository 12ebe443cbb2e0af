import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readStack } from '../../cli/stack-description.ts';
import { stackTarget } from '../../cli/stack-target.ts';
import { CONFIGURATION_METADATA } from '../../lib/names.ts';
import { configOf } from '../helpers/events.ts';

let baseUrl = '';
const OUTPUTS = ['WebhookUrl', 'OktaCredentialsArn', 'GrantsTableName', 'WebhookSecretArn', 'EventsQueueUrl']
  .map((name) => `<member><OutputKey>${name}</OutputKey><OutputValue>https://x.example</OutputValue></member>`)
  .join('');
/** CloudFormation, with a stack whose template somebody may have changed. */
const aws = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const asked = new URLSearchParams(text);
  const action = asked.get('Action') ?? '';
  if (asked.get('StackName') === 'Missing') {
    response.writeHead(400, { 'content-type': 'text/xml' });
    const error = '<Code>ValidationError</Code><Message>Stack with id Missing does not exist</Message>';
    response.end(`<ErrorResponse><Error><Type>Sender</Type>${error}</Error></ErrorResponse>`);
    return;
  }
  const config = configOf();
  const template = { Metadata: { [CONFIGURATION_METADATA]: { ...config, okta: { ...config.okta, baseUrl } } } };
  const result: Readonly<Record<string, string>> = {
    DescribeStacks: `<Stacks><member><StackId>arn:aws:cloudformation:eu-west-1:111122223333:stack/Acme/1</StackId><StackName>Acme</StackName><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${OUTPUTS}</Outputs></member></Stacks>`,
    GetTemplate: `<TemplateBody><![CDATA[${JSON.stringify(template)}]]></TemplateBody>`,
    ListStackResources:
      '<StackResourceSummaries><member><LogicalResourceId>GrantsEventsDeadLetters1</LogicalResourceId><PhysicalResourceId>q</PhysicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType></member></StackResourceSummaries>',
  };
  response.writeHead(200, { 'content-type': 'text/xml' });
  response.end(`<${action}Response><${action}Result>${result[action]}</${action}Result></${action}Response>`);
});
beforeAll(() => new Promise<void>((resolve) => aws.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  aws.closeAllConnections();
  aws.close();
});

function settings() {
  const { port } = aws.address() as AddressInfo;
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  return { endpoint: `http://127.0.0.1:${port}`, region: 'eu-west-1', credentials };
}

function read(name = 'Acme') {
  return readStack(name, settings());
}

it('a stack is read with the configuration that its template tells', async () => {
  baseUrl = `https://${configOf().okta.domain}`;
  expect(await read()).toMatchObject({ name: 'Acme', account: '111122223333', config: { okta: { baseUrl } } });
});

it('a stack that is named by its ARN has its own name: its alarms begin with it, and a person reads it', async () => {
  baseUrl = `https://${configOf().okta.domain}`;
  const arn = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/Acme/1';
  expect(await read(arn)).toMatchObject({ name: 'Acme' });
  expect((await stackTarget(arn, settings())).name).toBe('stack Acme in eu-west-1, account 111122223333');
});

it('a stack that is not there is told with those that are', async () => {
  await expect(read('Missing')).rejects.toMatchObject({
    message: 'there is no stack Missing in eu-west-1',
    advice: expect.stringMatching(/Name it with --stack.* Of this project there is: Acme\.$/),
  });
});

it('a stack whose template sends the token elsewhere is refused', async () => {
  baseUrl = 'https://evil.example';
  await expect(read()).rejects.toThrow(/^the stack Acme calls Okta at https:\/\/evil\.example, and names /);
});
