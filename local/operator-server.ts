import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { operatorCalls } from '../cli/local-run/operator-calls.ts';
import type { OperatorAddress } from '../cli/local-run/run-file.ts';
import type { Target } from '../cli/target.ts';

/** Far more than any question holds. */
const LARGEST_BODY = 1024 * 1024;

/**
 * Lets another process of this machine operate an embedded run, whose table, secrets and queues are
 * in this one. On loopback, at a free port, and only with the token: a page in a browser has not got it.
 */
export async function startOperatorServer(
  target: Target,
): Promise<{ readonly address: OperatorAddress; close(): Promise<void> }> {
  const token = randomBytes(24).toString('base64url');
  const server = createServer((request, response) => {
    answer(target, token, request).then(
      ({ status, body }) => respond(response, status, body),
      (error: unknown) => respond(response, 500, { error: error instanceof Error ? error.message : 'unknown' }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound ? bound.port : 0;
  return {
    address: { url: `http://127.0.0.1:${port}`, token },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(target: Target, token: string, request: IncomingMessage) {
  if (!isRight(request.headers.authorization, `Bearer ${token}`)) return { status: 401, body: { error: 'no token' } };
  const calls: Readonly<Record<string, unknown>> = operatorCalls(target);
  const name = (request.url ?? '').slice(1);
  const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
  if (request.method !== 'POST' || typeof call !== 'function') return { status: 404, body: { error: 'no such call' } };
  const args: unknown = JSON.parse(await readText(request));
  if (!Array.isArray(args)) return { status: 400, body: { error: 'the arguments must be a list' } };
  return { status: 200, body: { result: await call(...args) } };
}

function isRight(given = '', wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new Error('the request is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
