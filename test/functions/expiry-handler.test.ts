import type { SQSEvent } from 'aws-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { createHandler, type ExpiryEvent } from '../../functions/expiry.ts';
import { GrantBook } from '../../lib/grant-book.ts';
import { ITEM } from '../../lib/names.ts';
import { alarmEvent, lambdaContext } from '../../local/stand-ins/aws-events.ts';
import { ACL, granted, NOW } from '../helpers/events.ts';
import { ExpiryWorld } from '../helpers/expiry-world.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'];
let world: ExpiryWorld;
beforeEach(async () => {
  world = new ExpiryWorld();
  await world.apply(granted(ALICE, 0, { expiresAt: NOW }), granted(BOB, 0, { expiresAt: NOW + 1 }));
});
const handle = (event: ExpiryEvent, deps = world.deps) =>
  createHandler(() => deps)(
    event,
    lambdaContext('expiry', 'request-1', () => 30_000),
  );
const text = (more = {}) => JSON.stringify({ version: 1, kind: 'expiry', acl: ACL, at: NOW, ...more });
const batch = (...bodies: readonly string[]): SQSEvent => ({
  Records: bodies.flatMap((body, i) => alarmEvent(`m${i + 1}`, body).Records),
});

describe('the expiry function', () => {
  it('takes whatever is no SQS event for the minute tick', async () => {
    expect(await handle({ kind: 'tick' })).toEqual({ batchItemFailures: [] });
    expect(world.grants()).toEqual([BOB]);
    expect(world.armed()).toEqual([['expiry', 1_000, 1]]);
    expect(await world.table.get({ acl: ACL, item: ITEM.rebuild })).toBeDefined();
  });

  it('ends by an alarm what expires at exactly this moment, and not a millisecond more', async () => {
    expect(await handle(batch(text()))).toEqual({ batchItemFailures: [] });
    expect(world.grants()).toEqual([BOB]);
  });

  it('arms an alarm again that comes before its time', async () => {
    await world.apply(granted(BOB, 1, { expiresAt: NOW + 700 }));
    await handle(batch(text({ at: NOW + 700 })));
    expect(world.armed()).toEqual([['expiry', 700, 1]]);
    expect(world.grants()).toEqual([ALICE, BOB]);
  });

  it('keeps a grant that was extended after its alarm was armed', async () => {
    await world.apply(granted(ALICE, 1, { expiresAt: NOW + 60_000 }));
    await handle(batch(text()));
    expect(world.grants()).toEqual([ALICE, BOB]);
  });

  it('reports only those of a batch that failed: the others were done', async () => {
    class HalfBroken extends GrantBook {
      override async between(acl: string, after: number, upTo: number) {
        if (acl === 'broken') throw new Error('this partition does not answer');
        return super.between(acl, after, upTo);
      }
    }
    const deps = { ...world.deps, grants: new HalfBroken(world.table) };
    const bodies = ['not an alarm', text({ acl: 'broken' }), text(), '{"version":9}'];
    expect(await handle(batch(...bodies), deps)).toEqual({
      batchItemFailures: ['m1', 'm2', 'm4'].map((itemIdentifier) => ({ itemIdentifier })),
    });
    expect(world.grants()).toEqual([BOB]);
  });

  it('says of what is no alarm that it is none, and nothing of what it holds', async () => {
    await handle(batch('hush-hush'));
    expect(world.lines).toMatchObject([{ level: 'WARN', awsRequestId: 'request-1' }]);
    expect(JSON.stringify(world.lines)).not.toContain('hush');
  });

  it('fails as a whole where a tick fails, after it did what it could, so that the failure is counted', async () => {
    world.table.unreachable = true;
    await expect(handle({ kind: 'tick' })).rejects.toThrow();
    expect(world.lines.flatMap(({ code }) => code ?? [])).toEqual(['STORE001']);
    expect(world.lines.some(({ level, reason }) => level === 'WARN' && String(reason).includes('AggregateError'))).toBe(
      true,
    );
  });

  it('asks for the rebuild that an alarm stands for', async () => {
    await handle(batch(text({ kind: 'rebuild' })));
    expect(await world.table.get({ acl: ACL, item: ITEM.rebuild })).toMatchObject({ at: NOW });
    expect(world.grants()).toEqual([ALICE, BOB]);
  });
});
