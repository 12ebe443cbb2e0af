import { type Played, play } from '../../../local/scenario/play.ts';
import { readScenario } from '../../../local/scenario/read-scenario.ts';

export const ACL = 'okta-prod';
export const ZONE = 'nzo1abcdefGHIJKLM0h7';
export const SENTINEL = '192.0.2.0/32';
export const ALICE = '203.0.113.7';
export const BOB = '203.0.113.8';

/** A configuration file of one ACL with one zone. */
export function configuration(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { okta: { domain: 'acme.okta.com' }, acls: { [ACL]: { zoneIds: [ZONE] } }, ...changes };
}

/** A scenario file with these steps, in which Okta has the one zone. */
export function file(
  steps: readonly unknown[],
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { config: configuration(), okta: { zones: { [ZONE]: { gateways: [SENTINEL] } } }, steps, ...changes };
}

export function granted(ip: string, data: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { type: 'access.granted', data: { acl: ACL, ip, ...data } };
}

export function revoked(ip: string): Record<string, unknown> {
  return { type: 'access.revoked', data: { acl: ACL, ip } };
}

export function played(steps: readonly unknown[], changes: Readonly<Record<string, unknown>> = {}): Promise<Played> {
  return play(readScenario(file(steps, changes), 'a test'));
}

/** Where expectations failed, each with the moment in milliseconds. */
export function failedAt({ failures }: Played): [string, number][] {
  return failures.map(({ path, at }) => [path, at]);
}
