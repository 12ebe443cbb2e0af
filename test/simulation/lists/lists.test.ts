import { describe, expect, it } from 'vitest';
import type { QueuedEvent } from '../../../lib/grants/queue-message.ts';
import { NOW } from '../../helpers/events.ts';
import { type Deployment, Deployments } from '../deployment.ts';
import { LetIn } from '../inside.ts';
import { AclModel } from '../model.ts';
import { describeFailure } from '../report.ts';
import { simulate } from '../simulate.ts';
import type { Invariant } from '../violation.ts';
import { ListCheck } from './list-check.ts';
import { LIST_FAULTS, makeListPlan } from './list-plan.ts';

/** `npm run test:full -- lists` runs more. */
const RUNS = 15;

describe('schedules of a Knocknoc that behaves badly', () => {
  it(`keep promise 23, and all others: ${RUNS} of them`, { timeout: 120_000 }, async () => {
    const summary = await simulate({ seed: 1, runs: RUNS, changes: { world: 'lists' } });
    const [failure] = summary.failures;
    if (failure) throw new Error(await describeFailure(failure));
    expect(summary.runs).toBe(RUNS);
  });

  it('have every fault, among a hundred of them', () => {
    const plans = Array.from({ length: 100 }, (_, n) => makeListPlan(n));
    const planned = plans.flatMap(({ actions }) =>
      actions.map((one) => (one.do === 'list fails' ? one.fault : one.do)),
    );
    expect(LIST_FAULTS.filter((fault) => !planned.includes(fault))).toEqual([]);
    expect(planned).toEqual(expect.arrayContaining(['no key yet', 'redeploy', 'event']));
    expect(new Set(plans.flatMap(({ rates }) => Object.keys(rates)))).toContain('table error');
  });
});

const ACL = 'acl-1';
const [A, B] = ['203.0.113.1', '203.0.113.2'];
const READER = { skewMs: 0 };

/** What judges them, at a moment a quarter of a minute after the last of some reads; every list is given to one process. */
class Judged {
  readonly broken: string[] = [];
  readonly check: ListCheck;
  #now = NOW;

  constructor(inside: readonly string[] = [], list = {}) {
    const settings = { pollSeconds: 15, endsGrants: true, defaultGrantMinutes: 60, ...list };
    const acls = [{ name: ACL, zoneIds: ['zone'], always: [], list: settings }];
    const deployment: Deployment = { acls, sentinel: '192.0.2.0/32', gatewayLimit: 150, verifyMinutes: 5 };
    const model = new AclModel();
    model.accept({ type: 'access.flushed', acl: ACL, webhookId: 'first', timestamp: 1n }, '1', NOW - 3_600_000);
    this.check = new ListCheck(
      {
        ...{ plan: { deployment, actions: [] }, acls: [{ name: ACL, model }], faults: { disturbedUntil: 0 } },
        deployments: new Deployments(deployment, NOW - 3_600_000),
        monitor: {
          broken: (invariant: Invariant) => this.broken.push(invariant),
          letIn: () => new LetIn(new Set(inside.map((ip) => `${ip}/32`))),
        },
        bounds: { extraMs: 0, mostSkewMs: 0 },
      },
      () => this.#now,
    );
  }

  shown(secondsAgo: number, ...ips: string[]): this {
    return this.#at(secondsAgo, () => {
      this.check.readBegins(ACL, READER);
      this.check.shown(ACL, READER, new Set(ips));
    });
  }

  queued(secondsAgo: number, event: Partial<QueuedEvent>): this {
    return this.#at(secondsAgo, () => {
      const timestamp = BigInt(this.#now) * 1_000_000n;
      const webhookId = JSON.stringify([secondsAgo, event]);
      const whole: QueuedEvent = { type: 'access.granted', acl: ACL, webhookId, timestamp, ...event };
      this.check.queued(whole, READER);
      this.check.applied(whole);
    });
  }

  #at(secondsAgo: number, act: () => void): this {
    this.#now = NOW - 1_000 * secondsAgo;
    act();
    this.#now = NOW;
    return this;
  }
}

