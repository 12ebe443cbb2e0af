import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { expect, it } from 'vitest';
import { CliWorld } from '../cli/cli-world.ts';

const { webhookUrl, simulatorUrl, knocknoc, run } = (await CliWorld.start()).system;
const operator = run.kind === 'embedded' ? run.operator : undefined;

it.each([
  ['the webhook', webhookUrl],
  ['the simulated Okta', `${simulatorUrl}/api/v1/zones`],
  ['the page of the run', `${knocknoc.url}/log-in`],
  ['the endpoint for operators', `${operator?.url}/run.about`],
])('%s reads what is too long to its end, and answers', async (_, url) => {
  const asked = request(url, { method: 'POST', headers: { authorization: `Bearer ${operator?.token}` } });
  asked.end(new Uint8Array(20 * 1024 * 1024));
  const [answer]: IncomingMessage[] = await once(asked, 'response');
  // Who sends all before it reads would wait in vain for an answer that comes before.
  expect([answer?.statusCode, asked.writableFinished]).toEqual([413, true]);
  asked.destroy();
});
