import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { afterAll } from 'vitest';

export interface Received {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the server does with one request. */
export type Behaviour = (response: ServerResponse) => void;

export const answers =
  (status: number, body: unknown, type = 'application/json'): Behaviour =>
  (response) => {
    response.writeHead(status, { 'content-type': type });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
export const APPLIED = answers(200, { status: 'applied', id: 'kk_1' });
export const ACCEPTED = answers(202, { status: 'accepted', id: 'kk_1' });
/** As a proxy says it whose other side is away. */
export const PROXY_502 = answers(502, '<html><body><h1>502 Bad Gateway</h1></body></html>', 'text/html');
export const drops: Behaviour = (response) => response.destroy();
export const dropsHalfway: Behaviour = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
  response.write('{"status":"applied"', () => response.destroy());
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
      const { method = '', headers } = request;
      received.push({ method, headers, body: Buffer.concat(chunks).toString('utf8') });
      behaviour(response);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  open.push(server);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/webhook`, received };
}

afterAll(() => {
  for (const server of open.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});
