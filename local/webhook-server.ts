import { createServer, type IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { WEBHOOK_PATH } from '../lib/names.ts';

type Handle = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** What an HTTP API takes at most. */
const LARGEST_BODY = 10 * 1024 * 1024;

/** An HTTP API (payload format 2.0) with the one route, on loopback. */
export async function startWebhookServer(
  handle: Handle,
  port: number,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const respond = (answer: APIGatewayProxyStructuredResultV2) => {
      for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, String(value));
      response.statusCode = answer.statusCode ?? 200;
      response.end(answer.body);
    };
    answer(request, handle).then(respond, () =>
      respond({ statusCode: 500, body: '{"message":"Internal Server Error"}' }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}${WEBHOOK_PATH}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, handle: Handle): Promise<APIGatewayProxyStructuredResultV2> {
  const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
  if (request.method !== 'POST' || path !== WEBHOOK_PATH) return { statusCode: 404, body: '{"message":"Not Found"}' };
  const body = await readBody(request);
  if (!body) return { statusCode: 413, body: '{"message":"Request Entity Too Large"}' };
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  );
  return handle(apiEvent(path, headers, body));
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The event that the HTTP API makes of a request. The body always comes in base64: the handler must cope with both. */
export function apiEvent(
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): APIGatewayProxyEventV2 {
  const http = { method: 'POST', path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: '' };
  return {
    version: '2.0',
    routeKey: `POST ${path}`,
    rawPath: path,
    rawQueryString: '',
    headers: { ...headers },
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: 'local',
      domainPrefix: 'local',
      http,
      requestId: 'local',
      routeKey: `POST ${path}`,
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    body: Buffer.from(body).toString('base64'),
    isBase64Encoded: true,
  };
}
