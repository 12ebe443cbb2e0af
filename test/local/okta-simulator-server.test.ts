import { createHash } from 'node:crypto';
import { get as httpGet } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SimulatorControl } from '../../local/okta-simulator/control-client.ts';
import { type RunningSimulator, type StartOptions, startOktaSimulator } from '../../local/okta-simulator/server.ts';
import { PATIENT } from '../helpers/patient.ts';
import { TOKEN, ZONE, zoneBody } from './okta-simulator-harness.ts';

const running: RunningSimulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

async function start(options: StartOptions = {}) {
  const started = await startOktaSimulator({
    token: TOKEN,
    zones: { [ZONE]: { name: 'Staff', gateways: ['203.0.113.1/32'], proxies: ['192.0.2.9/32'] } },
    ...options,
  });
  running.push(started);
  const api = (method: string, body?: unknown, signal?: AbortSignal) =>
    fetch(`${started.url}/api/v1/zones/${ZONE}`, {
      method,
      headers: { authorization: `SSWS ${TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  const gateways = () => started.simulator.zone(ZONE).gateways?.map(({ value }) => value);
  return { ...started, api, gateways, control: new SimulatorControl(started.url) };
}

describe('the API over HTTP', () => {
  it('reads and replaces a zone', async () => {
    const { api } = await start();
    // Its date has no milliseconds, and Node renews it once a second.
    const before = Date.now() - 2_000;
    const put = await api('PUT', zoneBody());
    expect(put.status).toBe(200);
    expect(put.headers.get('x-rate-limit-remaining')).toBe('599');
    const date = Date.parse(put.headers.get('date') ?? '');
    expect(date > before && date <= Date.now()).toBe(true);
    expect(await (await api('GET')).json()).toMatchObject({ gateways: [{ value: '203.0.113.7/32' }], proxies: null });
  });

  it('answers a deletion without a body', async () => {
    const { api, control } = await start();
    await control.editZone(ZONE, { status: 'INACTIVE' });
    const answer = await api('DELETE');
    expect([answer.status, await answer.text()]).toEqual([204, '']);
  });

  it.each([
    ['before', ['203.0.113.1/32']],
    ['after', ['203.0.113.7/32']],
  ] as const)('drops the connection %s the write took place', async (drop, left) => {
    const { api, control, gateways } = await start();
    await control.addFault({ count: 1, fault: { drop } });
    await expect(api('PUT', zoneBody())).rejects.toThrow('fetch failed');
    expect(gateways()).toEqual(left);
    expect((await api('GET')).status).toBe(200);
  });

  it('hangs until the caller gives up, and counts as in progress until then', async () => {
    const { api, control, simulator } = await start();
    await control.addFault({ count: 1, fault: { hang: true } });
    const patience = new AbortController();
    const hanging = api('PUT', zoneBody(), patience.signal);
    await vi.waitFor(() => expect(simulator.requests()).toHaveLength(1), PATIENT);
    expect((await api('PUT', zoneBody())).status).toBe(200);
    patience.abort();
    await expect(hanging).rejects.toThrow();
    // The end of the connection takes a moment to get there; a write without a token only looks at it.
    const probe = { method: 'PUT', path: `/api/v1/zones/${ZONE}`, headers: {}, body: '' };
    await vi.waitFor(() => {
      simulator.handle(probe);
      expect(simulator.requests().at(-1)).toMatchObject({ overlapping: false });
    }, PATIENT);
    expect((await control.requests()).slice(0, 2)).toMatchObject([
      { outcome: 'hang', status: null, overlapping: false },
      { outcome: 'answer', status: 200, overlapping: true },
    ]);
  });

  it('is slow but right, many times at once', async () => {
    const { api, control } = await start();
    await control.addFault({ count: 20, fault: { delayMs: 150 } });
    const before = Date.now();
    const answers = await Promise.all(Array.from({ length: 20 }, () => api('GET')));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(Date.now() - before).toBeGreaterThanOrEqual(145);
  });

  it('applies a slow write in the end though the caller gave up', async () => {
    const { api, control, gateways, simulator } = await start();
    await control.addFault({ count: 1, fault: { delayMs: 300, apply: 'end' } });
    const patience = new AbortController();
    const writing = api('PUT', zoneBody(), patience.signal);
    // In one turn, which comes before that of a write which is due later, however busy the machine is.
    await vi.waitFor(() => {
      expect(simulator.requests()).toHaveLength(1);
      expect(gateways()).toEqual(['203.0.113.1/32']);
      patience.abort();
    }, PATIENT);
    await expect(writing).rejects.toThrow();
    await vi.waitFor(() => expect(gateways()).toEqual(['203.0.113.7/32']), PATIENT);
  });

  it('sees which writes overlap, and not those that wait for their answer', async () => {
    const { api, control } = await start();
    await control.addFault({ count: 1, fault: { delayMs: 1_000 } });
    const slow = api('PUT', zoneBody());
    await vi.waitFor(() => expect(running[0]?.simulator.requests()).toHaveLength(1), PATIENT);
    await api('PUT', zoneBody());
    await slow;
    for (let n = 0; n < 5; n += 1) await api('PUT', zoneBody());
    const overlaps = (await control.requests()).map(({ overlapping }) => overlapping);
    expect(overlaps).toEqual([false, true, false, false, false, false, false]);
  });

  it('sends half a body, well-formed HTTP all the same', async () => {
    const { api, control } = await start();
    await control.addFault({ count: 1, fault: { truncate: true } });
    const answer = await api('GET');
    expect(answer.status).toBe(200);
    await expect(answer.json()).rejects.toThrow(SyntaxError);
  });

  it('refuses a body of more than 2 MiB', async () => {
    const { api } = await start();
    expect((await api('PUT', { name: 'x'.repeat(2 * 1024 * 1024) })).status).toBe(413);
  });

  it('closes at once though calls hang and wait', async () => {
    const { api, control, simulator, close, url } = await start();
    await control.addFault({ count: 1, fault: { hang: true } });
    await control.addFault({ count: 1, fault: { delayMs: 60_000 } });
    const calls = [api('GET'), api('GET')];
    const settled = Promise.allSettled(calls);
    await vi.waitFor(() => expect(simulator.requests()).toHaveLength(2), PATIENT);
    await close();
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('rejects when the port is taken', async () => {
    const { port } = await start();
    await expect(startOktaSimulator({ port })).rejects.toThrow('EADDRINUSE');
  });
});

describe('the control API', () => {
  it('does everything the class does', async () => {
    const { control, api } = await start();
    await control.setToken('reader', 'READ_ONLY_ADMIN');
    expect(await control.tokens()).toMatchObject([{ role: 'ORG_ADMIN' }, { role: 'READ_ONLY_ADMIN' }]);
    await control.revokeToken('reader');
    expect(await control.tokens()).toMatchObject([{ state: 'valid' }, { state: 'revoked' }]);

    expect(await control.seedZone('nzo2', { name: 'Second', system: true })).toMatchObject({ system: true });
    await control.editZone('nzo2', { addGateways: ['203.0.113.5'] });
    expect(await control.zone('nzo2')).toMatchObject({
      gateways: [{ type: 'RANGE', value: '203.0.113.5-203.0.113.5' }],
      effective: { gateways: null },
    });
    expect(await control.zones()).toHaveLength(2);
    await control.removeZone('nzo2');
    expect(await control.zones()).toHaveLength(1);

    const fault = await control.addFault({
      count: 2,
      method: 'GET',
      zoneId: ZONE,
      fault: { status: 500, body: 'html' },
    });
    expect(await control.faults()).toEqual([fault]);
    await control.clearFaults();
    expect(await control.faults()).toEqual([]);

    await control.setRateLimit({ limit: 7 });
    expect(await control.rateLimit()).toMatchObject({ limit: 7, remaining: 7 });

    await api('GET');
    expect(await control.requests()).toMatchObject([{ n: 1, status: 200 }]);
    expect(await control.requests(1)).toEqual([]);
    await control.clearRequests();
    expect(await control.requests()).toEqual([]);

    await control.reset();
    expect(await control.state()).toMatchObject({ rateLimit: { limit: 600 }, tokens: [{ state: 'valid' }] });
  });

  it.each([
    { status: 500, body: 'json', apply: true },
    { hang: true, apply: true },
    { drop: 'after' },
    { delayMs: 10, apply: 'end' },
    { truncate: true },
    { rateLimit: { resetInSeconds: 3 } },
    { concurrency: true },
    { edit: { gateways: null, proxies: [{ type: 'CIDR', value: '192.0.2.0/24' }] } },
  ] as const)('takes the fault %j', async (fault) => {
    const { control } = await start();
    expect((await control.addFault({ count: 1, fault })).fault).toEqual(fault);
  });

  it.each([
    ['PUT', 'zones/nzo2', '{"gateway":[]}', 400, 'body.gateway'],
    ['PUT', 'zones/nzo2', '{"gateways":["1.2.3"]}', 400, '1.2.3'],
    ['PUT', 'zones/nzo2', '{"gateways":[{"type":"IP","value":"1.2.3.4"}]}', 400, 'body.gateways[0].type'],
    ['PUT', 'zones/nzo2', '{"__proto__":{}}', 400, 'body.__proto__'],
    ['PUT', 'zones/nzo2', '{', 400, 'JSON'],
    ['PUT', 'zones/%zz', '{}', 400, 'escape'],
    ['PATCH', 'zones/none', '{}', 404, 'none'],
    ['PUT', 'tokens/t', '{"role":"GOD"}', 400, 'SUPER_ADMIN'],
    ['PUT', 'tokens/t', '{}', 400, 'body.role'],
    ['DELETE', 'tokens/none', '', 404, 'token'],
    ['POST', 'faults', '{"count":0,"fault":{"truncate":true}}', 400, 'count'],
    ['POST', 'faults', '{"count":1}', 400, 'fault'],
    ['POST', 'faults', '{"fault":{}}', 400, 'body.fault'],
    ['POST', 'faults', '{"fault":{"status":99}}', 400, 'status'],
    ['POST', 'faults', '{"fault":{"hang":false}}', 400, 'hang'],
    ['POST', 'faults', '{"fault":{"hang":true,"status":500}}', 400, 'hang'],
    ['POST', 'faults', '{"fault":{"rateLimit":{}}}', 400, 'fault'],
    ['PUT', 'rate-limit', '{"limit":-1}', 400, 'limit'],
    ['GET', 'requests?since=x', '', 400, 'since'],
    ['GET', 'reset', '', 405, 'POST'],
    ['GET', 'constructor', '', 404, 'resource'],
    ['GET', 'zones/a/b', '', 404, 'resource'],
  ])('refuses %s %s %s with %i', async (method, path, body, status, said) => {
    const { url } = await start();
    const answer = await fetch(`${url}/control/${path}`, { method, ...(body === '' ? {} : { body }) });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ error: expect.stringContaining(said) });
  });

  it('has a client that says what went wrong, and no token in it', async () => {
    const { control } = await start();
    await expect(control.zone('none')).rejects.toThrow('GET zones: 404');
    await expect(control.revokeToken('secret-token')).rejects.toThrow(/^control API: DELETE tokens: 404 (?!.*secret)/);
  });

  it('refuses web pages of other origins and names that point here', async () => {
    const { url, port } = await start();
    const asked = (headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        httpGet(`${url}/control/state`, { headers, agent: false }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        }).on('error', reject);
      });
    expect(await asked({ origin: 'https://evil.example' })).toBe(403);
    expect(await asked({ host: `evil.example:${port}` })).toBe(403);
    expect(await asked({ host: `localhost:${port}`, origin: `http://localhost:${port}` })).toBe(200);
  });

  it('leaves nothing of its own in the requests seen', async () => {
    const { control, url } = await start();
    await control.state();
    await fetch(url);
    expect(await control.requests()).toEqual([]);
  });
});

