import type { Config } from '../../lib/config.ts';
import {
  type BearerToken,
  keyFor,
  parseWebhookSecret,
  type WebhookKey,
  type WebhookSecret,
} from '../../lib/webhook/webhook-secret.ts';
import type { SecretVersion } from '../target.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

const SECRET = 'webhook secret';
const DAY_MS = 86_400_000;
/** A previous value that old is not on its way out: somebody has forgotten it. */
const LONGEST_SIDE_BY_SIDE_DAYS = 30;
/** The shortest key has 32: what is longer may be one that was put in the place of a name. */
const LONGEST_NAME = 24;
const BY_HAND = 'Correct the secret by hand: docs/webhook.md says how it is read.';

/**
 * What the webhook secret holds: whether each ACL has a key, what can't be used, and what should have ended.
 * @param now milliseconds since the epoch
 */
export function secretLinks(
  current: SecretVersion | undefined,
  before: SecretVersion | undefined,
  config: Pick<Config, 'acls'>,
  now: number,
): Finding[] {
  const secret = parseWebhookSecret(current?.text ?? '');
  return [
    ...keyLinks(secret, config),
    ...Object.keys(config.acls).flatMap((acl) => aclLinks(acl, secret, config)),
    ...faultLinks(secret, config),
    ...oldLinks(secret, current, before, now),
  ];
}

function keyLinks(secret: WebhookSecret, { acls }: Pick<Config, 'acls'>): Finding[] {
  if (secret.keys.length === 0) {
    const isClosed = secret.faults.some(({ acl, fault }) => acl === undefined && fault.includes('acls'));
    const mend = 'Make a new key with `npm run zone -- rotate-webhook-secret`, and give it to the sender.';
    const detail = 'it holds no usable key, so every event is refused';
    return [failure(SECRET, detail, isClosed ? BY_HAND : mend, 'HOOK007')];
  }
  const own = Object.keys(acls).filter((acl) => secret.keys.some((key) => key.acl === acl));
  const forAll = secret.keys.filter(({ acl }) => acl === undefined);
  const said = forAll.length === 0 ? 'no key for all ACLs' : 'one key in use';
  const rotation = forAll.length > 1 ? ', and the previous one is still valid' : '';
  return [ok(SECRET, `${said}${rotation}${own.length > 0 ? `; with keys of their own: ${own.join(', ')}` : ''}`)];
}

function aclLinks(acl: string, secret: WebhookSecret, { acls }: Pick<Config, 'acls'>): Finding[] {
  const link = `${SECRET} (${acl})`;
  const findings: Finding[] = [];
  if (secret.keys.length > 0 && !keyFor(acl, secret)) {
    const detail = 'no key speaks for this ACL, so every signed event for it is refused';
    const mend = `Make one with \`npm run zone -- rotate-webhook-secret --acl ${acl}\`, and give it to its senders.`;
    findings.push(failure(link, detail, mend, 'HOOK001'));
  }
  const hasToken = secret.bearers.some((token) => token.acl === acl);
  if (hasToken && !acls[acl]?.allowBearer) {
    const mend = `Set it and deploy, or end the tokens with \`npm run zone -- bearer-token --acl ${acl} --remove\`.`;
    findings.push(warning(link, 'it has a bearer token, and the ACL takes none (allowBearer is off)', mend));
  }
  if (!hasToken && acls[acl]?.allowBearer) {
    const mend = `Make one with \`npm run zone -- bearer-token --acl ${acl}\`, or take allowBearer away and deploy.`;
    findings.push(warning(link, 'the ACL takes bearer tokens (allowBearer), and there is none', mend));
  }
  const twin = secret.keys.find((key) => isSameKeyOfAnother(key, acl, secret));
  if (twin) {
    const mend = `Make it one of its own with \`npm run zone -- rotate-webhook-secret --acl ${acl}\`.`;
    findings.push(
      warning(link, `its key is also that of ${twin.acl ?? 'all'}, so either sender speaks for both`, mend),
    );
  }
  return findings;
}

/** Previous keys may be the same: an ACL's first key of its own stands beside the one that its senders have used. */
function isSameKeyOfAnother(key: WebhookKey, acl: string, { keys }: WebhookSecret): boolean {
  const own = keys.find((one) => one.acl === acl && one.place === 'current');
  return own !== undefined && key.acl !== acl && key.place === 'current' && own.bytes.equals(key.bytes);
}

function faultLinks({ faults, keys, bearers, apart }: WebhookSecret, { acls }: Pick<Config, 'acls'>): Finding[] {
  const found = faults.map(({ acl, fault }) => {
    const link = acl === undefined ? SECRET : `${SECRET} (${shownName(acl)})`;
    return warning(link, `it ${fault}`, BY_HAND);
  });
  const unknown = new Set([...apart, ...[...keys, ...bearers].flatMap(({ acl }) => (acl === undefined ? [] : [acl]))]);
  const left = [...unknown]
    .filter((acl) => !Object.hasOwn(acls, acl))
    .map((acl) => {
      const remove = (command: string) => `\`npm run zone -- ${command} --acl ${acl} --remove\``;
      const byCommand = `End them with ${remove('rotate-webhook-secret')} and ${remove('bearer-token')}.`;
      const mend = acl === shownName(acl) ? byCommand : BY_HAND;
      return warning(`${SECRET} (${shownName(acl)})`, 'it has keys or tokens for an ACL that is not configured', mend);
    });
  return [...found, ...left];
}

function shownName(acl: string): string {
  return acl.length > LONGEST_NAME ? `${acl.slice(0, 6)}…` : acl;
}

function oldLinks(
  secret: WebhookSecret,
  current: SecretVersion | undefined,
  before: SecretVersion | undefined,
  now: number,
): Finding[] {
  const earlier = parseWebhookSecret(before?.text ?? '');
  const previous = [
    ...secret.keys.map((key) => ({
      ...key,
      command: 'rotate-webhook-secret',
      was: earlier.keys.some((one) => isSameKey(one, key)),
    })),
    ...secret.bearers.map((one) => ({
      ...one,
      command: 'bearer-token',
      was: earlier.bearers.some((token) => isSameToken(token, one)),
    })),
  ].filter(({ place }) => place === 'previous');
  return previous.flatMap(({ acl, command, was }) => {
    // No longer ago than the version that first is known to have had it as the previous one.
    const since = (was ? before : current)?.createdAt;
    const days = since === undefined ? 0 : (now - since) / DAY_MS;
    if (days <= LONGEST_SIDE_BY_SIDE_DAYS) return [];
    const what = command === 'bearer-token' ? 'bearer token' : 'key';
    const link = acl === undefined ? SECRET : `${SECRET} (${shownName(acl)})`;
    const flag = acl === undefined ? '' : ` --acl ${shownName(acl)}`;
    const mend = `If every sender uses the current one, end it: \`npm run zone -- ${command}${flag} --drop-previous\`.`;
    return [
      warning(link, `the previous ${what} has been valid for ${Math.floor(days)} days beside the current one`, mend),
    ];
  });
}

function isSameKey(one: WebhookKey, other: WebhookKey): boolean {
  return one.acl === other.acl && one.place === other.place && one.bytes.equals(other.bytes);
}

function isSameToken(one: BearerToken, other: BearerToken): boolean {
  return one.acl === other.acl && one.place === other.place && one.token === other.token;
}
