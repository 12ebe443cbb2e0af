import * as v from 'valibot';
import type { AclConfig, Config, OktaConfig } from '../lib/config.ts';
import { readJsonFile } from './json-file.ts';
import { originOf } from './okta-address.ts';
import { formatPath, type Path, type Problem } from './problems.ts';
import { crossFieldProblems } from './rules.ts';
import { aclSchema, isRecord, type oktaSchema, REQUIRED_EXAMPLES, rootEntries, rootSchema } from './schema.ts';

/** The configuration cannot be used. Its message lists every problem, each with its path. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly problems: readonly { readonly path: string; readonly message: string }[];

  constructor(source: string, problems: readonly { readonly path: string; readonly message: string }[]) {
    const lines = problems.map(({ path, message }) => `  ${path === '' ? '' : `${path}: `}${message}`);
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super([`${source} cannot be used (${count}):`, ...lines].join('\n'));
    this.problems = problems;
  }
}

/**
 * Checks a configuration and fills in every default.
 * @param source what the error message calls it
 * @throws {ConfigError} with all problems at once
 */
export function parseConfig(json: unknown, source = 'The configuration'): Config {
  return isChecked(json) ? json : accepted(source, examine(json));
}

/**
 * The same configuration for a stack of another name.
 * @throws {ConfigError} where the system could not be in a stack of that name
 */
export function withStackName(config: Config, stackName: string): Config {
  const { issues } = v.safeParse(rootEntries.stackName, stackName);
  return accepted(`The stack ${stackName}`, {
    config: { ...config, stackName },
    problems: toProblems(issues, ['stackName']),
  });
}

/**
 * Reads the configuration from a file.
 * @throws {ConfigError} when it is absent, no JSON or not valid
 */
export function loadConfig(path: string): Config {
  const file = readJsonFile(path);
  if (!('value' in file)) return accepted(path, file);
  const { config, problems } = examine(file.value);
  return accepted(path, { config, problems: [...file.problems, ...problems] });
}

/** What was accepted: what a default has added need not be acceptable as it stands in a file. */
const checked = new WeakSet<object>();

function isChecked(json: unknown): json is Config {
  return typeof json === 'object' && json !== null && checked.has(json);
}

interface Examined {
  readonly config?: Config | undefined;
  readonly problems: readonly Problem[];
}

function accepted(source: string, { config, problems }: Examined): Config {
  if (config && problems.length === 0) {
    checked.add(config);
    return config;
  }
  throw new ConfigError(
    source,
    problems.map(({ path, message }) => ({ path: formatPath(path), message })),
  );
}

function examine(json: unknown): Examined {
  if (!isRecord(json)) return { problems: [{ path: [], message: 'must be a JSON object: { … }' }] };
  const root = v.safeParse(rootSchema, json);
  const entries = isRecord(json.acls) ? Object.entries(json.acls) : [];
  const acls = entries.map(([name, acl]) => [name, v.safeParse(aclSchema, acl)] as const);
  const problems = [
    ...toProblems(root.issues),
    ...acls.flatMap(([name, acl]) => toProblems(acl.issues, ['acls', name])),
    ...crossFieldProblems(json),
  ];
  if (!root.success) return { problems };
  const { okta, alarmEmail, alarmTopicArn, canWaitTopicArn, kmsKeyArn, permissionsBoundaryArn, ...more } = root.output;
  const { alarmOnChangesPerHour, ...rest } = more;
  const config = {
    ...rest,
    okta: withOktaDefaults(okta),
    acls: Object.fromEntries(acls.flatMap(([name, acl]) => (acl.success ? [[name, withDefaults(acl.output)]] : []))),
    ...(alarmEmail !== undefined && { alarmEmail }),
    ...(alarmTopicArn !== undefined && { alarmTopicArn }),
    ...(canWaitTopicArn !== undefined && { canWaitTopicArn }),
    ...(kmsKeyArn !== undefined && { kmsKeyArn }),
    ...(permissionsBoundaryArn !== undefined && { permissionsBoundaryArn }),
    ...(alarmOnChangesPerHour !== undefined && { alarmOnChangesPerHour }),
  };
  return { config, problems };
}

function withOktaDefaults({
  domain,
  baseUrl,
  checkPolicies,
  clientKey,
  clientKeyNames = ['1'],
}: v.InferOutput<typeof oktaSchema>): OktaConfig {
  const okta = {
    domain: domain.toLowerCase(),
    baseUrl: originOf(baseUrl ?? `https://${domain}`),
    checkPolicies,
    clientKey,
  };
  return clientKey === 'kms' ? { ...okta, clientKeyNames } : okta;
}

function withDefaults({ allowlist, ...acl }: v.InferOutput<typeof aclSchema>): AclConfig {
  // Without a default of its own an ACL with a short maximum gets that: every grant is capped by it.
  const defaultGrantMinutes = acl.defaultGrantMinutes ?? Math.min(480, acl.maxGrantMinutes);
  return { ...acl, defaultGrantMinutes, ...(allowlist && { allowlist }) };
}

function toProblems(issues: readonly v.BaseIssue<unknown>[] | undefined, prefix: Path = []): Problem[] {
  return (issues ?? []).map((issue) => {
    const path = [...prefix, ...(issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)))];
    const example = REQUIRED_EXAMPLES[String(path.at(-1))];
    if (issue.received === 'undefined' && example !== undefined) return { path, message: `missing; write ${example}` };
    return { path, message: issue.kind === 'schema' ? `${issue.message}, not ${issue.received}` : issue.message };
  });
}
