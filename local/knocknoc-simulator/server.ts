import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { isAclName } from '../../lib/config.ts';
import type { HttpResponse } from '../../lib/ports.ts';
import { renderPage } from './page.ts';
import { KnocknocSimulator } from './simulator.ts';

const LARGEST_BODY = 64 * 1024;
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

export interface RunningKnocknoc {
  /** `http://127.0.0.1:{port}`: where lists are, and the page. */
  readonly url: string;
  readonly simulator: KnocknocSimulator;
  close(): Promise<void>;
}

/**
 * Serves a Knocknoc on loopback: the lists as it publishes them, and at `/` a page where people log in and out.
 * @param acls what can be logged in at
 */
export async function startKnocknoc(options: {
  readonly key: string;
  readonly acls: readonly string[];
  readonly port?: number;
}): Promise<RunningKnocknoc> {
  const simulator = new KnocknocSimulator({ key: options.key });
  const server = createServer((request, response) => {
    serve(simulator, options.acls, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    ...{ url: `http://127.0.0.1:${port}`, simulator },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  simulator: KnocknocSimulator,
  acls: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', headers } = request;
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const body = await readBody(request);
  const answer = path.startsWith('/api/')
    ? simulator.answer({ method, path, headers: { authorization: headers.authorization, ...conditions(headers) } })
    : ofPeople(simulator, acls, { method, path, body, isFromHere: isFromHere(headers) });
  const length = answer.status === 304 ? {} : { 'content-length': Buffer.byteLength(answer.body) };
  response.writeHead(answer.status, { ...answer.headers, ...length }).end(answer.body);
}

function conditions(headers: IncomingMessage['headers']): Record<string, string | undefined> {
  return { 'if-none-match': headers['if-none-match'] };
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly isFromHere: boolean;
}

/** The page and its forms. */
function ofPeople(simulator: KnocknocSimulator, acls: readonly string[], asked: Asked): HttpResponse {
  const { method, path, body, isFromHere: here } = asked;
  if (!here) return { status: 403, headers: {}, body: '' };
  if (method === 'GET' && path === '/') {
    return { status: 200, ...renderPage(acls, simulator.people()) };
  }
  const form = new URLSearchParams(body);
  const [acl, user, ip] = ['acl', 'user', 'ip'].map((name) => form.get(name)?.trim() ?? '');
  if (method !== 'POST' || !acl || !user) return { status: 404, headers: {}, body: '' };
  if (path === '/log-out') simulator.logOut({ acl, user });
  else if (path === '/log-in' && ip && isIP(ip) && isAclName(acl)) simulator.logIn({ acl, user, ip });
  else return { status: 400, headers: {}, body: 'Write a name and an IP address.\n' };
  return { status: 303, headers: { location: '/' }, body: '' };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= LARGEST_BODY) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Pages of other origins do not log anybody in. */
function isFromHere({ host = '', origin }: IncomingMessage['headers']): boolean {
  return LOOPBACK.test(host) && (origin === undefined || origin === `http://${host}`);
}
