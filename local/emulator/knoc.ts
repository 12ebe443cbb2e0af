/**
 * The variables of a Knoc whose script posts to an HTTP API of the emulator. The script asks nobody outside of the address that
 * it was given, and the emulator's answers leave out the path that an API is found by (`emulatedUrl`): so this finds it by a
 * host name below the emulator's own, by which it calls itself then.
 * @param webhookUrl as AWS would have it
 */
export function knocOf(webhookUrl: string, endpoint: string, secret: string): Readonly<Record<string, string>> {
  const { hostname, pathname } = new URL(webhookUrl);
  const [api = ''] = hostname.split('.');
  const at = new URL(pathname, endpoint);
  return {
    ...{ KNOCKNOC_OKTA_URL: at.href, KNOCKNOC_OKTA_HOST: `${api}.execute-api.${at.hostname}` },
    KNOCKNOC_OKTA_SECRET: secret,
  };
}
