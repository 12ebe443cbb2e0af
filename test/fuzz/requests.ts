import fc from 'fast-check';
import { signedHeaders } from '../../cli/webhook-client.ts';
import { endingWith, GOOD, grantWith, MARK, SECONDS } from '../corpus/bad-request.ts';
import { BAD_REQUESTS } from '../corpus/index.ts';
import { NOW } from '../helpers/events.ts';
import {
  ACL,
  BEARER_TOKEN,
  OLD_WEBHOOK_KEY,
  OTHER_ACL,
  OTHER_ACLS_KEY,
  OTHER_ACLS_TOKEN,
  type Raw,
  WEBHOOK_KEY,
} from '../helpers/virtual-system.ts';

/** A request, and how it was made. */
export interface FuzzedRequest {
  readonly kind:
    | 'garbage'
    | 'one field replaced'
    | 'an event of odd fields'
    | 'a good request, mutated'
    | 'a bad request, mutated';
  readonly raw: Raw;
}
type Change = (bytes: Buffer) => Buffer;

const time = fc.oneof(
  fc.constantFrom(
    new Date(NOW).toISOString(),
    '2026-02-30T00:00:00Z',
    '2026-11-24T23:59:60Z',
    '+275760-09-13T00:00:00Z',
  ),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc
    .date({ min: new Date(NOW - 90_000_000), max: new Date(NOW + 90_000_000), noInvalidDate: true })
    .map((date) => date.toISOString()),
  fc.string(),
);
const anything = fc.oneof(fc.anything({ withNullPrototype: false }), fc.string({ unit: 'binary' }), fc.jsonValue());
const field = <T>(good: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 4, arbitrary: good },
    { weight: 1, arbitrary: anything },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4Extended(),
  fc.tuple(fc.ipV4(), fc.nat(40)).map(([ip, bits]) => `${ip}/${bits}`),
  fc.constantFrom('010.0.0.1', '1.2.3', '::ffff:10.0.0.1', 'fe80::1%eth0', '1.2.3.4/0', '１.2.3.4'),
);
const anEvent = fc.record({
  type: field(fc.constantFrom('access.granted', 'access.revoked', 'access.flushed', 'access.ping', 'access.other')),
  timestamp: field(time),
  note: fc.constant(MARK),
  data: field(
    fc.record(
      {
        acl: field(fc.constantFrom(ACL, ACL, OTHER_ACL, 'constructor', '__proto__', '', 'nobody-knows')),
        ip: field(address),
        grantId: field(fc.string({ unit: 'binary' })),
        user: field(fc.constant('alice@example.com')),
        note: field(fc.constant(MARK)),
        expiresAt: field(time),
        durationSeconds: field(fc.oneof(fc.integer(), fc.double())),
      },
      { requiredKeys: ['acl', 'ip'] },
    ),
  ),
});

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    return 'null'; // A bigint or a cycle: no JSON could come of it.
  }
}

/** Slips of a program or of the wire: at a place, of some bytes. */
const slip = fc.oneof(
  fc.tuple(fc.nat(), fc.nat(255)).map(
    ([at, byte]): Change =>
      (bytes) => {
        const copy = Buffer.from(bytes);
        if (copy.length > 0) copy[at % copy.length] = byte;
        return copy;
      },
  ),
  fc.nat().map(
    (at): Change =>
      (bytes) =>
        bytes.subarray(0, at % (bytes.length + 1)),
  ),
  fc.tuple(fc.nat(), fc.nat(40)).map(
    ([at, length]): Change =>
      (bytes) => {
        const start = at % (bytes.length + 1);
        return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + length)]);
      },
  ),
  fc.tuple(fc.nat(), fc.nat(40)).map(
    ([at, length]): Change =>
      (bytes) => {
        const end = at % (bytes.length + 1);
        return Buffer.concat([bytes.subarray(0, end), bytes.subarray(Math.max(0, end - length))]);
      },
  ),
  fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 8 })).map(
    ([at, more]): Change =>
      (bytes) => {
        const start = at % (bytes.length + 1);
        return Buffer.concat([bytes.subarray(0, start), more, bytes.subarray(start)]);
      },
  ),
  fc
    .tuple(fc.nat(), fc.constantFrom('"', '{', '}', '[', ',', ':', '\\', '0', '-', '.', 'e', '\u0000', '🙂', '\\ud800'))
    .map(
      ([at, text]): Change =>
        (bytes) => {
          const start = at % (bytes.length + 1);
          return Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(start)]);
        },
    ),
);

function slipped(body: string | Uint8Array, slips: readonly Change[]): Buffer {
  return slips.reduce<Buffer>((bytes, change) => change(bytes), Buffer.from(body));
}

