import { beforeEach, describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/grants.ts';
import { formatQueuedEvent, parseQueuedEvent, type QueuedEvent } from '../../lib/grants/queue-message.ts';
import { fifoEvent, lambdaContext } from '../../local/stand-ins/aws-events.ts';
import { aGrantsHandler } from '../helpers/a-grants-handler.ts';
import { ACL, configOf, flushed, granted, NOW, positionAt, revoked } from '../helpers/events.ts';

const [ALICE, BOB, CAROL] = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
const grants = [ALICE, BOB, CAROL].map((ip) => granted(ip, 1));
let handler: ReturnType<typeof aGrantsHandler>;
beforeEach(() => {
  handler = aGrantsHandler();
});

describe('a batch of the FIFO queue', () => {
  it('is applied whole and in order', async () => {
    expect(await handler.deliver(...grants, revoked(ALICE, 1))).toEqual([]);
    expect(await handler.live()).toEqual([BOB, CAROL]);
    expect(handler.codes()).toEqual([]);
  });

  it('is applied in the order of the queue where times are equal', async () => {
    await handler.deliver(granted(ALICE, 1), flushed(1), granted(BOB, 1), revoked(BOB, 1), granted(CAROL, 1));
    expect(await handler.live()).toEqual([CAROL]);
  });

  it.each([1, 2, 3])('stops at the first failure, and reports it and all after it: number %i', async (at) => {
    handler.table.crashAt = at;
    expect(await handler.deliver(...grants)).toEqual(['m1', 'm2', 'm3'].slice(at - 1));
    expect(await handler.live()).toEqual([ALICE, BOB, CAROL].slice(0, at - 1));
    expect(handler.codes()).toEqual(['STORE001']);
    // Nothing behind the failure is tried; where something was applied, the last write wakes the zone function.
    expect(handler.table.writes).toBe(at === 1 ? 1 : at + 1);
  });

  it('reports a failure whose write took place after all, and applies it no second time', async () => {
    Object.assign(handler.table, { crashAt: 2, afterApplying: true });
    expect(await handler.deliver(...grants)).toEqual(['m2', 'm3']);
    expect(await handler.deliver(...grants.slice(1))).toEqual([]);
    expect(await handler.live()).toEqual([ALICE, BOB, CAROL]);
    expect(handler.lines.filter(({ message }) => message === 'event duplicate')).toHaveLength(1);
  });

  it('wakes the zone function for what was applied, also where it stops at a failure', async () => {
    handler.table.crashAt = 3;
    expect(await handler.deliver(...grants)).toEqual(['m3']);
    expect(await handler.book.position(ACL)).toBe(positionAt(2));
  });

  it('comes again whole where nobody could be woken: then its events are duplicates, and are announced', async () => {
    handler.table.crashAt = 4;
    await expect(handler.deliver(...grants)).rejects.toThrow('could not be woken');
    expect(handler.lines.filter(({ code }) => code)).toMatchObject([
      { code: 'STORE001', acl: ACL, reason: expect.stringContaining('Crash'), awsRequestId: 'request-1' },
    ]);
    expect([await handler.live(), await handler.book.position(ACL)]).toEqual([[ALICE, BOB, CAROL], undefined]);
    handler.lines.length = 0;
    expect(await handler.deliver(...grants)).toEqual([]);
    expect(handler.lines.map(({ action }) => action)).toEqual(Array(3).fill('event-duplicate'));
    expect(await handler.book.position(ACL)).toBeDefined();
  });

  it('can be empty', async () => {
    expect(await handler.deliver()).toEqual([]);
  });
});

describe('an event that fails for the last time', () => {
  beforeEach(() => {
    handler.faults.receives = 10;
  });

  it('is put into the dead-letter queue with its reason and its position, and the rest is applied', async () => {
    handler.table.crashAt = 2;
    expect(await handler.deliver(...grants)).toEqual([]);
    expect(await handler.live()).toEqual([ALICE, CAROL]);
    expect(handler.setAside).toEqual([
      { messageId: 'm2', reason: 'STORE001 Crash', retryable: true, body: expect.any(String) },
    ]);
    expect(parseQueuedEvent(handler.letters[0] ?? '')).toEqual({ ...grants[1], firstPosition: positionAt(2) });
    expect(handler.codes()).toEqual(['STORE001']);
    expect(handler.lines.find(({ code }) => code)).toMatchObject({
      ...{ messageId: 'm2', webhookId: grants[1]?.webhookId, type: 'access.granted' },
      detail: expect.stringContaining('dead-letter queue'),
    });
  });

  it('is put there too where it is stored, but nobody could be woken; the others come again', async () => {
    handler.faults.receives = [9, 10, 9];
    handler.table.crashAt = 4;
    expect(await handler.deliver(...grants)).toEqual(['m1', 'm3']);
    expect(handler.setAside).toMatchObject([{ messageId: 'm2', reason: 'STORE001 AggregateError', retryable: true }]);
    expect(handler.codes()).toEqual(['STORE001', 'STORE001']);
    expect([await handler.live(), await handler.book.position(ACL)]).toEqual([[ALICE, BOB, CAROL], undefined]);
    // Put back, it is told and announced like any other.
    const letter = parseQueuedEvent(handler.letters[0] ?? '') ?? expect.fail('it is no event');
    handler.lines.length = 0;
    handler.faults.receives = 1;
    expect(await handler.deliver(letter)).toEqual([]);
    expect(handler.lines.map(({ action }) => action)).toEqual(['granted']);
    expect(await handler.book.position(ACL)).toBeDefined();
  });

  it('keeps the position it had at first, however often it was put back', async () => {
    handler.table.crashAt = 2;
    await handler.deliver(granted(BOB, 1), granted(ALICE, 1, { firstPosition: positionAt(77) }));
    expect(parseQueuedEvent(handler.letters[0] ?? '')).toMatchObject({ firstPosition: positionAt(77) });
  });

  it('stops the batch where it can’t be put there: the queue itself then moves it', async () => {
    handler.table.crashAt = 2;
    handler.faults.deadLetters = new Error('the dead-letter queue does not answer');
    expect(await handler.deliver(...grants)).toEqual(['m2', 'm3']);
    expect(handler.codes()).toEqual(['STORE001']);
    expect(handler.lines.find(({ code }) => code)).toMatchObject({
      reason: expect.stringContaining('Crash'),
      setAside: expect.stringContaining('does not answer'),
    });
  });

  it('is set aside untried where the others have used up the time: a function that dies could not say why', async () => {
    handler.faults.remainingMs = 8_999;
    expect(await handler.deliver(granted(ALICE, 1))).toEqual([]);
    expect(handler.setAside).toMatchObject([{ reason: 'STORE001 NoTimeLeft', retryable: true }]);
    expect([handler.table.writes, await handler.live()]).toEqual([0, []]);
    handler.faults.remainingMs = 9_000;
    await handler.deliver(granted(BOB, 1));
    Object.assign(handler.faults, { receives: 9, remainingMs: 1 });
    await handler.deliver(granted(CAROL, 1));
    expect(await handler.live()).toEqual([BOB, CAROL]);
  });

  it('is set aside where a call does not come to an end, while there is time to say so', async () => {
    handler.table.write = () => new Promise(() => {});
    const began = handler.clock.now();
    expect(await handler.clock.finish(handler.deliver(granted(ALICE, 1)))).toEqual([]);
    expect(handler.setAside).toMatchObject([{ reason: 'STORE001 NoTimeLeft', retryable: true }]);
    expect(handler.clock.now() - began).toBe(15_000 - 3_000 + 1_500);
  });

  it('is not given up on a time too early', async () => {
    Object.assign(handler.faults, { receives: 9 });
    handler.table.crashAt = 2;
    expect(await handler.deliver(...grants)).toEqual(['m2', 'm3']);
    expect(handler.letters).toEqual([]);
  });

  it('shows nothing of itself in its reason', async () => {
    handler.table.write = () => Promise.reject(new Error('hush-hush'));
    await handler.deliver(granted(ALICE, 1, { user: 'alice' }));
    expect(handler.setAside).toMatchObject([{ reason: 'STORE001 Error' }]);
  });
});

describe('a message that is no event', () => {
  const POISON = [
    ...['not json', '{}', '{"version":2}', '', 'null', '[]', '"text"', '{"version":1,"type":"access.denied"}'],
    formatQueuedEvent(granted(ALICE, 1)).replace('"ip"', '"pi"'),
    formatQueuedEvent(granted(ALICE, 1)).replace('"expiresAt"', '"endsAt"'),
  ];

  it.each(POISON)('is set aside at once with STORE002, and the rest is applied: %s', async (poison) => {
    expect(await handler.deliver(granted(ALICE, 1), poison, granted(CAROL, 1))).toEqual([]);
    expect(await handler.live()).toEqual([ALICE, CAROL]);
    expect(handler.letters).toEqual([poison]);
    expect(handler.codes()).toEqual(['STORE002']);
    expect(handler.lines.find(({ code }) => code)).toMatchObject({ messageId: 'm2' });
  });

  it('stops the batch where it can’t be set aside: it is never dropped', async () => {
    handler.faults.deadLetters = new Error('the dead-letter queue does not answer');
    expect(await handler.deliver(granted(ALICE, 1), 'poison', granted(CAROL, 1))).toEqual(['m2', 'm3']);
    expect(await handler.live()).toEqual([ALICE]);
    expect(handler.codes()).toEqual(['STORE001']);
  });

  it('and an event that is too old to be ordered is set aside too: what overtook it may be forgotten', async () => {
    const days = (n: number) => granted(ALICE, -n * 86_400);
    expect(await handler.deliver(days(16), days(16.001))).toEqual([]);
    expect(handler.setAside).toMatchObject([
      { messageId: 'm2', reason: expect.stringContaining('older'), retryable: false },
    ]);
    expect(handler.codes()).toEqual(['STORE002']);
    expect(handler.lines.find(({ code }) => code)).toMatchObject({ messageId: 'm2', acl: grants[0]?.acl });
  });

  it('shows in no log line', async () => {
    await handler.deliver('hush-hush', '{"user":"hush-hush"}');
    expect(JSON.stringify(handler.lines)).not.toContain('hush');
  });
});

describe('a message', () => {
  it('may hold fields that are not known: messages outlive a deploy', async () => {
    await handler.deliver(formatQueuedEvent(granted(ALICE, 1)).replace('{', '{"new":1,'));
    expect(await handler.live()).toEqual([ALICE]);
  });

  it('without a sequence number is ordered by when it was sent, as some emulators need it', async () => {
    const event = fifoEvent([
      { messageId: 'm1', body: formatQueuedEvent(granted(ALICE, 1)), sequenceNumber: '7', receives: 1 },
    ]);
    const [record] = event.Records;
    if (!record) throw new Error('there is one');
    const { SequenceNumber, ...attributes } = record.attributes;
    expect(SequenceNumber).toBe('7');
    const bare = createHandler(() => ({
      ...{ config: configOf(), clock: { now: () => NOW, sleep: async () => {} }, grants: handler.book },
      ...{ timers: { send: async () => {} }, deadLetters: { send: async () => {} } },
      telemetry: { begin() {}, info() {}, warn() {}, error() {}, metric() {} },
    }));
    const context = lambdaContext('grants', 'r', () => 15_000);
    const records = [{ ...record, attributes: { ...attributes, SentTimestamp: '1795543200000' } }];
    expect(await bare({ Records: records }, context)).toEqual({ batchItemFailures: [] });
    expect(await handler.live()).toEqual([ALICE]);
  });
});

describe('the timer of a grant', () => {
  it.each([
    [1, [1]],
    [90_500, [91]],
    [125_000, [125]],
    [125_001, []],
  ])('that lasts %i ms is armed where the minute tick might come too late', async (ms, delays) => {
    await handler.deliver(granted(ALICE, 0, { expiresAt: NOW + ms }));
    expect(handler.timers.map(({ delaySeconds }) => delaySeconds)).toEqual(delays);
  });

  it('that is over already goes out at once', async () => {
    await handler.deliver(granted(ALICE, -10, { expiresAt: NOW - 5_000 }));
    expect(handler.timers.map(({ delaySeconds }) => delaySeconds)).toEqual([0]);
  });

  it('is armed before the grant is stored, so that no crash leaves one without the other', async () => {
    handler.table.crashAt = 1;
    await handler.deliver(granted(ALICE, 0, { expiresAt: NOW + 90_500 }));
    expect(await handler.live()).toEqual([]);
    expect(handler.timers.map(({ delaySeconds }) => delaySeconds)).toEqual([91]);
  });
});

describe('the log', () => {
  it('has one line for each event with what became of it', async () => {
    const grant = granted(ALICE, 5, { grantId: 'g', user: 'alice' });
    await handler.deliver(grant, grant, revoked(ALICE, 1, { grantId: 'g' }), flushed(9));
    expect(handler.lines).toMatchObject([
      {
        message: 'event applied',
        action: 'granted',
        acl: grant.acl,
        ip: ALICE,
        grantId: 'g',
        user: 'alice',
        position: positionAt(1),
      },
      { message: 'event duplicate', action: 'event-duplicate', webhookId: grant.webhookId },
      { message: 'event overtaken', by: 'a later event on the same grant' },
      {
        message: 'grant ended',
        action: 'grant-ended',
        ip: ALICE,
        grantId: 'g',
        user: 'alice',
        cause: 'access.flushed',
      },
      { message: 'event applied', type: 'access.flushed', ended: 1, awsRequestId: 'request-1' },
    ]);
  });

  it('tells the position that an event had at first only of one that was put back', async () => {
    await handler.deliver(grants[0] as QueuedEvent, granted(BOB, 1, { firstPosition: positionAt(77) }));
    const [first, second] = handler.lines;
    expect(first).not.toHaveProperty('firstPosition');
    expect(second).toMatchObject({ firstPosition: positionAt(77), position: positionAt(2) });
  });

  it('says by what it was overtaken only of an event that was, and what it ended only of one that was applied', async () => {
    await handler.deliver(granted(ALICE, 5), granted(ALICE, 1));
    const [applied, overtaken] = handler.lines;
    expect(applied).toMatchObject({ ended: 0 });
    expect(applied).not.toHaveProperty('by');
    expect(overtaken).toMatchObject({ by: 'a later event on the same grant' });
    expect(overtaken).not.toHaveProperty('ended');
  });
});
