import { parseConfig } from '../../config/load.ts';
import { aclEntries } from '../../config/schema.ts';
import type { Config } from '../../lib/config.ts';

export interface DeployedAcl {
  readonly name: string;
  readonly zoneIds: readonly string[];
  /** `alwaysAllow`. */
  readonly always: readonly string[];
  /** Whatever stands in its zones may be replaced. */
  readonly replaceExisting?: true;
  /** Knocknoc's list is read. */
  readonly list?: ListSettings;
}

/** How an ACL's list is read, and how long its grants last. */
export interface ListSettings {
  readonly pollSeconds: number;
  readonly endsGrants: boolean;
  readonly defaultGrantMinutes: number;
}

/** What a configuration says, as far as schedules have it otherwise than the defaults. */
export interface Deployment {
  readonly acls: readonly DeployedAcl[];
  readonly sentinel: string;
  readonly gatewayLimit: number;
  readonly verifyMinutes: number;
  /** People may have IPv6 addresses, of which so many bits are let in. */
  readonly ipv6?: 64 | 128;
}

/** Whether a configuration can say so. */
export const CAN_REPLACE = 'replaceExisting' in aclEntries;

/** Known configurations; a run of many schedules makes no end of them. */
const MOST_KNOWN = 1_000;
const known = new Map<string, Config>();

export function configFor(deployment: Deployment): Config {
  const key = JSON.stringify(deployment);
  const before = known.get(key);
  if (before) return before;
  const { acls, sentinel, gatewayLimit, verifyMinutes, ipv6 } = deployment;
  const config = parseConfig({
    ...{ okta: { domain: 'acme.okta.com' }, sentinel, gatewayLimit, verifyMinutes },
    ...(ipv6 !== undefined && { allowIpv6: true, ipv6PrefixLength: ipv6 }),
    acls: Object.fromEntries(acls.map((acl) => [acl.name, aclFor(acl)])),
  });
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, config);
  return config;
}

function aclFor({ zoneIds, always, replaceExisting, list }: DeployedAcl) {
  const { defaultGrantMinutes, ...allowlist } = list ?? {};
  return {
    ...{ zoneIds, alwaysAllow: always, ...(replaceExisting && CAN_REPLACE && { replaceExisting }) },
    ...(list && { defaultGrantMinutes, allowlist }),
  };
}

const A_WHILE_MS = 30_000;

/** What is deployed, and since when. Milliseconds since the epoch. */
export class Deployments {
  #current: Deployment;
  #since: number;
  #isFirst = true;
  readonly #before: Deployment[] = [];
  #owners: ReadonlyMap<string, DeployedAcl>;

  constructor(first: Deployment, at: number) {
    this.#current = first;
    this.#since = at;
    this.#owners = ownersIn(first);
  }

  get current(): Deployment {
    return this.#current;
  }

  get since(): number {
    return this.#since;
  }

  deploy(deployment: Deployment, at: number): void {
    this.#isFirst = false;
    this.#before.push(this.#current);
    this.#current = deployment;
    this.#since = at;
    this.#owners = ownersIn(deployment);
  }

  /** Whether an ACL has been configured for a while in every function. */
  hasLong(name: string, now: number): boolean {
    return this.acl(name) !== undefined && (this.#isFirst || now > this.#since + A_WHILE_MS);
  }

  /** An ACL as it is configured, and as it was until a while ago: functions of both may be at work. */
  known(name: string): readonly DeployedAcl[] {
    return [this.#current, ...this.#before].flatMap(({ acls }) => acls.filter((acl) => acl.name === name));
  }

  /** The ACL that a zone belongs to. */
  ownerOf(zoneId: string): DeployedAcl | undefined {
    return this.#owners.get(zoneId);
  }

  acl(name: string): DeployedAcl | undefined {
    return this.#current.acls.find((acl) => acl.name === name);
  }
}

/** Every zone that any of them names, in the order in which they come. */
export function zonesOf(deployments: readonly Deployment[]): string[] {
  return [...new Set(deployments.flatMap(({ acls }) => acls.flatMap(({ zoneIds }) => zoneIds)))];
}

/** Every ACL that any of them names. */
export function aclsOf(deployments: readonly Deployment[]): string[] {
  return [...new Set(deployments.flatMap(({ acls }) => acls.map(({ name }) => name)))];
}

/** How long a change in Okta may go unseen, in milliseconds. */
export function noticedMs(deployments: readonly Deployment[]): number {
  return Math.max(...deployments.map(({ verifyMinutes }) => verifyMinutes)) * 60_000;
}

function ownersIn({ acls }: Deployment): ReadonlyMap<string, DeployedAcl> {
  return new Map(acls.flatMap((acl) => acl.zoneIds.map((zoneId) => [zoneId, acl] as const)));
}

/** The ACLs whose lists are read. */
export function listedIn({ acls }: Deployment): { readonly name: string; readonly list: ListSettings }[] {
  return acls.flatMap(({ name, list }) => (list ? [{ name, list }] : []));
}