describe('the page', () => {
  it('shows zones, gateways, proxies, limits, tokens, faults and requests, and no token', async () => {
    const { url, control, api } = await start();
    await api('PUT', zoneBody({ proxies: [{ type: 'CIDR', value: '192.0.2.9/32' }] }));
    await control.addFault({ count: 3, method: 'PUT', fault: { status: 503 } });
    await control.revokeToken(TOKEN);
    await api('GET');
    const answer = await fetch(url);
    const html = await answer.text();
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(html).toContain('<h2>Staff <span class="good">ACTIVE</span></h2>');
    expect(html).toContain('<li class="new"><code>203.0.113.7/32</code>');
    expect(html).toContain('<li class="gone">203.0.113.1/32</li>');
    expect(html).toContain('Proxies: <code>192.0.2.9/32</code>');
    expect(html).toContain('Okta still acts on 1 gateways');
    expect(html).toContain('598 of 600 left');
    expect(html).toContain('token 1: ORG_ADMIN, revoked');
    expect(html).toContain('status 503 3x PUT');
    expect(html).toMatch(/<td>PUT<\/td>[\s\S]*<span class="good">200<\/span>/);
    expect(html).toMatch(/<td>GET<\/td>[\s\S]*<span class="bad">401<\/span>/);
    expect(html).not.toContain(TOKEN);
  });

  it('escapes whatever a zone or a caller is called', async () => {
    const { url, control } = await start();
    await control.seedZone('<id>', { name: `<script>alert("1")</script>'&\u202eno\u200b` });
    await control.addFault({ count: 1, method: '<b>', fault: { truncate: true } });
    await fetch(`${url}/api/v1/zones/<img src=x>`);
    const html = await (await fetch(url)).text();
    expect(html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;�no�');
    expect(html).toContain('&lt;b&gt;');
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/<img|<id>|<b>/);
  });

  it('says when only the placeholder is left', async () => {
    const { url, control } = await start();
    const said = 'Only the placeholder';
    expect(await (await fetch(url)).text()).not.toContain(said);
    await control.editZone(ZONE, { gateways: ['192.0.2.55/32'] });
    expect(await (await fetch(url)).text()).not.toContain(said);
    await control.editZone(ZONE, { gateways: ['192.0.2.0/32'] });
    expect(await (await fetch(url)).text()).toContain(said);
  });

  it('refreshes by itself, from this server alone', async () => {
    const { url } = await start();
    const answer = await fetch(url);
    const html = await answer.text();
    expect(html).toContain('<noscript><meta http-equiv="refresh" content="2"></noscript>');
    expect(html).not.toMatch(/(src|href)=/);
    const policy = answer.headers.get('content-security-policy');
    expect(policy).toMatch(/^default-src 'none'; /);
    for (const element of ['script', 'style']) {
      const [, text = ''] = new RegExp(`<${element}>([\\s\\S]*)</${element}>`).exec(html) ?? [];
      expect(policy).toContain(`${element}-src 'sha256-${createHash('sha256').update(text).digest('base64')}'`);
    }
    const part = (await (await fetch(`${url}/page.json`)).json()) as { parts: { state: string } };
    expect(part.parts.state).toContain('<h2>Staff');
    expect((await fetch(`${url}/favicon.ico`)).status).toBe(204);
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  });
});
