import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { operatorCall } from '../cli/local-run/operator-calls.ts';
import type { OperatorAddress } from '../cli/local-run/run-file.ts';
import type { Target } from '../cli/target.ts';
import { listen, readBody } from './loopback-server.ts';

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
  const { url, close } = await listen((request, response) => {
    answer(target, token, request).then(
      ({ status, body }) => respond(response, status, body),
      (error: unknown) => respond(response, 500, { error: error instanceof Error ? error.message : 'unknown' }),
    );
  }, 0);
  return { address: { url, token }, close };
}

async function answer(target: Target, token: string, request: IncomingMessage) {
  if (!isRight(request.headers.authorization, `Bearer ${token}`)) return { status: 401, body: { error: 'no token' } };
  const call = operatorCall(target, (request.url ?? '').slice(1));
  if (request.method !== 'POST' || !call) return { status: 404, body: { error: 'no such call' } };
  const text = await readBody(request, LARGEST_BODY);
  if (!text) return { status: 413, body: { error: 'the request is too large' } };
  const args: unknown = JSON.parse(text.toString('utf8'));
  if (!Array.isArray(args)) return { status: 400, body: { error: 'the arguments must be a list' } };
  // JSON has null in the place of an argument that is left out.
  return { status: 200, body: { result: await call(args.map((arg: unknown) => arg ?? undefined)) } };
}

function isRight(given = '', wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
