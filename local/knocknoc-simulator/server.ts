import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpResponse } from '../../lib/ports.ts';
import { isFromHere, listen, readBody } from '../loopback-server.ts';
import { KnocknocSimulator } from './simulator.ts';

const LARGEST_BODY = 64 * 1024;

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
  const { url, close } = await listen((request, response) => {
    serve(simulator, page, request, response).catch(() => response.destroy());
  }, options.port ?? 0);
  return {
    ...{ url, simulator, close },
    show: (shown) => {
      page = shown;
    },
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
  const body = await readBody(request, LARGEST_BODY);
  const { authorization, 'if-none-match': known } = headers;
  const answer = path.startsWith('/api/')
    ? simulator.answer({ method, path, headers: { authorization, 'if-none-match': known } })
    : await ofPage(page, body && { method, path, body: body.toString('utf8') }, headers);
  const length = answer.status === 304 ? {} : { 'content-length': Buffer.byteLength(answer.body) };
  response.writeHead(answer.status, { ...answer.headers, ...length }).end(answer.body);
}

async function ofPage(
  page: Page,
  request: PageRequest | undefined,
  headers: IncomingMessage['headers'],
): Promise<HttpResponse> {
  // Others log nobody in, and see nothing.
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
