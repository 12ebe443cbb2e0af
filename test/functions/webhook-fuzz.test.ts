import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOW } from '../helpers/events.ts';
import { ACL, VirtualSystem, WEBHOOK_KEY } from '../helpers/virtual-system.ts';

/** FUZZ_RUNS=100000 npx vitest run test/functions/webhook-fuzz.test.ts runs as many as are wanted. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 3_000);
const REFUSALS = new Map([
  [400, ['HOOK003']],
  [401, ['HOOK001', 'HOOK002']],
  [404, ['HOOK004']],
  [413, ['HOOK003']],
  [415, ['HOOK003']],
  [422, ['HOOK005', 'HOOK006']],
]);
const MARK = 'sesame-marker';

const time = fc.oneof(
  fc.constantFrom(
    new Date(NOW).toISOString(),
    '2026-02-30T00:00:00Z',
    '2026-11-24T23:59:60Z',
    '+275760-09-13T00:00:00Z',
  ),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.string(),
);
const anything = fc.oneof(fc.anything({ withNullPrototype: false }), fc.string({ unit: 'binary' }), fc.jsonValue());
const field = <T>(good: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 4, arbitrary: good },
    { weight: 1, arbitrary: anything },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
const anEvent = fc.record({
  type: field(fc.constantFrom('access.granted', 'access.revoked', 'access.flushed', 'access.other')),
  timestamp: field(time),
  data: field(
    fc.record(
      {
        acl: field(fc.constantFrom(ACL, 'constructor', '__proto__', '', MARK)),
        ip: field(
          fc.oneof(
            fc.ipV4(),
            fc.ipV6(),
            fc.constantFrom('010.0.0.1', '1.2.3', 'fe80::1%eth0', '1.2.3.4/0', '１.2.3.4'),
          ),
        ),
        grantId: field(fc.string({ unit: 'binary' })),
        user: field(fc.constant(MARK)),
        expiresAt: field(time),
        durationSeconds: field(fc.oneof(fc.integer(), fc.double())),
      },
      { requiredKeys: ['acl', 'ip'] },
    ),
  ),
});

/** JSON that a program wrote, or broken by a slip: bytes changed, cut off, or doubled. */
const aBody = fc.oneof(
  { weight: 3, arbitrary: anEvent.map((event) => Buffer.from(safeJson(event))) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 2,
    arbitrary: fc.tuple(anEvent, fc.nat(), fc.nat(255)).map(([event, at, byte]) => {
      const bytes = Buffer.from(safeJson(event));
      bytes[at % Math.max(1, bytes.length)] = byte;
      return byte % 2 === 0 ? bytes : bytes.subarray(0, at % Math.max(1, bytes.length));
    }),
  },
);
const someHeaders = fc.record(
  {
    'webhook-id': fc.oneof(fc.string(), fc.constant(undefined)),
    'webhook-timestamp': fc.constantFrom('1764007200abc', '-1', '1e9', '', undefined),
    'webhook-signature': fc.oneof(fc.string(), fc.constant(undefined)),
    'content-type': fc.constantFrom('text/json', 'application/json;charset=latin1', undefined),
    authorization: fc.string(),
    prefer: fc.constantFrom('wait=0', 'wait=x', 'wait'),
  },
  { requiredKeys: [] },
);

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    return 'null'; // A bigint or a cycle: no JSON could come of it.
  }
}

describe('whatever is posted', () => {
  it('is accepted, or refused with a code that fits its status; it changes nothing then, and shows in no log', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(aBody, fc.oneof(fc.constant({}), someHeaders), async (body, headers) => {
        const system = new VirtualSystem();
        const answer = await system.post({ body, headers });
        const log = JSON.stringify(system.lines);
        expect(log).not.toContain(WEBHOOK_KEY);
        if (answer.status === 202) return;
        refused += 1;
        expect(REFUSALS.get(answer.status) ?? [answer.status]).toContain(answer.body.code);
        expect(system.codes()).toEqual([answer.body.code]);
        expect(system.functions.table.items()).toEqual([]);
        expect(log).not.toContain(MARK);
      }),
      { numRuns: RUNS },
    );
    expect(refused).toBeGreaterThan(RUNS / 2);
  });
});
