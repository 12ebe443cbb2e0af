/** CloudWatch, Lambda and humans all stay within a month; a longer "grant" is an entry for `alwaysAllow`. */
export const LONGEST_GRANT_MINUTES = 43_200;

/**
 * The configuration as the functions see it: complete, checked and with every default filled in.
 * `config/load.ts` makes it from the customer's file; it reaches the functions inside their bundle.
 */
export interface AclConfig {
  /** Okta zone ids, filled in this order. A zone belongs to one ACL. */
  readonly zoneIds: readonly string[];
  /** CIDRs or `first-last` ranges that are always in the list. */
  readonly alwaysAllow: readonly string[];
  /** Lifetime, in minutes, of a grant that brings no expiry. */
  readonly defaultGrantMinutes: number;
  /** Longest lifetime of any grant, in minutes. */
  readonly maxGrantMinutes: number;
  /** Take events that show the ACL's bearer token instead of a signature. */
  readonly allowBearer: boolean;
  /** `alwaysAllow` may be wider than /16 (IPv4) or /32 (IPv6). */
  readonly allowWide: boolean;
  /** What a zone held before its first write goes without a person's word. */
  readonly replaceExisting: boolean;
  /** Knocknoc's own list of who is in, read every so many seconds; absent: none is read. */
  readonly allowlist?: AllowlistConfig;
}

export interface AllowlistConfig {
  readonly pollSeconds: number;
  /** Who is not on the list loses every grant, and not only those that the list gave. */
  readonly endsGrants: boolean;
}

export interface OktaConfig {
  readonly domain: string;
  readonly baseUrl: string;
  /** Once a day, whether sign-on policies refer to the zones. */
  readonly checkPolicies: boolean;
  /** Where the key of a service app is: in the secret, or in KMS. */
  readonly clientKey: 'secret' | 'kms';
  /** Names of the keys in KMS: one, or two while they are exchanged. Absent where they are in the secret. */
  readonly clientKeyNames?: readonly string[];
}

export interface Config {
  readonly stackName: string;
  readonly okta: OktaConfig;
  readonly acls: Readonly<Record<string, AclConfig>>;
  /** CIDR that keeps a zone non-empty; present only while nothing else is. */
  readonly sentinel: string;
  readonly allowPrivate: boolean;
  readonly allowIpv6: boolean;
  /** Length of the network that is let in for an IPv6 address; 128 is the address alone. */
  readonly ipv6PrefixLength: number;
  /** Gateways that Okta accepts in one zone. */
  readonly gatewayLimit: number;
  /** Minutes after which a zone that should be right is read back and compared. */
  readonly verifyMinutes: number;
  /** Networks (CIDRs) from which the API takes requests; from anywhere where there is none. */
  readonly allowFrom: readonly string[];
  readonly reservedConcurrency: boolean;
  /** The customer's own key of KMS for all that is stored. */
  readonly kmsKeyArn?: string;
  /** A managed policy beyond which no role of the stack goes. */
  readonly permissionsBoundaryArn?: string;
  /** IPs that go into zones and out of them within an hour, from which an alarm tells; absent: none does. */
  readonly alarmOnChangesPerHour?: number;
  readonly alarmEmail?: string;
  /** The customer's own topic for alarms, in place of those of the stack. */
  readonly alarmTopicArn?: string;
  /** The customer's own topic for the alarms that can wait. */
  readonly canWaitTopicArn?: string;
  /** Days that log lines are kept. */
  readonly logRetentionDays: number;
  readonly retainData: boolean;
}

/** Whether an ACL can have this name. `#`, which names of the table's other partitions hold, is in none. */
export function isAclName(name: string): boolean {
  // `__proto__` would vanish when the configuration becomes an object literal in a bundle, the others from every URL.
  return /^[A-Za-z0-9_.-]{1,64}$/.test(name) && !['__proto__', '.', '..'].includes(name);
}

/** The ACLs of which Knocknoc's list is read. */
export function listedAcls({ acls }: Pick<Config, 'acls'>): string[] {
  return Object.keys(acls).filter((name) => acls[name]?.allowlist !== undefined);
}

/** The ACL of that name, or undefined; never something inherited from Object.prototype. */
export function aclConfig(config: Pick<Config, 'acls'>, acl: string): AclConfig | undefined {
  return Object.hasOwn(config.acls, acl) ? config.acls[acl] : undefined;
}
