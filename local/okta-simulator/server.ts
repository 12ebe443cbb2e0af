import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFromHere, type LoopbackServer, listen, readBody } from '../loopback-server.ts';
import { PAGE_HEADERS } from '../page/html.ts';
import { handleControl } from './control.ts';
import { renderPage, renderState } from './page.ts';
import { OktaSimulator, type OktaSimulatorOptions } from './simulator.ts';

/** More than the largest zone needs. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

export interface StartOptions extends Omit<OktaSimulatorOptions, 'now'> {
  /** Default: a free one. */
  readonly port?: number;
  /** Default: the system's clock. */
  readonly now?: () => number;
}

/** At its URL are the base of the API, and the page. */
export interface RunningSimulator extends LoopbackServer {
  readonly simulator: OktaSimulator;
}

/** Serves the simulator on loopback: Okta's API under `/api/`, control under `/control/`, the page at `/`. */
export async function startOktaSimulator(options: StartOptions = {}): Promise<RunningSimulator> {
  const { port = 0, now = Date.now, ...rest } = options;
  const simulator = new OktaSimulator({ ...rest, now });
  const closing = new AbortController();
  const server = await listen((request, response) => {
    // Fails only when a connection ends early, or with a bug of ours; neither leaves the caller waiting.
    serve(simulator, request, response, closing.signal).catch((error: unknown) => {
      if (request.errored === null && !closing.signal.aborted) console.error(error);
      response.destroy();
    });
  }, port);
  return {
    ...server,
    simulator,
    close: () => {
      closing.abort();
      return server.close();
    },
  };
}

async function serve(
  simulator: OktaSimulator,
  request: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const body = (await readBody(request, MAX_BODY_BYTES))?.toString('utf8');
  const path = request.url ?? '/';
  const method = request.method ?? 'GET';
  if (body === undefined) send(response, { status: 413, headers: { 'x-simulator-invented': 'true' }, body: '' });
  else if (path !== '/' && path !== '/page.json' && path !== '/favicon.ico' && !path.startsWith('/control/')) {
    await serveApi(simulator, request, { method, path, body }, response, closing);
  } else if (isFromHere(request.headers)) send(response, ownReply(simulator, { method, path, body }));
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

function plainHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(', ')]));
}
