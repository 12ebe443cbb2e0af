import { createServer, type RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchHttp } from '../../../lib/adapters/fetch-http.ts';

let close = () => {};
afterEach(() => close());

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => {
    server.close();
    server.closeAllConnections();
  };
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`;
}

const get = (url: string, timeoutMs = 5_000) =>
  fetchHttp({ method: 'GET', url, headers: { accept: 'x/y' }, timeoutMs });

describe('an HTTP exchange', () => {
  it('gives every status as an answer, with headers in lower case and the body', async () => {
    const url = await serve((request, response) => {
      response.writeHead(429, { 'X-Rate-Limit-Reset': '7' }).end(String(request.headers.accept));
    });
    const answer = await get(url);
    expect(answer).toMatchObject({ status: 429, body: 'x/y' });
    expect(answer.headers['x-rate-limit-reset']).toBe('7');
  });

  it('sends the body of a PUT', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'x-method': request.method });
      request.pipe(response);
    });
    const answer = await fetchHttp({ method: 'PUT', url, headers: {}, body: '{"a":1}', timeoutMs: 5_000 });
    expect([answer.headers['x-method'], answer.body]).toEqual(['PUT', '{"a":1}']);
  });

  it('follows no redirect: a token goes nowhere else', async () => {
    const url = await serve((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end());
    expect((await get(url)).status).toBe(302);
  });

  it('rejects when no answer begins in time, when it never ends, and when nobody is there', async () => {
    await expect(get(await serve(() => {}), 50)).rejects.toThrow(/timeout/i);
    close();
    await expect(get(await serve((_, response) => response.writeHead(200).write('half')), 50)).rejects.toThrow(
      /timeout/i,
    );
    close();
    await expect(get('http://127.0.0.1:1/')).rejects.toThrow();
  });
});
