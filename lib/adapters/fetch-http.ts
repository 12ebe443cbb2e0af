import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import type { HttpRequest, HttpResponse } from '../ports.ts';

/** The largest body that is read where a request names no other limit, in bytes. */
const MOST_BYTES = 1024 * 1024;

/**
 * How long one address of a host is tried before the next, in milliseconds. Node.js gives each 250 ms: where a host
 * with several addresses is further away than that, and the last of them is dead, no connection ever succeeds.
 */
export const ATTEMPT_TIMEOUT_MS = 2_500;
setDefaultAutoSelectFamilyAttemptTimeout(ATTEMPT_TIMEOUT_MS);

/** One HTTP exchange over `fetch`: no redirects (a zone does not move), the timeout covers the body too. */
export async function fetchHttp(request: HttpRequest): Promise<HttpResponse> {
  const response = await fetch(request.url, {
    method: request.method,
    headers: request.headers,
    ...(request.body !== undefined && { body: request.body }),
    redirect: 'manual',
    signal: AbortSignal.timeout(request.timeoutMs),
  });
  const { status, headers } = response;
  const body = await readAtMost(response, request.mostBytes ?? MOST_BYTES);
  return {
    status,
    headers: Object.fromEntries(headers),
    ...(body === undefined ? { body: '', tooLarge: true } : { body }),
  };
}

/** @returns undefined where there is more; then the rest is neither read nor unpacked, and the connection is closed */
async function readAtMost(response: Response, mostBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the stream.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
