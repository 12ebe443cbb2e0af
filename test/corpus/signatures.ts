import { createHmac } from 'node:crypto';
import { signedHeaders } from '../../cli/webhook-client.ts';
import {
  BEARER_TOKEN,
  OLD_WEBHOOK_KEY,
  OTHER_ACL,
  OTHER_ACLS_KEY,
  OTHER_ACLS_TOKEN,
  WEBHOOK_KEY,
} from '../helpers/virtual-system.ts';
import { type BadRequest, each, endingWith, GOOD, grantWith, SECONDS } from './bad-request.ts';

const REFUSED = [401, 'HOOK001'] as const;
const STALE = [401, 'HOOK002'] as const;
const ID = 'msg_1';
const OTHER = Buffer.alloc(33, 'x').toString('base64');
const signature = (key = WEBHOOK_KEY, id = ID, at = SECONDS, body: string | Uint8Array = GOOD) =>
  signedHeaders(key, id, at, body)['webhook-signature'];
const good = signature();
const withHeaders = (headers: Readonly<Record<string, string | undefined>>) => ({ body: GOOD, id: ID, headers });
const withSignature = (text: string) => withHeaders({ 'webhook-signature': text });
const NO_SIGNATURE = { 'webhook-id': undefined, 'webhook-timestamp': undefined, 'webhook-signature': undefined };

