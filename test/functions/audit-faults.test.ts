import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fields } from '../../lib/ports.ts';
import type { Way } from '../../local/stand-ins/outside-call.ts';
import { AuditCheck, withoutRepetitions } from '../helpers/audit-check.ts';
import { VirtualSystem } from '../helpers/virtual-system.ts';

const ALICE = '203.0.113.1';
const BOB = '203.0.113.2';

type Fault = 'refuse' | 'lose the answer' | 'lose the first answer' | 'die before' | 'die after';
type Story = (system: VirtualSystem) => Promise<void>;

const stories: Readonly<Record<string, Story>> = {
  'the grants of an IP are revoked': async (system) => {
    await system.grant(ALICE, { grantId: 'a' });
    await system.grant(ALICE, { grantId: 'b' });
    await system.clock.advance(3_000);
    await system.revoke(ALICE);
  },
  'everybody is flushed, and somebody comes back': async (system) => {
    for (const n of [1, 2, 3]) await system.grant(`203.0.113.${n}`);
    await system.clock.advance(3_000);
    await system.send('access.flushed');
    await system.grant(BOB);
  },
  'a grant is revoked by its id, and one comes too late': async (system) => {
    await system.grant(ALICE, { grantId: 'a' });
    await system.clock.advance(3_000);
    await system.revoke(ALICE, { grantId: 'a' });
    const timestamp = new Date(system.clock.now() - 60_000).toISOString();
    const data = { acl: 'okta-prod', ip: ALICE, grantId: 'a' };
    await system.post({ body: JSON.stringify({ type: 'access.granted', timestamp, data }) });
  },
  'two grants end by themselves, one of them extended': async (system) => {
    await system.grant(ALICE, { durationSeconds: 10 });
    await system.grant(BOB, { durationSeconds: 10 });
    await system.clock.advance(5_000);
    await system.grant(BOB, { durationSeconds: 20 });
  },
};

interface Strike {
  /** The how manieth call of the functions behind the queue. */
  readonly at: number;
  readonly fault: Fault;
  readonly to: 'table' | 'okta';
}

/** Plays a story to its end. @returns what is wrong with the lines, and of each call that could be struck whether it only reads */
async function play(
  story: Story,
  strikes: readonly Strike[],
  linesOf = (system: VirtualSystem): readonly Fields[] => system.lines,
): Promise<{ readonly problems: string[]; readonly reads: readonly boolean[] }> {
  const reads: Record<Strike['to'], boolean[]> = { table: [], okta: [] };
  const calls = { table: 0, okta: 0 };
  let isOver = false;
  const way: Way = async (call, reach) => {
    if (call.from === 'webhook' || (call.to !== 'table' && call.to !== 'okta')) return reach();
    calls[call.to] += 1;
    reads[call.to].push(call.to === 'table' && call.method !== 'write');
    const strike = strikes.find(({ at, to }) => to === call.to && at === calls[to]);
    if (!strike || isOver) return reach();
    const die = () => void system.functions.crash(call.from, 'now');
    if (strike.fault === 'refuse') throw new Error('refused');
    if (strike.fault === 'die before') die();
    const answer = await reach();
    if (strike.fault === 'lose the answer') throw new Error('the answer was lost');
    if (strike.fault === 'die after') die();
    // A page that is asked for again would be the next one.
    const isRepeated = strike.fault === 'lose the first answer' && !(call.to === 'table' && call.method === 'query');
    return isRepeated ? reach() : answer;
  };
  const system: VirtualSystem = new VirtualSystem({}, {}, undefined, way);
  const check = new AuditCheck();
  system.onPut = (...put) => check.put(...put);
  const { stream } = system.functions;
  const push = stream.push.bind(stream);
  stream.push = (change) => {
    check.changed(change);
    push(change);
  };
  await story(system);
  await system.clock.advance(200_000 * strikes.length);
  isOver = true;
  await system.clock.advance(200_000);
  for (const line of linesOf(system)) {
    if (line.action === 'event-accepted') check.queued(String(line.webhookId));
    check.said(line);
  }
  return { problems: check.problems(), reads: reads[strikes[0]?.to ?? 'table'] };
}

const FAULTS: readonly Fault[] = ['refuse', 'lose the answer', 'lose the first answer', 'die before', 'die after'];
/** To a read that changes nothing, one way to fail is like another. */
const FAULTS_OF_READS: readonly Fault[] = ['refuse', 'die before'];
/** Of all calls and ways to fail, every how manieth is tried: `npm run test:full -- audit` tries all. */
const EVERY = process.env.KNOCKNOC_AUDIT_FAULTS === 'all' ? 1 : 4;

describe('every change has one line of the audit', () => {
  for (const [name, story] of Object.entries(stories)) {
    for (const to of ['table', 'okta'] as const) {
      it(`whatever happens at any call to ${to}: ${name}`, { timeout: 240_000 }, async () => {
        const found: unknown[] = [];
        const { reads } = await play(story, [{ at: 0, fault: 'refuse', to }]);
        expect(reads.length).toBeGreaterThan(to === 'table' ? 20 : 2);
        for (const [index, isRead] of reads.entries()) {
          for (const [number, fault] of (isRead ? FAULTS_OF_READS : FAULTS).entries()) {
            if ((index + number) % EVERY !== 0) continue;
            const at = index + 1;
            const { problems } = await play(story, [{ at, fault, to }]);
            if (problems.length > 0) found.push({ fault, at, problems });
          }
        }
        expect(found).toEqual([]);
      });
    }
  }
});

const anIp = fc.constantFrom(ALICE, BOB);
const anAction: fc.Arbitrary<Story> = fc.oneof(
  fc.tuple(anIp, fc.constantFrom({}, { grantId: 'a' }, { durationSeconds: 8 })).map(([ip, data]): Story => {
    return async (system) => void (await system.grant(ip, data));
  }),
  fc.tuple(anIp, fc.constantFrom({}, { grantId: 'a' })).map(([ip, data]): Story => {
    return async (system) => void (await system.revoke(ip, data));
  }),
  fc.constant<Story>(async (system) => void (await system.send('access.flushed'))),
  fc.integer({ min: 0, max: 15_000 }).map(
    (ms): Story =>
      (system) =>
        system.clock.advance(ms),
  ),
);
const aStrike: fc.Arbitrary<Strike> = fc.record({
  at: fc.integer({ min: 1, max: 80 }),
  fault: fc.constantFrom(...FAULTS),
  to: fc.constantFrom('table', 'table', 'table', 'okta'),
});

describe('every change has one line of the audit, or two with the same ids', () => {
  it('whatever is sent, and whatever goes wrong meanwhile', { timeout: 240_000 }, async () => {
    const events = fc.array(anAction, { minLength: 2, maxLength: 8 });
    const strikes = fc.array(aStrike, { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(events, strikes, async (actions, at) => {
        const story: Story = async (system) => {
          for (const action of actions) await action(system);
        };
        const { problems } = await play(story, at, (system) => withoutRepetitions(system.lines));
        expect(problems).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});
