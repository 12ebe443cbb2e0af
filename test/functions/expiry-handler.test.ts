import type { SQSEvent } from 'aws-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { createHandler, type ExpiryEvent } from '../../functions/expiry.ts';
import { GrantBook } from '../../lib/grants/grant-book.ts';
import { TIMERS_MOST_RECEIVES } from '../../lib/names.ts';
import type { SetAside } from '../../lib/ports.ts';
import { lambdaContext, timerEvent } from '../../local/stand-ins/aws-events.ts';
import { ACL, granted, NOW } from '../helpers/events.ts';
import { ZoneWorld } from '../helpers/zone-world.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'];
let world: ZoneWorld;
beforeEach(async () => {
  world = new ZoneWorld();
  await world.apply(granted(ALICE, 0, { expiresAt: NOW }), granted(BOB, 0, { expiresAt: NOW + 1 }));
});
const handle = (event: ExpiryEvent, deps = world.deps) =>
  createHandler(() => deps)(
    event,
    lambdaContext('expiry', 'request-1', () => 30_000),
  );
const text = (more = {}) => JSON.stringify({ version: 1, kind: 'expiry', acl: ACL, at: NOW, ...more });
const batch = (...bodies: readonly string[]): SQSEvent => ({
  Records: bodies.flatMap((body, i) => timerEvent(`m${i + 1}`, body).Records),
});

describe('the expiry function', () => {
  it('takes whatever is no SQS event for the minute tick', async () => {
    expect(await world.asks(() => handle({ kind: 'tick' }))).toBe(true);
    expect(await world.grants()).toEqual([BOB]);
    expect(world.armed()).toEqual([['expiry', 1_000, 1]]);
    expect(await handle({ kind: 'tick' })).toEqual({ batchItemFailures: [] });
  });

  it('ends by a timer what expires at exactly this moment, and not a millisecond more', async () => {
    expect(await handle(batch(text()))).toEqual({ batchItemFailures: [] });
    expect(await world.grants()).toEqual([BOB]);
  });

  it('arms a timer again that comes before its time', async () => {
    await world.apply(granted(BOB, 1, { expiresAt: NOW + 700 }));
    await handle(batch(text({ at: NOW + 700 })));
    expect(world.armed()).toEqual([['expiry', 700, 1]]);
    expect(await world.grants()).toEqual([ALICE, BOB]);
  });

  it('keeps a grant that was extended after its timer was armed', async () => {
    await world.apply(granted(ALICE, 1, { expiresAt: NOW + 60_000 }));
    await handle(batch(text()));
    expect(await world.grants()).toEqual([ALICE, BOB]);
  });

  it('reports only those of a batch that failed: the others were done', async () => {
    class HalfBroken extends GrantBook {
      override async between(acl: string, after: number, upTo: number) {
        if (acl === 'broken') throw new Error('this partition does not answer');
        return super.between(acl, after, upTo);
      }
    }
    const deps = { ...world.deps, grants: new HalfBroken(world.table, world.deps.config, world.deps.telemetry) };
    const bodies = ['not a timer', text({ acl: 'broken' }), text(), '{"version":9}'];
    expect(await handle(batch(...bodies), deps)).toEqual({
      batchItemFailures: ['m1', 'm2', 'm4'].map((itemIdentifier) => ({ itemIdentifier })),
    });
    expect(await world.grants()).toEqual([BOB]);
  });

  it('puts what fails for the last time into the dead-letter queue, with its reason and no word of what went on', async () => {
    const letters: SetAside[] = [];
    const deadLetters = { send: async (letter: SetAside) => void letters.push(letter) };
    const event = (receives: number, ...bodies: readonly string[]) => ({
      Records: bodies.flatMap((body, i) => timerEvent(`m${i + 1}`, body, receives).Records),
    });
    const deps = { ...world.deps, deadLetters };
    world.table.unreachable = true;
    expect((await handle(event(TIMERS_MOST_RECEIVES - 1, text(), 'x'), deps)).batchItemFailures).toHaveLength(2);
    expect(letters).toEqual([]);
    expect(await handle(event(TIMERS_MOST_RECEIVES, text(), 'x'), deps)).toEqual({ batchItemFailures: [] });
    expect(letters).toEqual([
      { messageId: 'm2', body: 'x', reason: 'not a timer of this system', retryable: false },
      { messageId: 'm1', body: text(), reason: 'STORE001 Error', retryable: false },
    ]);
    expect(world.lines.filter(({ message }) => /dead-letter/.test(String(message)))).toMatchObject([
      { messageId: 'm2' },
      { messageId: 'm1' },
    ]);
    deadLetters.send = () => Promise.reject(new Error('no answer'));
    expect((await handle(event(TIMERS_MOST_RECEIVES, text()), deps)).batchItemFailures).toHaveLength(1);
  });

  it('says of what is no timer that it is none, and nothing of what it holds', async () => {
    await handle(batch('hush-hush'));
    expect(world.lines).toMatchObject([
      { level: 'WARN', message: expect.stringContaining('not a timer'), messageId: 'm1', awsRequestId: 'request-1' },
    ]);
    expect(JSON.stringify(world.lines)).not.toContain('hush');
  });

  it('says of a timer that failed nothing beside what the work itself says', async () => {
    world.table.unreachable = true;
    expect((await handle(batch(text()))).batchItemFailures).toHaveLength(1);
    expect(world.lines.filter(({ messageId, level }) => messageId !== undefined || level === 'WARN')).toEqual([]);
  });

  it('fails as a whole where a tick fails, after it did what it could, so that the failure is counted', async () => {
    world.table.unreachable = true;
    await expect(handle({ kind: 'tick' })).rejects.toThrow();
    expect(world.lines.flatMap(({ code }) => code ?? [])).toEqual(['STORE001']);
    expect(world.lines.at(-1)).toMatchObject({
      ...{ level: 'WARN', message: 'the invocation failed', awsRequestId: 'request-1' },
      reason: expect.stringContaining('AggregateError: '),
    });
  });

  it('asks for the rebuild that a timer stands for', async () => {
    expect(await world.asks(() => handle(batch(text({ kind: 'rebuild' }))))).toBe(true);
    expect(await world.grants()).toEqual([ALICE, BOB]);
  });
});