/** Signatures, the headers they come in, and their age. */
export const SIGNATURES: readonly BadRequest[] = [
  ...each(
    'signature headers',
    REFUSED,
    {
      'none at all': NO_SIGNATURE,
      'no signature': { 'webhook-signature': undefined },
      'an empty signature': { 'webhook-signature': '' },
      'no id': { 'webhook-id': undefined },
      'an empty id': { 'webhook-id': '' },
      'no timestamp': { 'webhook-timestamp': undefined },
      'an empty timestamp': { 'webhook-timestamp': '' },
      'another id than was signed': { 'webhook-id': 'msg_2' },
      'the id with a space behind it': { 'webhook-id': `${ID} ` },
      'the id in upper case': { 'webhook-id': ID.toUpperCase() },
      'another timestamp than was signed': { 'webhook-timestamp': String(SECONDS + 1) },
      'the timestamp with a zero before it': { 'webhook-timestamp': `0${SECONDS}` },
      'the timestamp with letters behind it': { 'webhook-timestamp': `${SECONDS}abc` },
      'the names of Svix instead': {
        ...NO_SIGNATURE,
        ...{ 'svix-id': ID, 'svix-timestamp': String(SECONDS), 'svix-signature': good },
      },
      'the name of GitHub instead': { ...NO_SIGNATURE, 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` },
    },
    withHeaders,
  ),
  ...each(
    'signature',
    REFUSED,
    {
      'a space': ' ',
      'under another secret': signature(OTHER),
      'under the secret as text instead of its bytes': signature(Buffer.from(WEBHOOK_KEY).toString('base64')),
      'for another id': signature(WEBHOOK_KEY, 'another'),
      'for another time': signature(WEBHOOK_KEY, ID, SECONDS - 1),
      'for another body': signature(WEBHOOK_KEY, ID, SECONDS, '{}'),
      'for the body with a line feed behind it': signature(WEBHOOK_KEY, ID, SECONDS, `${GOOD}\n`),
      'for the body with spaces in it': signature(WEBHOOK_KEY, ID, SECONDS, JSON.stringify(JSON.parse(GOOD), null, 1)),
      'without a version': good.slice(3),
      'of version 1a': good.replace('v1,', 'v1a,'),
      'of version 2': good.replace('v1,', 'v2,'),
      'of version V1': good.replace('v1,', 'V1,'),
      'with an equals sign for the comma': good.replace('v1,', 'v1='),
      'with a space behind the comma': good.replace('v1,', 'v1, '),
      'in upper case': good.toUpperCase(),
      'in lower case': good.toLowerCase(),
      'cut off': good.slice(0, -2),
      'without its padding': good.replace(/=$/, ''),
      'with more padding': `${good}=`,
      'with letters behind it': `${good}abc`,
      'in hexadecimal digits': `v1,${Buffer.from(good.slice(3), 'base64').toString('hex')}`,
      'with the version alone': 'v1,',
      'with only a comma': ',',
      'all zeros': `v1,${'A'.repeat(43)}=`,
      'one bit off': `v1,${flipped(good.slice(3))}`,
      'twice without a space': `${good}${good}`,
      'twice with commas between': `${good},${good}`,
      'two of others': `${signature(OTHER)} ${signature(WEBHOOK_KEY, 'another')}`,
      'behind sixteen others': `${Array(16)
        .fill(`v1,${'A'.repeat(43)}=`)
        .join(' ')} ${good}`,
      'in quotes': `"${good}"`,
      'with characters of base64url': `v1,${good.slice(3).replace(/[A-Za-z]/, '-')}`,
      'with the secret itself': WEBHOOK_KEY,
      'with the secret in place of the digest': `v1,${WEBHOOK_KEY}`,
    },
    withSignature,
  ),
  ...each(
    'signature key',
    REFUSED,
    {
      'of one byte': Buffer.alloc(24, 1).toString('base64'),
      'with one bit changed': flipped(WEBHOOK_KEY),
      'the two secrets in one': Buffer.concat(
        [WEBHOOK_KEY, OLD_WEBHOOK_KEY].map((k) => Buffer.from(k, 'base64')),
      ).toString('base64'),
    },
    (key) => ({ body: GOOD, key }),
  ),
  ...each(
    'bearer',
    REFUSED,
    {
      'another secret': `Bearer ${OTHER}`,
      nothing: 'Bearer',
      'an empty token': 'Bearer ',
      'a part of the secret': `Bearer ${WEBHOOK_KEY.slice(0, -1)}`,
      'the secret by Basic': `Basic ${WEBHOOK_KEY}`,
      'the secret without a scheme': WEBHOOK_KEY,
      'the secret twice': `Bearer ${WEBHOOK_KEY} ${WEBHOOK_KEY}`,
      'the secret where the ACL takes signed events only': `Bearer ${WEBHOOK_KEY}`,
      'the secret with its prefix where the ACL takes signed events only': `Bearer whsec_${WEBHOOK_KEY}`,
      'its token where the ACL takes signed events only': `Bearer ${BEARER_TOKEN}`,
      'the token of another ACL': `Bearer ${OTHER_ACLS_TOKEN}`,
      'the key of another ACL': `Bearer ${OTHER_ACLS_KEY}`,
      'its token twice': `Bearer ${BEARER_TOKEN}, Bearer ${BEARER_TOKEN}`,
      'its token in quotes': `Bearer "${BEARER_TOKEN}"`,
    },
    (authorization) => withHeaders({ ...NO_SIGNATURE, authorization }),
  ),
  ...each(
    'signed for another ACL',
    REFUSED,
    {
      'a grant': GOOD,
      'a flush': endingWith('access.flushed', {}),
      'a ping': endingWith('access.ping', {}),
      'a grant whose IP is bad too': grantWith({ ip: '0.0.0.0' }),
      'a grant that is old too': grantWith({}, { timestamp: '2026-11-20T18:00:00Z' }),
      'a grant for an ACL that does not exist': grantWith({ acl: 'no-such-acl' }),
      'a grant for its own ACL, which is not configured': grantWith({ acl: OTHER_ACL }),
    },
    (body) => ({ body, key: OTHER_ACLS_KEY }),
  ),
  ...each('signed by the key of all', REFUSED, { 'for an ACL with a key of its own': OTHER_ACL }, (acl) => ({
    body: grantWith({ acl }),
  })),
  ...each(
    'signed with a token as the key',
    REFUSED,
    {
      'as it is': Buffer.from(BEARER_TOKEN, 'base64').toString('base64'),
      'by its letters': Buffer.from(BEARER_TOKEN).toString('base64'),
    },
    (key) => withSignature(signedWith(key)),
  ),
  ...each('bearer beside a bad signature', REFUSED, { 'the secret': `Bearer ${WEBHOOK_KEY}` }, (authorization) =>
    withHeaders({ 'webhook-signature': signature(OTHER), authorization }),
  ),
  ...each(
    'signed, at a time',
    STALE,
    {
      '301 s ago': SECONDS - 301,
      '301 s ahead': SECONDS + 301,
      'a day ago': SECONDS - 86_400,
      'in milliseconds': SECONDS * 1000,
      'of the epoch': 0,
      'before the epoch': -1,
      'of half a second': SECONDS + 0.5,
      'beyond all numbers': 10 ** 20,
      'that is no number': Number.NaN,
      'that is infinite': Number.POSITIVE_INFINITY,
    },
    (signedAt) => ({ body: GOOD, signedAt }),
  ),
  ...each(
    'signed, with a timestamp written',
    STALE,
    {
      'with letters behind it': `${SECONDS}abc`,
      'with a plus sign': `+${SECONDS}`,
      'with an exponent': '1.7955432e9',
      'in hexadecimal': `0x${SECONDS.toString(16)}`,
      'with a space before it': ` ${SECONDS}`,
      'as a date': '2026-11-24T18:00:00Z',
      'in full-width digits': String(SECONDS).replace(/\d/g, (d) => String.fromCharCode(0xff10 + Number(d))),
      'with zeros before it': `000${SECONDS}`,
    },
    (timestamp) => ({
      body: GOOD,
      id: ID,
      headers: { 'webhook-timestamp': timestamp, 'webhook-signature': signedWith(WEBHOOK_KEY, timestamp) },
    }),
  ),
];

/** Rightly signed, whatever length the key has, and whatever the timestamp says. */
function signedWith(key: string, timestamp = String(SECONDS)): string {
  const mac = createHmac('sha256', Buffer.from(key, 'base64')).update(`${ID}.${timestamp}.${GOOD}`);
  return `v1,${mac.digest('base64')}`;
}

function flipped(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytes.toString('base64');
}
