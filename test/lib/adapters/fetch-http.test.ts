import { createServer, type RequestListener } from 'node:http';
import { getDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { createGzip } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { ATTEMPT_TIMEOUT_MS, fetchHttp } from '../../../lib/adapters/fetch-http.ts';

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

describe('a large answer', () => {
  const MEBIBYTE = 1024 * 1024;
  const LARGE = 300 * MEBIBYTE;
  const ZEROS = Buffer.alloc(64 * 1024);
  /** Writes 300 MB as fast as they are taken. */
  function pour(into: NodeJS.WritableStream): void {
    let written = 0;
    const more = () => {
      while (written < LARGE) {
        written += ZEROS.length;
        if (!into.write(ZEROS)) return;
      }
      into.end();
    };
    into.on('drain', more);
    more();
  }

  it('is read up to its limit, exactly', async () => {
    const url = await serve((request, response) => response.end('x'.repeat(Number(request.url?.slice(1)))));
    expect((await get(`${url}${MEBIBYTE}`)).body).toHaveLength(MEBIBYTE);
    expect(await get(`${url}${MEBIBYTE + 1}`)).toMatchObject({ status: 200, body: '', tooLarge: true });
    const small = { method: 'GET', url: `${url}11`, headers: {}, timeoutMs: 5_000, mostBytes: 10 } as const;
    expect(await fetchHttp(small)).toMatchObject({ body: '', tooLarge: true });
    expect(await fetchHttp({ ...small, mostBytes: 11 })).not.toHaveProperty('tooLarge');
  });

  it('keeps its status and its headers', async () => {
    const url = await serve((_, response) => response.writeHead(429, { 'retry-after': '7' }).end('x'.repeat(2e6)));
    expect(await get(url)).toMatchObject({ status: 429, headers: { 'retry-after': '7' }, tooLarge: true });
  });

  it('of 300 MB is not read to the end, nor kept: the connection is closed', async () => {
    let sent = 0;
    const closed = Promise.withResolvers<void>();
    const url = await serve((_, response) => {
      response.on('error', () => {});
      response.on('close', () => {
        sent = response.socket?.bytesWritten ?? sent;
        closed.resolve();
      });
      const { socket } = response;
      socket?.on('close', () => {
        sent = socket.bytesWritten;
      });
      pour(response);
    });
    expect(await get(url, 30_000)).toMatchObject({ status: 200, body: '', tooLarge: true });
    await closed.promise;
    // What fits into the buffers on the way is sent too; most of it is not.
    expect(sent).toBeLessThan(LARGE / 10);
  });

  it('that is small on the wire and 300 MB when unpacked is not unpacked to the end', async () => {
    const url = await serve((_, response) => {
      response.on('error', () => {});
      response.writeHead(200, { 'content-encoding': 'gzip' });
      const gzip = createGzip();
      gzip.pipe(response);
      pour(gzip);
    });
    const before = process.resourceUsage().maxRSS;
    expect(await get(url, 60_000)).toMatchObject({ status: 200, body: '', tooLarge: true });
    // The server needs little itself: it packs what it repeats.
    expect((process.resourceUsage().maxRSS - before) * 1024).toBeLessThan(LARGE / 3);
  });
});

describe('a host with several addresses', () => {
  it('has time to answer on each: more than the 250 ms that Node.js gives it', () => {
    expect(ATTEMPT_TIMEOUT_MS).toBeGreaterThanOrEqual(2_000);
    expect(getDefaultAutoSelectFamilyAttemptTimeout()).toBe(ATTEMPT_TIMEOUT_MS);
  });
});
