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

/**
 * Where Knocknoc's script posts to an HTTP API of the emulator, as the variables that it knows. The script asks nobody outside of
 * the address that it was given, and the emulator's answers leave out the path that an API is found by (`emulatedUrl`): so this
 * finds it by a host name below the emulator's own, by which it calls itself then.
 * @param webhookUrl as AWS would have it
 */
export function emulatedKnoc(webhookUrl: string, endpoint: string): Readonly<Record<string, string>> {
  const { hostname, pathname } = new URL(webhookUrl);
  const [api = ''] = hostname.split('.');
  const at = new URL(pathname, endpoint);
  return { KNOCKNOC_OKTA_URL: at.href, KNOCKNOC_OKTA_HOST: `${api}.execute-api.${at.hostname}` };
}