const told = (type: QueuedEvent['type'], ip?: string): Partial<QueuedEvent> => ({
  type,
  ...(ip !== undefined && { ip }),
});
const byList = (type: QueuedEvent['type'], ip: string, grantId = 'allowlist'): Partial<QueuedEvent> => ({
  ...{ type, ip, grantId, source: 'allowlist' },
});

describe('who judges them', () => {
  type Event = readonly [secondsAgo: number, Partial<QueuedEvent>];
  const twice = (...ips: string[]) => [
    [30, ...ips],
    [15, ...ips],
  ];
  it.each<[string, (string | number)[][], string[], Event[], number]>([
    ['nobody who is listed for two reads is out', twice(A), [A], [], 0],
    ['one is', twice(A, B), [A], [], 1],
    ['one is, and was revoked a moment ago', twice(A), [], [[40, told('access.revoked', A)]], 0],
    ['one is, and another was revoked', twice(A), [], [[40, told('access.revoked', B)]], 1],
    ['one is, after a flush long ago', twice(A), [], [[90, told('access.flushed')]], 1],
    ['nobody who is not listed for two reads is in', [[45, A], ...twice()], [], [], 0],
    ['one is', [[45, A], ...twice()], [A], [], 1],
    ['one is, and was granted a moment ago', [[45, A], ...twice()], [A], [[40, told('access.granted', A)]], 0],
    ['one read is too few', [[15, A]], [], [], 0],
    [
      'and so are two at the same time',
      [
        [16, A],
        [15, A],
      ],
      [],
      [],
      0,
    ],
    ['one is on one of two', [[30], [15, A]], [], [], 0],
    [
      'the list is too new to have had its effect',
      [
        [20, A],
        [5, A],
      ],
      [],
      [],
      0,
    ],
    [
      'the list is too old to speak',
      [
        [1_830, A],
        [1_815, A],
      ],
      [],
      [],
      0,
    ],
  ])('%s', (_, lists, inside, events, broken) => {
    const judged = new Judged(inside);
    for (const [ago, ...ips] of lists) judged.shown(Number(ago), ...ips.map(String));
    for (const [ago, event] of events) judged.queued(ago, event);
    judged.check.check();
    expect(judged.broken).toHaveLength(broken);
  });

  it('lets stay who was granted at any time, where the list ends only its own', () => {
    const inTheEnd = (endsGrants: boolean) => {
      const judged = new Judged([A], { endsGrants }).shown(45, A).shown(30).shown(15);
      judged.queued(9_000, told('access.granted', A)).check.check();
      return judged.broken.length;
    };
    expect([inTheEnd(false), inTheEnd(true)]).toEqual([0, 1]);
  });

  it.each<[string, Judged, number]>([
    ['follows from the list', new Judged().shown(15, A).queued(15, byList('access.granted', A)), 0],
    ['does not', new Judged().shown(15, A).queued(15, byList('access.granted', B)), 1],
    ['comes of no list', new Judged().queued(15, byList('access.revoked', A)), 1],
    ['ends whom the list has', new Judged().shown(15, A).queued(15, byList('access.revoked', A)), 1],
    [
      'ends who came a moment ago',
      new Judged()
        .queued(30, told('access.granted', A))
        .shown(15)
        .queued(15, byList('access.revoked', A, '')),
      1,
    ],
    [
      'ends who came before that',
      new Judged()
        .queued(50, told('access.granted', A))
        .shown(15)
        .queued(15, byList('access.revoked', A, '')),
      0,
    ],
    [
      'lets in who was revoked a moment ago',
      new Judged().queued(30, told('access.revoked', A)).shown(15, A).queued(15, byList('access.granted', A)),
      1,
    ],
    [
      'ends a grant of a sender, against endsGrants',
      new Judged([], { endsGrants: false }).shown(15).queued(15, byList('access.revoked', A, '')),
      1,
    ],
  ])('sees whether what a reader puts onto the queue %s', (_, { broken }, count) => {
    expect(broken).toHaveLength(count);
  });

  it('wants those to be in, in the end, who are logged in, and nobody else', () => {
    const judged = new Judged([B]);
    judged.check.loggedIn(ACL, new Set([A, B]));
    judged.check.loggedIn(ACL, new Set([A]));
    judged.check.checkSettled();
    expect(judged.broken.sort()).toEqual(['23 who is listed is in', '23 who is not listed is out']);
  });
});
