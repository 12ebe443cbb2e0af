import { aclConfig, type Config } from '../config.ts';
import type { ErrorCode } from '../error-codes.ts';
import { canonicalText, isText } from '../grants/plausible.ts';
import type { Fields } from '../ports.ts';
import { JsonNotAcceptable, parseStrictJson } from './strict-json.ts';

const TYPE = /^access\.(granted|revoked|flushed)$/;
/** Whatever is meant to be an address or a network. */
const LIKE_AN_ADDRESS = /^[0-9a-f:.]{2,45}(\/\d{1,3})?$/i;

/**
 * Whom a refused event was for, for the log line: so that an operator can see why somebody is not in. Only of a sender whose
 * signature or token was good, and only of an ACL that is configured, or that is refused because it is not.
 * @returns what it names, each a short text; nothing where the body can't be read
 */
export function refusedFor(body: Uint8Array, code: ErrorCode, config: Pick<Config, 'acls'>): Fields {
  const { type, data } = recordOf(jsonOf(body));
  const { acl, ip, grantId, user } = recordOf(data);
  const isKnown = typeof acl === 'string' && aclConfig(config, acl) !== undefined;
  if (!isKnown && code !== 'HOOK004') return {};
  const told = { type: like(TYPE, type), acl, ip: like(LIKE_AN_ADDRESS, ip), grantId, user };
  const named = Object.entries(told).flatMap(([name, value]) => {
    const text = typeof value === 'string' ? canonicalText(value) : undefined;
    return isText(text) ? [[name, text]] : [];
  });
  return Object.fromEntries(named);
}

function like(pattern: RegExp, value: unknown): unknown {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return parseStrictJson(body);
  } catch (error) {
    if (error instanceof JsonNotAcceptable) return undefined;
    throw error;
  }
}

function recordOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
