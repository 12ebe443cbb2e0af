import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { HttpResponse } from '../../lib/ports.ts';
import { KnocknocSimulator } from './simulator.ts';

const LARGEST_BODY = 64 * 1024;
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/** What a browser of this machine asks for. */
export interface PageRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}
export type Page = (request: PageRequest) => Promise<HttpResponse>;

export interface RunningKnocknoc {
  /** `http://127.0.0.1:{port}`: where lists are, and the page. */
  readonly url: string;
  readonly simulator: KnocknocSimulator;
  /** From now on this answers all that is no list. */
  show(page: Page): void;
  close(): Promise<void>;
}

/** Serves a Knocknoc on loopback: the lists as it publishes them and, once there is one, a page for people. */
export async function serveKnocknoc(options: {
  readonly key: string;
  readonly port?: number;
}): Promise<RunningKnocknoc> {
  const simulator = new KnocknocSimulator({ key: options.key });
  let page: Page = async () => plain(503, 'It has not started yet: load the page again.\n');
  const server = createServer((request, response) => {
    serve(simulator, page, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    ...{ url: `http://127.0.0.1:${port}`, simulator },
    show: (shown) => {
      page = shown;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  simulator: KnocknocSimulator,
  page: Page,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', headers } = request;
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const body = await readBody(request);
  const { authorization, 'if-none-match': known } = headers;
  const answer = path.startsWith('/api/')
    ? simulator.answer({ method, path, headers: { authorization, 'if-none-match': known } })
    : await ofPage(page, body === undefined ? undefined : { method, path, body }, headers);
  const length = answer.status === 304 ? {} : { 'content-length': Buffer.byteLength(answer.body) };
  response.writeHead(answer.status, { ...answer.headers, ...length }).end(answer.body);
}

async function ofPage(
  page: Page,
  request: PageRequest | undefined,
  headers: IncomingMessage['headers'],
): Promise<HttpResponse> {
  if (!isFromHere(headers)) return plain(403, '');
  if (!request) return plain(413, '');
  try {
    return await page(request);
  } catch (error) {
    return plain(500, `${error instanceof Error ? error.message : 'unknown'}\n`);
  }
}

function plain(status: number, body: string): HttpResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

/** @returns undefined when it is too long */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= LARGEST_BODY) chunks.push(chunk);
  }
  return size > LARGEST_BODY ? undefined : Buffer.concat(chunks).toString('utf8');
}

/** Pages of other origins, and names that were made to point here, log nobody in and see nothing. */
function isFromHere({ host = '', origin }: IncomingMessage['headers']): boolean {
  return LOOPBACK.test(host) && (origin === undefined || origin === `http://${host}`);
}
