import * as v from 'valibot';
import { LONGEST_GRANT_MINUTES } from '../lib/config.ts';
import { baseUrlProblem, domainProblem } from './okta-address.ts';

/**
 * CloudFormation names a queue after the stack, the queue's logical id and 13 characters of its own. It shortens such a
 * name to what SQS takes, 80 characters, but forgets the ".fifo" that a FIFO queue's name ends with
 * (cloudformation-coverage-roadmap 280). test/cdk/names.test.ts computes this from the stack.
 */
export const LONGEST_STACK_NAME = 29;

/** A check whose message says what is wrong with this very value. */
function advised(problem: (text: string) => string | undefined) {
  return v.pipe(
    v.string('must be text'),
    v.check<string, (issue: { input: string }) => string>(
      (text) => problem(text) === undefined,
      (issue) => problem(issue.input) ?? '',
    ),
  );
}

function matching(pattern: RegExp, message: string) {
  return v.pipe(v.string('must be text'), v.regex(pattern, message));
}

function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return v.pipe(
    v.number(message),
    v.check((n) => Number.isInteger(n) && n >= min && n <= max, message),
  );
}

/** Days for which CloudWatch Logs can keep lines; it takes no others. */
export const LOG_RETENTION_DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

function retentionDays(whenAbsent: number) {
  const message = `must be one of the lengths that CloudWatch knows: ${LOG_RETENTION_DAYS.join(', ')}`;
  return v.optional(
    v.pipe(
      v.number(message),
      v.check((days) => LOG_RETENTION_DAYS.includes(days), message),
    ),
    whenAbsent,
  );
}

function flag(whenAbsent: boolean) {
  return v.optional(v.boolean('must be true or false'), whenAbsent);
}

/** `allowlist` of an ACL. */
export const allowlistEntries = {
  pollSeconds: v.optional(wholeNumber(5, 300), 15),
  endsGrants: flag(true),
};

/** One entry of `acls`. */
export const aclEntries = {
  zoneIds: v.pipe(
    v.array(
      matching(/^[A-Za-z0-9_-]{1,64}$/, 'must be an Okta zone id, such as "nzo1abcdefGHIJKLM0h7"'),
      'must be a list of Okta zone ids',
    ),
    v.minLength(1, 'must name at least one zone, such as ["nzo1abcdefGHIJKLM0h7"]'),
  ),
  alwaysAllow: v.optional(
    v.array(v.string('must be text: a CIDR or a range'), 'must be a list of CIDRs or ranges'),
    [],
  ),
  defaultGrantMinutes: v.optional(wholeNumber(1, LONGEST_GRANT_MINUTES)),
  maxGrantMinutes: v.optional(wholeNumber(1, LONGEST_GRANT_MINUTES), 1440),
  allowBearer: flag(false),
  allowWide: flag(false),
  replaceExisting: flag(false),
  allowlist: v.optional(
    v.object(allowlistEntries, 'must be an object, such as { "pollSeconds": 15, "endsGrants": true }'),
  ),
};

/** The ARN of one resource. @param resource the part behind the last of the five colons, as a regular expression */
function arn(service: string, resource: string, what: string) {
  const place = service === 'iam' ? ':(\\d{12}|aws)' : '[a-z0-9-]+:\\d{12}';
  return v.optional(matching(new RegExp(`^arn:aws[a-z-]*:${service}:${place}:${resource}$`), `must be ${what}`));
}

function topicArn(example: string) {
  const what = `the ARN of a standard SNS topic, such as "arn:aws:sns:eu-central-1:111122223333:${example}"`;
  return arn('sns', '[A-Za-z0-9_-]{1,256}', what);
}

export const oktaEntries = {
  domain: advised(domainProblem),
  baseUrl: v.optional(advised(baseUrlProblem)),
  checkPolicies: flag(false),
  clientKey: v.optional(v.picklist(['secret', 'kms'], 'must be "secret" or "kms"'), 'secret'),
  clientKeyNames: v.optional(
    v.pipe(
      v.array(
        matching(/^[A-Za-z0-9]{1,20}$/, 'must be a name of 1 to 20 letters and digits, such as "2027"'),
        'must be a list of names, such as ["1"]',
      ),
      v.minLength(1, 'must have one name at least, such as ["1"]'),
      v.maxLength(2, 'must have two names at most: the key in use, and the next one'),
      v.check((names) => new Set(names).size === names.length, 'has the same name twice; write it once'),
    ),
  ),
};

export const oktaSchema = v.object(oktaEntries, 'must be an object');

/** The whole file, but for what is inside `acls`: an ACL may have any name, so each is read by itself. */
export const rootEntries = {
  stackName: v.optional(
    matching(
      new RegExp(`^[A-Za-z][A-Za-z0-9-]{0,${LONGEST_STACK_NAME - 1}}$`),
      `must begin with a letter and hold letters, digits and hyphens only, ${LONGEST_STACK_NAME} at most, such as "KnocknocOkta"`,
    ),
    'KnocknocOkta',
  ),
  okta: oktaSchema,
  acls: v.custom<Record<string, unknown>>(isRecord, 'must be an object with an entry for each ACL'),
  sentinel: v.optional(v.string('must be text: one CIDR'), '192.0.2.0/32'),
  allowPrivate: flag(false),
  allowIpv6: flag(false),
  // Shorter than /48 is more than one site.
  ipv6PrefixLength: v.optional(wholeNumber(48, 128), 128),
  gatewayLimit: v.optional(wholeNumber(1, 5000), 150),
  verifyMinutes: v.optional(wholeNumber(1, 1440), 5),
  allowFrom: v.optional(
    v.array(v.string('must be text: a CIDR'), 'must be a list of CIDRs, such as ["203.0.113.7/32"]'),
    [],
  ),
  reservedConcurrency: flag(true),
  kmsKeyArn: arn(
    'kms',
    'key/[A-Za-z0-9-]+',
    'the ARN of a key, not of an alias, such as "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"',
  ),
  permissionsBoundaryArn: arn(
    'iam',
    'policy/[A-Za-z0-9_+=,.@/-]+',
    'the ARN of a managed policy, such as "arn:aws:iam::111122223333:policy/Boundary"',
  ),
  alarmOnChangesPerHour: v.optional(wholeNumber(1, 1_000_000)),
  alarmEmail: v.optional(
    v.pipe(v.string('must be text'), v.email('must be an email address, such as "ops@example.com"')),
  ),
  alarmTopicArn: topicArn('alarms'),
  canWaitTopicArn: topicArn('alarms-that-can-wait'),
  logRetentionDays: retentionDays(30),
  retainData: flag(true),
};

export const aclSchema = v.object(aclEntries, 'must be an object');
export const rootSchema = v.object(rootEntries);

/** What to write for a key that is required, by its name. */
export const REQUIRED_EXAMPLES: Readonly<Record<string, string>> = {
  okta: '"okta": { "domain": "acme.okta.com" }',
  domain: '"domain": "acme.okta.com" (the hostname of your org)',
  acls: '"acls": { "okta-prod": { "zoneIds": ["nzo1abcdefGHIJKLM0h7"] } }',
  zoneIds: '"zoneIds": ["nzo1abcdefGHIJKLM0h7"]',
};

/** A JSON object, as opposed to a list, a null or a scalar. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
