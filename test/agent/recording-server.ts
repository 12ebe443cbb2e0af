import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { afterAll } from 'vitest';

export interface Received {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the server does with one request. */
export type Behaviour = (response: ServerResponse, request: Received) => void;

export const answers =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Behaviour =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
/** An event that is on the queue, and where its outcome is asked for. @param location by the path that the event was posted to, and its id */
export const accepts =
  (location: (path: string, id: string) => string | undefined): Behaviour =>
  (response, { url, headers, body }) => {
    const id = String(headers['webhook-id']);
    const at = location(url, id);
    const status = JSON.stringify({ status: 'accepted', id, more: body.length });
    response.writeHead(202, { 'content-type': 'application/json', ...(at !== undefined && { Location: at }) });
    response.end(status);
  };
export const ACCEPTED = accepts((path, id) => `${path}/events/okta-prod/${id}?q=a.b-c_d%3D&n=2`);
export const APPLIED = answers(200, { status: 'applied', heldBy: 1 });
export const PENDING = answers(202, { status: 'pending' }, { 'retry-after': '1' });
/** A problem of this system. */
export const refuses = (status: number, code: string, detail: string) => answers(status, { status, code, detail });
export const BUSY = refuses(503, 'HOOK007', 'the event could not be put onto the queue; try again');
/** As a proxy says it whose other side is away. */
export const PROXY_502 = answers(502, '<html><body><h1>502 Bad Gateway</h1></body></html>', {
  'content-type': 'text/html',
});
export const drops: Behaviour = (response) => response.destroy();
export const dropsHalfway: Behaviour = (response) => {
  response.writeHead(202, { 'content-type': 'application/json', 'content-length': '100' });
  response.write('{"status":"accepted"', () => response.destroy());
};
export const neverAnswers: Behaviour = () => {};

const open: Server[] = [];

/** A server that is no system at all: it does what it is told, request by request (the last for all that follow). */
export async function startRecordingServer(...behaviours: readonly [Behaviour, ...Behaviour[]]) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const behaviour = behaviours[Math.min(received.length, behaviours.length - 1)] ?? drops;
      const { method = '', url = '', headers } = request;
      const all = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
      received.push(all);
      behaviour(response, all);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  open.push(server);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const posts = () => received.filter(({ method }) => method === 'POST');
  return { url: `http://127.0.0.1:${port}/webhook`, received, posts };
}

/** Stores each event at once, and says the same of each. */
export function startObedientServer(outcome: Behaviour = APPLIED) {
  return startRecordingServer((response, request) =>
    (request.method === 'POST' ? ACCEPTED : outcome)(response, request),
  );
}

afterAll(() => {
  for (const server of open.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});
