import { type BadRequest, each, endingWith, grantWith } from './bad-request.ts';

const MALFORMED = [400, 'HOOK003'] as const;
const UNKNOWN_ACL = [404, 'HOOK004'] as const;
const inData = (data: Readonly<Record<string, unknown>>) => ({ body: grantWith(data) });
const inEvent = (event: Readonly<Record<string, unknown>>) => ({ body: grantWith({}, event) });

/** Fields that are missing, of another type, or empty; and ACLs that are none. */
export const FIELDS: readonly BadRequest[] = [
  ...each(
    'type',
    MALFORMED,
    {
      none: undefined,
      null: null,
      empty: '',
      unknown: 'access.extended',
      'in upper case': 'ACCESS.GRANTED',
      'with a space': 'access.granted ',
      'with an underscore': 'access_granted',
      'a list of one': ['access.granted'],
      'a number': 1,
      'of every object': 'constructor',
    },
    (type) => inEvent({ type }),
  ),
  ...each(
    'data',
    MALFORMED,
    {
      none: undefined,
      null: null,
      'a list': [],
      'a list of one': [{ acl: 'okta-prod', ip: '203.0.113.7' }],
      'a string': JSON.stringify({ acl: 'okta-prod', ip: '203.0.113.7' }),
      'a number': 1,
      'an empty object': {},
    },
    (data) => inEvent({ data }),
  ),
  ...each(
    'acl',
    MALFORMED,
    { none: undefined, null: null, 'a number': 1, 'a list': ['okta-prod'], true: true },
    (acl) => inData({ acl }),
  ),
  ...each(
    'acl',
    UNKNOWN_ACL,
    {
      empty: '',
      unknown: 'nobody',
      'in upper case': 'OKTA-PROD',
      'with a space behind it': 'okta-prod ',
      'with a zero behind it': 'okta-prod\0',
      'of every object': 'constructor',
      'a method of every object': 'toString',
      'the prototype': '__proto__',
      'of a thousand letters': 'a'.repeat(1_000),
      'with a key of the table': 'okta-prod#',
      'another partition of the table': 'OKTA#',
      'letters that only look alike': 'оkta-prod',
    },
    (acl) => inData({ acl }),
  ),
  ...each('acl of a flush', UNKNOWN_ACL, { unknown: 'nobody', 'a star': '*' }, (acl) => ({
    body: endingWith('access.flushed', { acl }),
  })),
  ...each(
    'ip',
    MALFORMED,
    {
      none: undefined,
      null: null,
      'a number': 3_405_803_783,
      'a list': ['203.0.113.7'],
      'an object': { v4: '203.0.113.7' },
      false: false,
    },
    (ip) => inData({ ip }),
  ),
  ...each('ip of a revoke', MALFORMED, { none: undefined, null: null, 'a list': [] }, (ip) => ({
    body: endingWith('access.revoked', { ip }),
  })),
  ...each(
    'grantId',
    MALFORMED,
    {
      empty: '',
      null: null,
      'a number': 42,
      'a list': ['a'],
      'an object': {},
      'of 513 letters': 'a'.repeat(513),
      'of 257 letters in 514 bytes': 'é'.repeat(257),
      'with a zero': 'a\0',
      'with a line feed': 'a\nb',
      'with a delete': 'a\x7f',
      'with a control character of Latin 1': 'a\u0085',
      'with a character that SQS does not carry': 'a\uffff',
      'with another that SQS does not carry': '\ufffe',
      'that is reserved': 'allowlist',
    },
    (grantId) => inData({ grantId }),
  ),
  ...each(
    'grantId of a revoke',
    MALFORMED,
    { empty: '', null: null, 'a number': 0, 'with a tab': '\t', 'that is reserved': 'allowlist' },
    (grantId) => ({
      body: endingWith('access.revoked', { grantId }),
    }),
  ),
  ...each(
    'user',
    MALFORMED,
    {
      empty: '',
      null: null,
      'a number': 1,
      'an object': { name: 'alice' },
      'of 513 letters': 'a'.repeat(513),
      'with a line of a log': 'alice\n{"level":"ERROR"}',
      'with an escape for terminals': '\u001b[31m',
    },
    (user) => inData({ user }),
  ),
];
