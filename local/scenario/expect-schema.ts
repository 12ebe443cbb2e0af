import * as v from 'valibot';
import { allErrorCodes } from '../../lib/error-codes.ts';
import { isRecord } from './named-fields.ts';
import { address, amount, count, duration, record, someIps, text } from './values.ts';

const code = v.picklist(allErrorCodes(), 'must be an error code of this system');
const grants = v.array(v.union([text, record], 'must be an IP, "ip#grantId", or an object with fields of a grant'));

/** Everything that can be expected. Some of it goes with something else: see `expectProblems`. */
export const expectSchema = v.strictObject({
  zone: v.exactOptional(text),
  gateways: v.exactOptional(v.array(address, 'must be a list')),
  has: v.exactOptional(someIps),
  hasNot: v.exactOptional(someIps),
  proxies: v.exactOptional(v.array(address, 'must be a list')),
  status: v.exactOptional(v.union([count, v.picklist(['ACTIVE', 'INACTIVE'])], 'must be a number, ACTIVE or INACTIVE')),
  usage: v.exactOptional(v.picklist(['POLICY', 'BLOCKLIST'], 'must be POLICY or BLOCKLIST')),
  somewhere: v.exactOptional(someIps),
  nowhere: v.exactOptional(someIps),
  codes: v.exactOptional(
    v.strictObject(Object.fromEntries(allErrorCodes().map((name) => [name, v.exactOptional(amount)]))),
  ),
  noOtherCodes: v.exactOptional(v.array(code, 'must be a list of the codes that are allowed')),
  calls: v.exactOptional(
    v.strictObject({
      method: v.exactOptional(v.picklist(['GET', 'PUT', 'POST', 'DELETE'], 'must be GET, PUT, POST or DELETE')),
      zone: v.exactOptional(text),
      since: v.exactOptional(duration),
      atMost: v.exactOptional(count),
      atLeast: v.exactOptional(count),
    }),
  ),
  answer: v.exactOptional(text),
  body: v.exactOptional(record),
  log: v.exactOptional(record),
  count: v.exactOptional(amount),
  table: v.exactOptional(
    v.strictObject({
      acl: text,
      items: v.lazy((input): typeof count | typeof grants => (typeof input === 'number' ? count : grants)),
    }),
  ),
  since: v.exactOptional(duration),
  until: v.exactOptional(duration),
});

export type Expectation = v.InferOutput<typeof expectSchema>;

/** What is of no use without one of these beside it. */
const GOES_WITH: Readonly<Partial<Record<keyof Expectation, readonly (keyof Expectation)[]>>> = {
  gateways: ['zone'],
  has: ['zone'],
  hasNot: ['zone'],
  proxies: ['zone'],
  usage: ['zone'],
  status: ['zone', 'answer'],
  body: ['answer'],
  count: ['log'],
};
const EXPECTS: readonly (keyof Expectation)[] = [
  'zone',
  'somewhere',
  'nowhere',
  'codes',
  'noOtherCodes',
  'calls',
  'answer',
  'log',
  'table',
];

/** What no single key can be judged by. @param expectation as it stands in the file */
export function expectProblems(
  expectation: Readonly<Record<string, unknown>>,
): { readonly key?: string; readonly message: string }[] {
  const lonely = Object.entries(GOES_WITH).flatMap(([key, others]) =>
    Object.hasOwn(expectation, key) && !others.some((other) => Object.hasOwn(expectation, other))
      ? [{ key, message: `goes with ${others.join(' or ')}, which is missing` }]
      : [],
  );
  const { status } = expectation;
  if (status !== undefined && lonely.length === 0) {
    const owner = typeof status === 'number' ? 'answer' : 'zone';
    if (!Object.hasOwn(expectation, owner))
      lonely.push({ key: 'status', message: `${JSON.stringify(status)} goes with ${owner}, which is missing` });
  }
  if (EXPECTS.some((key) => Object.hasOwn(expectation, key)) || lonely.length > 0) return lonely;
  return [{ message: `expects nothing; write one of ${EXPECTS.join(', ')}` }];
}

/** A `since` beside the codes counts for each of them. */
export function withSinceInEachCode(expectation: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { codes } = expectation;
  if (!isRecord(codes) || !Object.hasOwn(codes, 'since')) return expectation;
  const { since, ...amounts } = codes;
  const spread = Object.entries(amounts).map(([name, value]) => {
    if (typeof value === 'number') return [name, { atLeast: value, atMost: value, since }];
    return [name, isRecord(value) ? { since, ...value } : value];
  });
  return { ...expectation, codes: Object.fromEntries(spread) };
}
