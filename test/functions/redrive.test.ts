import { beforeEach, describe, expect, it } from 'vitest';
import { formatQueuedEvent, parseQueuedEvent } from '../../lib/grants/queue-message.ts';
import { redrive } from '../../lib/grants/redrive.ts';
import { AUDIT, ITEM } from '../../lib/names.ts';
import type { Letter, Write } from '../../lib/ports.ts';
import { DeadLetterShelf } from '../../local/stand-ins/dead-letter-shelf.ts';
import { configOf, granted, ipsIn, positionAt } from '../helpers/events.ts';
import { RedriveWorld } from '../helpers/redrive-world.ts';
import { ACL } from '../helpers/virtual-system.ts';

const [ALICE, BOB, CAROL] = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
const DAY_MS = 86_400_000;
const LONG = { durationSeconds: 86_400 };
let world: RedriveWorld;
beforeEach(() => {
  world = new RedriveWorld();
});
const seconds = (n: number) => world.clock.advance(n * 1000);
const live = () => ipsIn(world.functions.table);
/** An event with the time of another. */
const at = (timestamp: string, type: string, data = {}, id?: string) =>
  world.post({ body: JSON.stringify({ type, timestamp, data: { acl: ACL, ...data } }), ...(id && { id }) });

describe('events that were given up on', () => {
  it('lie in the dead-letter queue, each with its reason and its position', async () => {
    await world.outage(async () => {
      await world.grant(ALICE);
      await world.grant(BOB);
    });
    expect(world.functions.events.length).toBe(0);
    expect(world.letters.letters).toMatchObject([{ reason: 'STORE001 Error' }, { reason: 'STORE001 Error' }]);
    expect(world.letters.letters.map(({ body }) => parseQueuedEvent(body)?.firstPosition)).toEqual([
      positionAt(1),
      positionAt(2),
    ]);
  });

  it('come into the zone when they are put back, and leave the dead-letter queue', async () => {
    await world.outage(async () => {
      await world.grant(ALICE, LONG);
      await world.grant(BOB, LONG);
    });
    const { letters, ...counts } = await world.redrive();
    expect(counts).toStrictEqual({ putBack: 2, stayed: 0 });
    expect(letters).toMatchObject([
      { reason: 'STORE001 Error', event: { type: 'access.granted', acl: ACL, webhookId: 'id-1' } },
      { event: { webhookId: 'id-2' } },
    ]);
    await seconds(5);
    expect(world.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
    expect(world.letters.letters).toEqual([]);
  });

  it('are only shown by a dry run, and can be put back at once afterwards', async () => {
    await world.outage(() => world.grant(ALICE, LONG));
    expect(await world.redrive({ dryRun: true })).toMatchObject({
      putBack: 1,
      letters: [{ reason: 'STORE001 Error' }],
    });
    expect([world.functions.events.length, world.letters.letters.length]).toEqual([0, 1]);
    expect(await world.redrive()).toMatchObject({ putBack: 1 });
  });

  it('let nobody in whose grant has expired meanwhile', async () => {
    await world.outage(() => world.grant(ALICE, { durationSeconds: 600 }));
    await world.redrive();
    await seconds(90);
    expect(await live()).toEqual([]);
    expect(world.gateways()).not.toContain(`${ALICE}/32`);
  });

  it('are more than one reception holds, and all put back', async () => {
    await world.outage(async () => {
      for (let i = 1; i <= 25; i += 1) await world.grant(`203.0.113.${i}`, LONG);
    }, 60);
    expect(await world.redrive()).toMatchObject({ putBack: 25, stayed: 0 });
    await seconds(10);
    expect(world.gateways()).toHaveLength(25);
  });
});

describe('old events lose to newer ones', () => {
  it.each([
    ['a grant', 'access.granted', { ip: ALICE, ...LONG }, 'access.revoked', { ip: ALICE }, []],
    ['a grant', 'access.granted', { ip: ALICE, ...LONG }, 'access.flushed', {}, []],
    ['a revoke', 'access.revoked', { ip: ALICE }, 'access.granted', { ip: ALICE, ...LONG }, [ALICE]],
    ['a flush', 'access.flushed', {}, 'access.granted', { ip: ALICE, ...LONG }, [ALICE]],
  ])('%s of the same time as a later event, %s %o, loses to %s %o', async (_, older, was, newer, is, left) => {
    const timestamp = new Date(world.clock.now()).toISOString();
    await world.outage(() => at(timestamp, older, was));
    await at(timestamp, newer, is);
    await seconds(5);
    await world.redrive();
    await seconds(5);
    expect(await live()).toEqual(left);
    expect(world.gateways().includes(`${ALICE}/32`)).toBe(left.length > 0);
  });

  it('keep their order among themselves, in whatever order they come back', async () => {
    const timestamp = new Date(world.clock.now()).toISOString();
    await world.outage(async () => {
      await at(timestamp, 'access.granted', { ip: ALICE, ...LONG });
      await at(timestamp, 'access.revoked', { ip: ALICE });
      await at(timestamp, 'access.granted', { ip: BOB, ...LONG });
    });
    const bodies = world.letters.letters.map(({ body }) => body).reverse();
    for (const body of bodies) await world.functions.events.send({ body, deduplicationId: body });
    await seconds(5);
    expect(await live()).toEqual([BOB]);
  });

  it('also where the queue moved them by itself, so that their position is not known', async () => {
    const same = BigInt(world.clock.now()) * 1_000_000n;
    const moved = (ip: string, type: 'access.granted' | 'access.revoked' = 'access.granted') =>
      world.letters.moved({
        messageId: `${type}-${ip}`,
        body: formatQueuedEvent(granted(ip, 0, { type, timestamp: same, expiresAt: world.clock.now() + DAY_MS })),
      });
    moved(ALICE);
    moved(BOB);
    moved(BOB, 'access.revoked');
    moved(CAROL);
    world.functions.events.firstSequenceNumber = 10n ** 19n;
    // An id of its own: as a duplicate, the grant would be dropped whatever its position.
    await at(new Date(world.clock.now()).toISOString(), 'access.revoked', { ip: ALICE }, 'later-revoke');
    expect((await world.redrive()).letters).toMatchObject(Array(4).fill({ reason: expect.stringContaining('queue') }));
    await seconds(5);
    expect(await live()).toEqual([CAROL]);
    expect(world.lines.filter(({ message }) => message === 'event duplicate')).toEqual([]);
  });
});

describe('an event that was applied, and that the queue gave up on since its function died each time', () => {
  /** Nobody is told what the table holds: the functions that would tell die. */
  async function dying(events: () => Promise<unknown>): Promise<void> {
    const { table } = world.functions;
    const write = table.write.bind(table);
    const isWake = (each: Write) => 'update' in each && each.update.item === ITEM.wake;
    table.write = (writes) => (writes.some(isWake) ? new Promise(() => {}) : write(writes));
    await events();
    await world.clock.advance(40 * 60_000);
    table.write = write;
  }
  const said = () =>
    world.lines.flatMap(({ action, ip }) => (ip === ALICE && action !== AUDIT.accepted ? [action] : []));

  it('is told as what it was when it is put back, and those whom it has ended with it', async () => {
    await world.grant(ALICE, LONG);
    await seconds(5);
    await dying(() => world.revoke(ALICE));
    expect(world.letters.letters).toMatchObject([{ messageId: 'message-2' }]);
    expect(said()).toEqual(['granted']);
    await world.redrive();
    await seconds(5);
    expect(said()).toEqual(['granted', 'grant-ended', 'revoked']);
    expect(world.gateways()).not.toContain(`${ALICE}/32`);
  });

  it('also where that happens twice', async () => {
    await dying(() => world.grant(ALICE, LONG));
    await dying(() => world.redrive());
    expect(said()).toEqual([]);
    await world.redrive();
    await seconds(5);
    expect(said()).toEqual(['granted']);
  });

  it('is a duplicate all the same where the event had been told before', async () => {
    const timestamp = new Date(world.clock.now()).toISOString();
    const again = () => at(timestamp, 'access.granted', { ip: ALICE, ...LONG }, 'one');
    await again();
    await seconds(400);
    await dying(again);
    await world.redrive();
    await seconds(5);
    expect(said()).toEqual(['granted', 'event-duplicate']);
  });
});

describe('a sender that waits for an event that was put back', () => {
  it('is not told that it is applied before Okta has confirmed it', async () => {
    const body = { type: 'access.granted', timestamp: new Date(world.clock.now()).toISOString() };
    const text = JSON.stringify({ ...body, data: { acl: ACL, ip: ALICE, ...LONG } });
    await world.outage(() => world.post({ body: text, id: 'one' }));
    await world.grant(BOB, LONG);
    await seconds(5);
    world.functions.stream.losesEverything = true;
    await world.redrive();
    const { headers } = await world.post({ body: text, id: 'one' });
    const again = await world.ask(String(headers.location), { wait: 2 });
    expect(again).toMatchObject({ status: 202, body: { status: 'pending' } });
    expect(world.gateways()).toEqual([`${BOB}/32`]);
  });
});

describe('what can’t be put back', () => {
  it('stays, with its reason: what is no event', async () => {
    await world.functions.events.send({ body: 'poison', deduplicationId: 'p' });
    await world.outage(() => world.grant(ALICE, LONG));
    const { letters, ...counts } = await world.redrive();
    expect(counts).toEqual({ putBack: 1, stayed: 1 });
    expect(letters.find(({ stays }) => stays)).toMatchObject({ stays: 'not an event of this system' });
    expect(world.letters.letters).toMatchObject([{ body: 'poison', reason: 'not an event of this system' }]);
  });

  it('stays, with its reason: an event older than those that are remembered', async () => {
    const aged = (ms: number) => formatQueuedEvent(granted(ALICE, -ms / 1000));
    world.letters.moved({ messageId: 'a', body: aged(16 * DAY_MS + 1) });
    world.letters.moved({ messageId: 'b', body: aged(16 * DAY_MS) });
    expect(await world.redrive()).toMatchObject({ putBack: 1, stayed: 1 });
    expect(world.letters.letters).toMatchObject([{ reason: expect.stringContaining('older') }]);
  });

  it('keeps the reason for which it became a dead letter, beside the one for which it stays', async () => {
    const body = formatQueuedEvent(granted(ALICE, (-17 * DAY_MS) / 1000));
    await world.letters.send({ messageId: 'old', body, reason: 'STORE001 Error', retryable: true });
    const both = 'STORE001 Error; older than the events that are remembered';
    expect(await world.redrive()).toMatchObject({ putBack: 0, stayed: 1, letters: [{ reason: both }] });
    expect(world.letters.letters).toMatchObject([{ reason: both }]);
    // What it is now is in nobody's way: it is not filed anew each time.
    const [{ messageId } = { messageId: '' }] = world.letters.letters;
    await seconds(600);
    expect(await world.redrive()).toMatchObject({ letters: [{ messageId, reason: both }] });
  });

  it('is not in the way of what can, however much it is, and gets its reason if it had none', async () => {
    for (let i = 0; i < 25; i += 1) world.letters.moved({ messageId: `p${i}`, body: `poison ${i}` });
    world.letters.moved({ messageId: 'good', body: formatQueuedEvent(granted(ALICE, 0)) });
    const { letters, ...counts } = await world.redrive();
    expect(counts).toEqual({ putBack: 1, stayed: 25 });
    expect(letters).toHaveLength(26);
    expect(new Set(world.letters.letters.map(({ reason }) => reason))).toEqual(
      new Set(['not an event of this system']),
    );
    expect(await world.redrive()).toMatchObject({ putBack: 0, stayed: 25 });
  });
});

describe('the letters of a redrive', () => {
  /** A queue on which what was received is there again at once. */
  class Forgetful extends DeadLetterShelf {
    readonly released: string[] = [];
    override async receive() {
      for (const letter of this.letters) await super.release({ ...letter, firstId: '', receipt: '', retryable: false });
      return super.receive();
    }
    override async release(letter: Letter) {
      this.released.push(letter.messageId);
      return super.release(letter);
    }
  }

  it('are each looked at once, also where they come again while it runs; only what stays is given back', async () => {
    const box = new Forgetful(world.clock);
    const { events } = world.functions;
    await box.send({ messageId: 'p', body: 'poison', reason: 'not an event of this system', retryable: false });
    box.moved({ messageId: 'good', body: formatQueuedEvent(granted(ALICE, 0)) });
    const { letters } = await redrive({ config: configOf(), clock: world.clock, events, box, deadLetters: box });
    expect(letters.map(({ messageId }) => messageId)).toEqual(['letter-1', 'good']);
    expect(box.released).toEqual(['letter-1']);
  });
});

describe('a redrive that ends half-way', () => {
  beforeEach(() =>
    world.outage(async () => {
      await world.grant(ALICE, LONG);
      await world.grant(BOB, LONG);
    }),
  );

  it('between the sending and the removal leaves a duplicate, which changes nothing', async () => {
    const remove = world.letters.remove.bind(world.letters);
    world.letters.remove = () => Promise.reject(new Error('cut off'));
    expect(await world.redrive()).toMatchObject({ stopped: 'Error: cut off', putBack: 0 });
    world.letters.remove = remove;
    await seconds(5);
    await world.revoke(ALICE);
    expect(await world.redrive()).toMatchObject({ putBack: 2 });
    await seconds(5);
    expect(world.gateways()).toEqual([`${BOB}/32`]);
    expect(world.lines.filter(({ message }) => message === 'event duplicate')).toHaveLength(1);
  });

  it('removes nothing that was not sent, and says what stopped it', async () => {
    world.functions.events.unreachable = true;
    expect(await world.redrive()).toMatchObject({
      stopped: 'Error: the queue does not answer',
      putBack: 0,
      letters: [],
    });
    expect(world.letters.letters).toHaveLength(2);
    world.functions.events.unreachable = false;
    expect(await world.redrive()).toMatchObject({ putBack: 2 });
  });

  it('says so where the dead-letter queue can’t be read', async () => {
    world.letters.unreachable = true;
    expect(await world.redrive()).toMatchObject({ stopped: expect.stringContaining('does not answer'), letters: [] });
  });

  it('and whose events fail again puts them back a second time with the position they had at first', async () => {
    const positions = () => world.letters.letters.map(({ body }) => parseQueuedEvent(body)?.firstPosition);
    const before = positions();
    await world.outage(() => world.redrive());
    expect(positions()).toEqual(before);
    expect(await world.redrive()).toMatchObject({ putBack: 2 });
    await seconds(5);
    expect(world.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
  });
});
