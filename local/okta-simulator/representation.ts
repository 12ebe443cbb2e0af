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
  const answer: Record<string, unknown> = {
    type,
    id: zone.id,
    name,
    status,
    usage,
    created: new Date(zone.created).toISOString(),
    lastUpdated: new Date(lastUpdated).toISOString(),
    system: zone.system,
  };
  if (exemptFlags) Object.assign(answer, { useAsBlackList: false, useAsExemptList: true });
  Object.assign(answer, type === 'IP' ? { gateways, proxies } : details);
  answer._links = links(`https://${domain}/api/v1/zones/${zone.id}`, status === 'ACTIVE');
  return answer;
}

function links(href: string, active: boolean): Record<string, unknown> {
  const self = { href, hints: { allow: ['GET', 'PUT', 'DELETE'] } };
  const allow = ['POST'];
  return active
    ? { self, deactivate: { href: `${href}/lifecycle/deactivate`, hints: { allow } } }
    : { activate: { href: `${href}/lifecycle/activate`, hints: { allow } }, self };
}
