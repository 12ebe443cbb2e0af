import type { HttpRequest, HttpResponse } from '../ports.ts';

/** One HTTP exchange over `fetch`: no redirects (a zone does not move), the timeout covers the body too. */
export async function fetchHttp(request: HttpRequest): Promise<HttpResponse> {
  const response = await fetch(request.url, {
    method: request.method,
    headers: request.headers,
    ...(request.body !== undefined && { body: request.body }),
    redirect: 'manual',
    signal: AbortSignal.timeout(request.timeoutMs),
  });
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}
