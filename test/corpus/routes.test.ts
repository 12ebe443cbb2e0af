import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signedHeaders } from '../../cli/webhook-client.ts';
import { startWebhookServer } from '../../local/webhook-server.ts';
import { VirtualSystem, WEBHOOK_KEY } from '../helpers/virtual-system.ts';
import { GOOD, SECONDS } from './bad-request.ts';

/** Rightly signed all of them: what is wrong is where they go. The deployed API has the same two routes (test/cdk). */
const ELSEWHERE = [
  ...['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => [method, '/webhook'] as const),
  ...['/', '/webhooks', '/webhook/', '/WEBHOOK', '/webhook/x', '/webhook%2f', '//webhook', '/api/webhook'].map(
    (path) => ['POST', path] as const,
  ),
  ...['HEAD', 'POST', 'PUT', 'DELETE'].map((method) => [method, '/webhook/events/okta-prod/msg'] as const),
  ...['/webhook/events', '/webhook/events/okta-prod', '/webhook/events/okta-prod/msg/', '/events/okta-prod/msg'].map(
    (path) => ['GET', path] as const,
  ),
];
let server: Awaited<ReturnType<typeof startWebhookServer>>;
let handled = 0;
beforeAll(async () => {
  const system = new VirtualSystem();
  const counted = <Event, Answer>(handle: (event: Event) => Promise<Answer>) => {
    return (event: Event) => {
      handled += 1;
      return handle(event);
    };
  };
  server = await startWebhookServer(
    {
      webhook: counted((event) => system.functions.webhook(event)),
      outcome: counted((event) => system.functions.outcome(event)),
    },
    0,
  );
});
afterAll(() => server.close());

describe('a request that goes elsewhere', () => {
  it.each(ELSEWHERE)('%s %s is a 404, and reaches no function', async (method, path) => {
    const headers = { 'content-type': 'application/json', ...signedHeaders(WEBHOOK_KEY, 'msg', SECONDS, GOOD) };
    const hasBody = method !== 'GET' && method !== 'HEAD';
    const answer = await fetch(new URL(server.url).origin + path, { method, headers, ...(hasBody && { body: GOOD }) });
    expect([answer.status, handled]).toEqual([404, 0]);
  });
});

describe('a request to the webhook', () => {
  it('whose body no API would take is a 413, and reaches no function', async () => {
    const answer = await fetch(server.url, { method: 'POST', body: new Uint8Array(10 * 1024 * 1024 + 1) });
    expect([answer.status, handled]).toEqual([413, 0]);
  });

  it('reaches it, with or without a query', async () => {
    for (const query of ['', '?x=1']) {
      const headers = {
        'content-type': 'application/json',
        ...signedHeaders(WEBHOOK_KEY, `m${query.length}`, SECONDS, GOOD),
      };
      expect((await fetch(server.url + query, { method: 'POST', headers, body: GOOD })).status).toBe(202);
    }
    expect(handled).toBe(2);
  });
});
