/**
 * Where the emulator answers for an HTTP API. It knows an API by its host name, as AWS does, but also
 * by this path, which any client can use.
 * @param url as AWS would have it: the stack's `WebhookUrl`, or what is below it
 */
export function emulatedUrl(url: string, endpoint: string): string {
  const { hostname, pathname, search } = new URL(url);
  const [api = ''] = hostname.split('.');
  return `${endpoint.replace(/\/+$/, '')}/_aws/execute-api/${api}/$default${pathname}${search}`;
}
