import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { PAGE_HEADERS } from '../page/html.ts';
import { handleControl } from './control.ts';
import { renderPage, renderState } from './page.ts';
import { OktaSimulator, type OktaSimulatorOptions } from './simulator.ts';

/** More than the largest zone needs. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

export interface StartOptions extends Omit<OktaSimulatorOptions, 'now'> {
  /** Default: a free one. */
  readonly port?: number;
  /** Default: the system's clock. */
  readonly now?: () => number;
}

export interface RunningSimulator {
  /** `http://127.0.0.1:{port}`: base of the API, and the page. */
  readonly url: string;
  readonly port: number;
  readonly simulator: OktaSimulator;
  /** Ends everything at once, calls that hang or wait included. */
  close(): Promise<void>;
}

/** Serves the simulator on loopback: Okta's API under `/api/`, control under `/control/`, the page at `/`. */
export async function startOktaSimulator(options: StartOptions = {}): Promise<RunningSimulator> {
  const { port: wanted = 0, now = Date.now, ...rest } = options;
  const simulator = new OktaSimulator({ ...rest, now });
  const closing = new AbortController();
  const server = createServer((request, response) => {
    // Fails only when a connection ends early, or with a bug of ours; neither leaves the caller waiting.
    serve(simulator, request, response, closing.signal).catch((error: unknown) => {
      if (request.errored === null && !closing.signal.aborted) console.error(error);
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : wanted;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    simulator,
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  simulator: OktaSimulator,
  request: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const body = await readBody(request);
  const path = request.url ?? '/';
  const method = request.method ?? 'GET';
  if (body === undefined) send(response, { status: 413, headers: { 'x-simulator-invented': 'true' }, body: '' });
  else if (path !== '/' && path !== '/page.json' && path !== '/favicon.ico' && !path.startsWith('/control/')) {
    await serveApi(simulator, request, { method, path, body }, response, closing);
  } else if (fromHere(request)) send(response, ownReply(simulator, { method, path, body }));
  else send(response, { status: 403, headers: {}, body: '' });
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is the simulator's and not Okta's: the control API and the page. */
function ownReply(simulator: OktaSimulator, request: { method: string; path: string; body: string }): Reply {
  const json = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  if (request.path.startsWith('/control/')) {
    const { status, body } = handleControl(simulator, request);
    return { status, headers: status === 204 ? {} : json, body };
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, headers: { allow: 'GET, HEAD' }, body: '' };
  }
  if (request.path === '/favicon.ico') return { status: 204, headers: {}, body: '' };
  const state = simulator.state();
  if (request.path === '/') return { status: 200, headers: PAGE_HEADERS, body: renderPage(state) };
  return { status: 200, headers: json, body: JSON.stringify({ parts: { state: renderState(state) } }) };
}

async function serveApi(
  simulator: OktaSimulator,
  request: IncomingMessage,
  { method, path, body }: { method: string; path: string; body: string },
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const call = simulator.begin({ method, path, headers: plainHeaders(request), body });
  // A caller that gave up does not stop Okta: a slow call goes on to its end, one that hangs is over.
  if (call.delayMs > 0) await sleep(call.delayMs, undefined, { signal: closing });
  const outcome = call.complete();
  if (outcome.kind === 'hang') {
    response.once('close', () => call.end());
    if (response.destroyed) call.end();
    return;
  }
  // Before the first byte goes out, so that what a caller sends on its answer does not count as overlapping.
  call.end();
  if (outcome.kind === 'drop') request.socket.destroy();
  else send(response, outcome);
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  const length = status === 204 || status === 304 ? {} : { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...length }).end(body);
}

/** @returns undefined when it is too long */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    // Read on to the end all the same: who stops reading cuts the connection before the answer.
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return length > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}

function plainHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(', ')]));
}

/** Web pages of other origins, and names that were made to point here, do not get to the control API. */
function fromHere(request: IncomingMessage): boolean {
  const { host = '', origin } = request.headers;
  return LOOPBACK.test(host) && (origin === undefined || origin === `http://${host}`);
}
