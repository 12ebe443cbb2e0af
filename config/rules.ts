import { isAclName } from '../lib/config.ts';
import {
  blockProblem,
  opensToEveryone,
  privateProblem,
  sentinelProblem,
  type WideRun,
  wideRuns,
} from './address-syntax.ts';
import type { Path, Problem } from './problems.ts';
import { aclEntries, allowlistEntries, isRecord, oktaEntries, rootEntries } from './schema.ts';

/**
 * Rules that no single value can be judged by: unknown keys, and values that must fit one another.
 * They read the file as it stands, so that they speak in the same report as the schema; a value
 * that the schema refuses is left to it.
 */
export function crossFieldProblems(json: Record<string, unknown>): Problem[] {
  const acls = isRecord(json.acls) ? Object.entries(json.acls) : [];
  return [
    ...unknownKeys(json, [], rootEntries),
    ...unknownKeys(json.okta, ['okta'], oktaEntries),
    ...acls.flatMap(([name, acl]) => [
      ...nameProblem(name),
      ...unknownKeys(acl, ['acls', name], aclEntries),
      ...(isRecord(acl) ? [...lifetimes(name, acl), ...alwaysAllow(name, acl, json), ...allowlist(name, acl)] : []),
    ]),
    ...(isRecord(json.acls) && acls.length === 0
      ? [
          {
            path: ['acls'],
            message: 'must hold at least one ACL, such as "okta-prod": { "zoneIds": ["nzo1abcdefGHIJKLM0h7"] }',
          },
        ]
      : []),
    ...sharedZones(acls),
    ...clientKeyNames(json),
    ...sentinel(json),
    ...allowFrom(json),
  ];
}

function unknownKeys(value: unknown, path: Path, known: object): Problem[] {
  if (!isRecord(value)) return [];
  const names = Object.keys(known);
  return Object.keys(value)
    .filter((key) => !names.includes(key))
    .map((key) => ({ path: [...path, key], message: `unknown key; remove it, or write one of ${names.join(', ')}` }));
}

function nameProblem(name: string): Problem[] {
  if (isAclName(name)) return [];
  return [
    {
      path: ['acls', name],
      message: 'not a usable ACL name; write 1 to 64 letters, digits, "_", "." or "-", such as "okta-prod"',
    },
  ];
}

function lifetimes(name: string, acl: Record<string, unknown>): Problem[] {
  const { defaultGrantMinutes: usual, maxGrantMinutes: longest = 1440 } = acl;
  if (!isCount(usual) || !isCount(longest) || usual <= longest) return [];
  return [
    {
      path: ['acls', name, 'defaultGrantMinutes'],
      message: `${usual} is more than maxGrantMinutes (${longest}); write ${longest} or less, or raise maxGrantMinutes`,
    },
  ];
}

function allowlist(name: string, acl: Record<string, unknown>): Problem[] {
  const path = ['acls', name, 'allowlist'];
  const { allowlist: list, maxGrantMinutes: longest = 1440, defaultGrantMinutes: usual = longest } = acl;
  // To the schema a list is an object without keys.
  if (Array.isArray(list)) return [{ path, message: 'must be an object, such as { "pollSeconds": 15 }' }];
  if (!isRecord(list)) return [];
  const { pollSeconds = 15 } = list;
  const problems = unknownKeys(list, path, allowlistEntries);
  // A grant is renewed in the second half of its life, and a read must fall into that.
  if (isCount(pollSeconds) && isCount(usual) && pollSeconds > usual * 30) {
    const message = `${pollSeconds} is more than half of defaultGrantMinutes (${usual}): grants would end between two reads; write ${usual * 30} or less, or raise defaultGrantMinutes`;
    problems.push({ path: [...path, 'pollSeconds'], message });
  }
  return problems;
}

function alwaysAllow(name: string, acl: Record<string, unknown>, json: Record<string, unknown>): Problem[] {
  if (!Array.isArray(acl.alwaysAllow)) return [];
  const path = ['acls', name, 'alwaysAllow'];
  const entries: unknown[] = acl.alwaysAllow;
  const texts = entries.filter((entry) => typeof entry === 'string');
  const rules = { allowIpv6: json.allowIpv6 === true, cidrOnly: false };
  const problems: Problem[] = entries.flatMap((entry, index) => {
    const message = typeof entry === 'string' ? blockProblem(entry, rules) : undefined;
    return message === undefined ? [] : [{ path: [...path, index], message }];
  });
  if (opensToEveryone(texts)) {
    problems.push({
      path,
      message: 'opens the zone to everyone; write only the networks that are always to be let in',
    });
  } else if (acl.allowWide !== true) {
    problems.push(...wideRuns(entries).map((run) => wideProblem(run, path)));
  }
  const { gatewayLimit: limit = 150 } = json;
  if (isCount(limit) && entries.length > limit) {
    problems.push({
      path,
      message: `${entries.length} entries are more than one zone can hold (gatewayLimit ${limit}); write fewer, wider ones`,
    });
  }
  return problems;
}

function wideProblem({ entries, message }: WideRun, path: Path): Problem {
  const [index = 0, ...others] = entries;
  if (others.length === 0) return { path: [...path, index], message };
  return { path, message: `entries ${entries.join(', ')} together: ${message}` };
}

function sharedZones(acls: readonly [string, unknown][]): Problem[] {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [name, acl] of acls) {
    if (!isRecord(acl) || !Array.isArray(acl.zoneIds)) continue;
    const ids: unknown[] = acl.zoneIds;
    for (const [index, id] of ids.entries()) {
      if (typeof id !== 'string') continue;
      const owner = owners.get(id);
      if (owner === undefined) owners.set(id, name);
      else {
        const message =
          owner === name
            ? `zone ${id} is listed twice; write it once`
            : `zone ${id} belongs to the ACL "${owner}" already; write another zone (a zone belongs to one ACL)`;
        problems.push({ path: ['acls', name, 'zoneIds', index], message });
      }
    }
  }
  return problems;
}

function clientKeyNames({ okta }: Record<string, unknown>): Problem[] {
  if (!isRecord(okta) || okta.clientKeyNames === undefined || okta.clientKey === 'kms') return [];
  return [
    {
      path: ['okta', 'clientKeyNames'],
      message: 'names keys in KMS; remove it, or write "clientKey": "kms" beside it',
    },
  ];
}

function sentinel(json: Record<string, unknown>): Problem[] {
  if (typeof json.sentinel !== 'string') return [];
  const rules = { allowIpv6: json.allowIpv6 === true, cidrOnly: true };
  const message = blockProblem(json.sentinel, rules) ?? sentinelProblem(json.sentinel);
  return message === undefined ? [] : [{ path: ['sentinel'], message }];
}

function allowFrom(json: Record<string, unknown>): Problem[] {
  if (!Array.isArray(json.allowFrom)) return [];
  const entries: unknown[] = json.allowFrom;
  const isOpen = opensToEveryone(entries.filter((entry) => typeof entry === 'string'));
  const problems: Problem[] = entries.flatMap((entry, index) => {
    if (typeof entry !== 'string') return [];
    // Senders may come over IPv6 whatever Okta takes.
    const invalid = blockProblem(entry, { allowIpv6: true, cidrOnly: true });
    const message = invalid ?? (isOpen ? undefined : privateProblem(entry));
    return message === undefined ? [] : [{ path: ['allowFrom', index], message }];
  });
  if (isOpen) {
    problems.push({
      path: ['allowFrom'],
      message: 'lets everybody in; write the networks that events come from, or leave it out where any may send',
    });
  }
  return problems;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0;
}
