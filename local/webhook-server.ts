import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { OUTCOME_ROUTE, WEBHOOK_PATH } from '../lib/names.ts';
import { listen, readBody } from './loopback-server.ts';

type Handle = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** In place of what AWS names. */
const LOCAL = 'local';
/** What an HTTP API takes at most. */
const LARGEST_BODY = 10 * 1024 * 1024;

/** The HTTP API's two routes. */
export interface Routes {
  readonly webhook: Handle;
  readonly outcome: Handle;
}

/** An HTTP API (payload format 2.0) on loopback. */
export async function startWebhookServer(
  routes: Routes,
  port: number,
): Promise<{ url: string; close(): Promise<void> }> {
  const { url, close } = await listen((request, response) => {
    const respond = (answer: APIGatewayProxyStructuredResultV2) => {
      for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, String(value));
      response.statusCode = answer.statusCode ?? 200;
      response.end(answer.body);
    };
    answer(request, routes).then(respond, () =>
      respond({ statusCode: 500, body: '{"message":"Internal Server Error"}' }),
    );
  }, port);
  return { url: `${url}${WEBHOOK_PATH}`, close };
}

async function answer(request: IncomingMessage, routes: Routes): Promise<APIGatewayProxyStructuredResultV2> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const handle = handlerOf(request.method, url.pathname, routes);
  if (!handle) return { statusCode: 404, body: '{"message":"Not Found"}' };
  const body = await readBody(request, LARGEST_BODY);
  if (!body) return { statusCode: 413, body: '{"message":"Request Entity Too Large"}' };
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  );
  const overHttp = { ...headers, 'x-forwarded-proto': 'http' };
  const event =
    request.method === 'POST'
      ? apiEvent(url.pathname, overHttp, body)
      : outcomeEvent(`${url.pathname}${url.search}`, overHttp);
  return handle({ ...event, requestContext: { ...event.requestContext, domainName: headers.host ?? LOCAL } });
}

function handlerOf(method: string | undefined, path: string, { webhook, outcome }: Routes): Handle | undefined {
  if (method === 'POST' && path === WEBHOOK_PATH) return webhook;
  const isOutcome = path.startsWith(`${WEBHOOK_PATH}/events/`) && path.split('/').length === 5;
  return method === 'GET' && isOutcome ? outcome : undefined;
}

/** The event that the HTTP API makes of a POST. The body always comes in base64: the handler must cope with both. */
export function apiEvent(
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): APIGatewayProxyEventV2 {
  const event = eventOf('POST', path, `POST ${path}`, headers);
  return { ...event, body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
}

/** The event that the HTTP API makes of a question for an outcome. @param address as it was given, or a path with its query */
export function outcomeEvent(address: string, headers: Readonly<Record<string, string>>): APIGatewayProxyEventV2 {
  const { pathname, search } = new URL(address, `https://${LOCAL}`);
  return { ...eventOf('GET', pathname, `GET ${OUTCOME_ROUTE}`, headers), rawQueryString: search.slice(1) };
}

function eventOf(
  method: string,
  path: string,
  routeKey: string,
  headers: Readonly<Record<string, string>>,
): APIGatewayProxyEventV2 {
  const http = { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: '' };
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: { ...headers },
    requestContext: {
      accountId: '000000000000',
      apiId: LOCAL,
      domainName: LOCAL,
      domainPrefix: LOCAL,
      http,
      requestId: LOCAL,
      routeKey,
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    isBase64Encoded: false,
  };
}