const someHeaders = fc.record(
  {
    'webhook-id': fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant(undefined)),
    'webhook-timestamp': fc.oneof(
      fc.constantFrom(`${SECONDS}abc`, '-1', '1e9', '', undefined),
      fc.integer({ min: SECONDS - 400, max: SECONDS + 400 }).map(String),
    ),
    'webhook-signature': fc.oneof(
      fc.string(),
      fc.base64String().map((text) => `v1,${text}`),
      fc.constant(undefined),
    ),
    'content-type': fc.oneof(fc.constantFrom('text/json', 'application/json;charset=latin1', undefined), fc.string()),
    authorization: fc.oneof(
      fc.string(),
      fc.constantFrom(...[WEBHOOK_KEY, BEARER_TOKEN, OTHER_ACLS_TOKEN].map((token) => `Bearer ${token}`)),
      fc.base64String().map((t) => `Bearer ${t}`),
    ),
    prefer: fc.oneof(fc.constantFrom('wait=0', 'wait=x', 'wait', 'wait=-1', 'wait=0, wait=1'), fc.string()),
  },
  { requiredKeys: [] },
);
const rarely = <T>(arbitrary: fc.Arbitrary<T>, otherwise: T) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary });

const goodBody = fc.constantFrom(
  ...[GOOD, grantWith({ durationSeconds: 60, grantId: 'g' }), grantWith({ expiresAt: '2026-11-24T19:00:00.5+01:00' })],
  ...[
    endingWith('access.revoked', {}),
    endingWith('access.revoked', { grantId: 'g' }),
    endingWith('access.flushed', {}),
    endingWith('access.ping', {}),
  ],
);
/** How a body that was changed is signed: anew, as a sender with the secret would, or not, as one on the way would. */
const mutatedBody = fc.tuple(
  goodBody,
  fc.array(slip, { maxLength: 3 }),
  fc.boolean(),
  fc.constantFrom(WEBHOOK_KEY, OLD_WEBHOOK_KEY, OTHER_ACLS_KEY),
);

const garbage = fc
  .tuple(fc.uint8Array({ maxLength: 300 }), rarely<Raw['headers']>(someHeaders, {}))
  .map(([body, headers = {}]): FuzzedRequest => ({ kind: 'garbage', raw: { body, headers } }));
const oddEvent = fc
  .tuple(anEvent, fc.array(slip, { maxLength: 1 }), rarely<Raw['headers']>(someHeaders, {}))
  .map(([event, slips, headers = {}]): FuzzedRequest => {
    const body = slipped(safeJson(event), slips);
    return { kind: 'an event of odd fields', raw: { body, headers } };
  });
const oneField = fc
  .oneof(
    fc.tuple(fc.constantFrom('ip'), address),
    fc.tuple(fc.constantFrom('expiresAt'), time),
    fc.tuple(fc.constantFrom('durationSeconds'), fc.oneof(fc.integer(), fc.double())),
    fc.tuple(fc.constantFrom('acl'), fc.string()),
    fc.tuple(fc.constantFrom('acl', 'ip', 'grantId', 'user', 'expiresAt', 'durationSeconds'), anything),
  )
  .map(([name, value]): FuzzedRequest => {
    const body = safeJson({ ...JSON.parse(GOOD), data: { ...JSON.parse(GOOD).data, [name]: value } });
    return { kind: 'one field replaced', raw: { body } };
  });
const mutatedGood = fc
  .tuple(mutatedBody, rarely<Raw['headers']>(someHeaders, {}))
  .map(([[text, slips, isSignedAnew, key], headers = {}]): FuzzedRequest => {
    const body = slipped(text, slips);
    const signature = isSignedAnew ? {} : signedHeaders(key, 'msg', SECONDS, text);
    return { kind: 'a good request, mutated', raw: { body, id: 'msg', key, headers: { ...signature, ...headers } } };
  });
const mutatedBad = fc
  .tuple(fc.constantFrom(...BAD_REQUESTS), fc.array(slip, { maxLength: 2 }), rarely<Raw['headers']>(someHeaders, {}))
  .map(([{ raw }, slips, headers = {}]): FuzzedRequest => {
    const body = slipped(raw.body ?? '', slips);
    return { kind: 'a bad request, mutated', raw: { ...raw, body, headers: { ...raw.headers, ...headers } } };
  });

export const anyRequest: fc.Arbitrary<FuzzedRequest> = fc.oneof(
  { weight: 1, arbitrary: garbage },
  { weight: 3, arbitrary: oddEvent },
  { weight: 2, arbitrary: oneField },
  { weight: 4, arbitrary: mutatedGood },
  { weight: 2, arbitrary: mutatedBad },
);
