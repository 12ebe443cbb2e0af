import type { Zone } from './zones.ts';

/**
 * A zone as Okta writes it: key order, time format and links of recorded traffic (fixtures of
 * terraform-provider-okta).
 * @param lastUpdated milliseconds; differs from the zone's own in the answer to a PUT
 * @param exemptFlags the two flags that the exempt zone shows in answers to a PUT, and only there
 */
export function represent(
  zone: Zone,
  domain: string,
  { lastUpdated = zone.lastUpdated, exemptFlags = false }: { lastUpdated?: number; exemptFlags?: boolean } = {},
): Record<string, unknown> {
  const { type, name, status, usage, gateways, proxies, details } = zone.content;
  return {
    type,
    id: zone.id,
    name,
    status,
    usage,
    created: new Date(zone.created).toISOString(),
    lastUpdated: new Date(lastUpdated).toISOString(),
    system: zone.system,
    ...(exemptFlags ? { useAsBlackList: false, useAsExemptList: true } : {}),
    ...(type === 'IP' ? { gateways, proxies } : details),
    _links: links(`https://${domain}/api/v1/zones/${zone.id}`, status === 'ACTIVE' ? 'deactivate' : 'activate'),
  };
}

function links(self: string, action: 'activate' | 'deactivate'): Record<string, unknown> {
  return {
    self: { href: self, hints: { allow: ['GET', 'PUT', 'DELETE'] } },
    [action]: { href: `${self}/lifecycle/${action}`, hints: { allow: ['POST'] } },
  };
}
