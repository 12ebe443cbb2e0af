import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Fields } from '../../lib/ports.ts';
import { fifoEvent, lambdaContext, streamEvent, timerEvent } from '../../local/stand-ins/aws-events.ts';
import { SystemCallbackClock } from '../../local/stand-ins/callback-clock.ts';
import { logTelemetry } from '../../local/stand-ins/log-telemetry.ts';
import { MemorySecret } from '../../local/stand-ins/memory-secret.ts';
import { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import { NOW } from '../helpers/events.ts';

describe('the telemetry of the stand-ins', () => {
  const recorded = () => {
    const lines: Fields[] = [];
    const telemetry = logTelemetry(
      'zone',
      () => NOW,
      (line) => lines.push(line),
    );
    return { lines, telemetry };
  };

  it('leaves one line and one metric for each error, as on AWS', () => {
    const { lines, telemetry } = recorded();
    telemetry.begin({ awsRequestId: 'r' });
    telemetry.error('ZONE001', 'gone', { acl: 'a' });
    expect(lines).toMatchObject([
      { level: 'ERROR', message: 'zone not found', code: 'ZONE001', detail: 'gone', acl: 'a', awsRequestId: 'r' },
      { Code: 'ZONE001', Errors: 1, _aws: { CloudWatchMetrics: [{ Namespace: 'KnocknocOkta' }] } },
    ]);
    expect(lines).toHaveLength(2);
  });

  it('lets no field of the caller’s take the place of the code', () => {
    const { lines, telemetry } = recorded();
    telemetry.error('ZONE001', 'gone', { code: 'mine', detail: 'mine' });
    expect(lines[0]).toMatchObject({ code: 'ZONE001', detail: 'gone' });
  });

  it('forgets the fields of the invocation before', () => {
    const { lines, telemetry } = recorded();
    telemetry.begin({ old: 1 });
    telemetry.begin({ awsRequestId: 'r2' });
    telemetry.info('x');
    expect(lines).toEqual([expect.not.objectContaining({ old: 1 })]);
  });

  it('writes what JSON can hold, and leaves out what it can’t', () => {
    const { lines, telemetry } = recorded();
    telemetry.info('x', { none: undefined, when: new Date(0) });
    expect(lines[0]).toMatchObject({ when: '1970-01-01T00:00:00.000Z' });
    expect(lines[0]).not.toHaveProperty('none');
  });
});

describe('the events that Lambda would hand over', () => {
  it('of the FIFO queue carry sequence number and count', () => {
    const event = fifoEvent([{ messageId: 'm', body: 'b', sequenceNumber: '7', receives: 2 }]);
    expect(event.Records).toMatchObject([
      { messageId: 'm', body: 'b', attributes: { SequenceNumber: '7', ApproximateReceiveCount: '2' } },
    ]);
    expect(timerEvent('a', 'x').Records[0]?.attributes).not.toHaveProperty('SequenceNumber');
  });

  it('of the stream mark what the TTL removed, and nothing else', () => {
    const key = { acl: 'a', item: 'i' };
    const { Records } = streamEvent([
      { eventName: 'REMOVE', key, byTtl: true },
      { eventName: 'REMOVE', key, byTtl: false },
    ]);
    expect(Records[0]).toMatchObject({ userIdentity: { principalId: 'dynamodb.amazonaws.com' } });
    expect(Records[1]).not.toHaveProperty('userIdentity');
    expect(Records[0]?.dynamodb?.Keys).toEqual({ acl: { S: 'a' }, item: { S: 'i' } });
    expect(Records[1]?.dynamodb).not.toHaveProperty('OldImage');
  });

  it('of the stream show what was removed, as far as its texts and numbers', () => {
    const before = { acl: 'a', item: 'i', text: 't', number: 7, is: true, list: ['x'] };
    const [record] = streamEvent([{ eventName: 'REMOVE', key: { acl: 'a', item: 'i' }, byTtl: false, before }]).Records;
    const OldImage = { acl: { S: 'a' }, item: { S: 'i' }, text: { S: 't' }, number: { N: '7' } };
    expect(record?.dynamodb).toMatchObject({ OldImage });
  });

  it('come with a context that knows the time left', () => {
    let left = 5;
    const context = lambdaContext('zone', 'r', () => left);
    left = 3;
    expect([context.getRemainingTimeInMillis(), context.awsRequestId]).toEqual([3, 'r']);
  });
});

describe('a secret in memory', () => {
  it('is what it was set to, none, or unreadable', async () => {
    const secret = new MemorySecret('one');
    expect(await secret.read()).toBe('one');
    secret.text = undefined;
    expect(await secret.read()).toBeUndefined();
    secret.unreadable = true;
    await expect(secret.read()).rejects.toThrow('denied');
  });
});

describe('timers', () => {
  it('of the machine call back, unless called off or closed', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const clock = new SystemCallbackClock();
    const calls: string[] = [];
    clock.after(5, () => calls.push('kept'));
    clock.after(5, () => calls.push('called off'))();
    void clock.sleep(5).then(() => calls.push('slept'));
    await vi.advanceTimersByTimeAsync(4);
    expect(calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toEqual(['kept', 'slept']);
    clock.after(5, () => calls.push('closed'));
    clock.close();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(calls).toEqual(['kept', 'slept']);
  });

  it('that are virtual call back in the order of their moments, then of their making, and show that moment', async () => {
    const clock = new VirtualClock(NOW);
    const calls: unknown[] = [];
    const note = (name: string) => () => calls.push([name, clock.now() - NOW]);
    clock.after(20, note('late'));
    clock.after(10, note('first'));
    clock.after(10, note('second'));
    clock.after(15, note('off'))();
    clock.after(10, () => void clock.sleep(5).then(note('slept')));
    await clock.advance(15);
    expect(calls).toEqual([
      ['first', 10],
      ['second', 10],
      ['slept', 15],
    ]);
    expect(clock.now()).toBe(NOW + 15);
  });

  it('that are virtual say so when what is awaited can never come', async () => {
    await expect(new VirtualClock(NOW).finish(new Promise(() => {}))).rejects.toThrow('never happen');
  });
});
