import { ConfigError, parseConfig } from '../../config/load.ts';

export const ACL = { zoneIds: ['nzo1abcdefGHIJKLM0h7'] };

/** The least that a configuration must say. */
export const MINIMAL = { okta: { domain: 'acme.okta.com' }, acls: { 'okta-prod': ACL } };

export const withAcl = (changes: object) => ({ ...MINIMAL, acls: { 'okta-prod': { ...ACL, ...changes } } });
export const withOkta = (okta: object) => ({ ...MINIMAL, okta });

/** The problems of a configuration as `path: message` lines; none where it is good. */
export function problems(json: unknown): string[] {
  try {
    parseConfig(json);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}
