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

/**
 * The same for what an answer of the API names: its path counts alone, since the emulator has a host name of its own for it.
 * @param webhookUrl the stack's, as AWS would have it
 */
export function emulatedAnswerUrl(url: string, webhookUrl: string, endpoint: string): string {
  const { pathname, search } = new URL(url);
  return emulatedUrl(new URL(`${pathname}${search}`, webhookUrl).href, endpoint);
}
