import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { signedHeaders } from '../cli/webhook-client.ts';
import { handler as expiry } from '../functions/expiry.ts';
import { handler as grants } from '../functions/grants.ts';
import { handler as webhook } from '../functions/webhook.ts';
import { handler as zone } from '../functions/zone.ts';
import { rebuildAcl } from '../lib/zones/rebuild-acl.ts';
import { lambdaContext } from '../local/stand-ins/aws-events.ts';
import { apiEvent } from '../local/webhook-server.ts';
import { aGrantsHandler } from './helpers/a-grants-handler.ts';
import { ACL, granted, NOW, revoked } from './helpers/events.ts';
import { TOKEN, VirtualSystem, WEBHOOK_KEY, ZONE } from './helpers/virtual-system.ts';
import { RUN_MS, ZoneWorld } from './helpers/zone-world.ts';

/** Mistakes that projects of this kind were seen to make, each with a test that fails if this one makes it. */
const [ALICE, BOB, CAROL] = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];

describe('a batch of the queue', () => {
  it('is not cut short by an event that needs nothing done: a duplicate, one overtaken, one that is no event', async () => {
    const { deliver, live } = aGrantsHandler();
    const [first, late] = [granted(ALICE, 5), granted(ALICE, 1)];
    expect(await deliver(first, first, late, 'poison', granted(BOB, 2), revoked(CAROL, 3), granted(CAROL, 4))).toEqual(
      [],
    );
    expect(await live()).toEqual([ALICE, BOB, CAROL]);
  });

  it('is not reported as done when it failed: what failed and all behind it come again', async () => {
    const { deliver, live, table } = aGrantsHandler();
    table.crashAt = 2;
    expect(await deliver(granted(ALICE, 1), granted(BOB, 1), granted(CAROL, 1))).toEqual(['m2', 'm3']);
    table.crashAt = table.writes + 1;
    expect(await deliver(granted(BOB, 1), granted(CAROL, 1))).toEqual(['m1', 'm2']);
    expect(await live()).toEqual([ALICE]);
  });

  it.each(['{', 'null', '{"version":1,"type":"access.granted","timestamp":{}}', '"\\ud800"'])(
    'is not blocked by poison: %s',
    async (poison) => {
      const { deliver, letters, live } = aGrantsHandler();
      expect(await deliver(poison, granted(ALICE, 1))).toEqual([]);
      expect([await live(), letters]).toEqual([[ALICE], [poison]]);
    },
  );
});

describe('an expiry', () => {
  it('takes nobody out who was granted again in the meantime', async () => {
    const system = new VirtualSystem();
    await system.grant(ALICE, { durationSeconds: 30 });
    await system.clock.advance(29_000);
    await system.grant(ALICE, { durationSeconds: 600 });
    await system.clock.advance(125_000);
    expect(system.gateways()).toEqual([`${ALICE}/32`]);
  });

  it('of the first of two grants on an IP leaves the second', async () => {
    const system = new VirtualSystem();
    await system.grant(ALICE, { grantId: 'one', durationSeconds: 30 });
    await system.grant(ALICE, { grantId: 'two', durationSeconds: 600 });
    await system.clock.advance(125_000);
    expect(system.gateways()).toEqual([`${ALICE}/32`]);
  });
});

describe('a rebuild', () => {
  it('that finds the zones taken never sends an old list later: it comes again, and looks then', async () => {
    const world = new ZoneWorld();
    world.latencyMs = 1_000;
    await world.apply(granted(ALICE, 1));
    const first = rebuildAcl(ACL, world.deps, NOW + RUN_MS);
    await world.clock.advance(1_500);
    await world.apply(revoked(ALICE, 2), granted(BOB, 2));
    await rebuildAcl(ACL, world.deps, NOW + RUN_MS);
    await world.clock.finish(first);
    await world.timersGoOff();
    expect(world.gateways()).toEqual([`${BOB}/32`]);
  });

  it('that is tried again after a failure sends what is right by then', async () => {
    const world = new ZoneWorld();
    await world.apply(granted(ALICE, 1));
    world.okta.addFault({ count: 1, method: 'PUT', fault: { status: 503 } });
    await world.rebuild();
    await world.apply(revoked(ALICE, 2), granted(BOB, 2));
    await world.rebuild();
    const lists = world.okta.requests().flatMap(({ method, body }) => (method === 'PUT' ? JSON.stringify(body) : []));
    expect(lists.at(-1)).toContain(BOB);
    expect(lists.at(-1)).not.toContain(ALICE);
  });
});

describe('a warm function', () => {
  it('keeps no failure to read a secret', async () => {
    const system = new VirtualSystem();
    Object.assign(system.oktaCredentials, { unreadable: true });
    Object.assign(system.webhookSecret, { unreadable: true });
    expect((await system.grant(ALICE)).status).toBe(503);
    system.webhookSecret.unreadable = false;
    expect((await system.grant(ALICE)).status).toBe(202);
    await system.clock.advance(2_000);
    expect(system.codes()).toEqual(['HOOK007', 'ZONE006']);
    Object.assign(system.oktaCredentials, { unreadable: false, text: TOKEN });
    await system.grant(BOB);
    await system.clock.advance(5_000);
    expect(system.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
  });

  it('whose environment is not set fails loudly each time, and not for another reason the second time', async () => {
    const event = apiEvent('/webhook', {}, Buffer.from(''));
    const context = lambdaContext('webhook', 'r', () => 1_000);
    for (const _ of [1, 2]) await expect(webhook(event, context)).rejects.toThrow(/KNOCKNOC_CONFIG|not set/);
  });
});

describe('the exported handler', () => {
  it.each([
    ['webhook', webhook],
    ['grants', grants],
    ['expiry', expiry],
    ['zone', zone],
  ])('of %s wears its middleware', (_, exported) => {
    // middy adds these to what it wraps; a handler whose wrapped form was thrown away has none.
    expect(exported).toHaveProperty('use');
    expect(exported).toHaveProperty('onError');
  });
});

describe('a request', () => {
  const secretOf = (text: string) => text.slice(6, 30);

  it('without a signature is a 401, not a 500', async () => {
    const system = new VirtualSystem();
    for (const headers of [
      { 'webhook-signature': undefined },
      { 'webhook-signature': '' },
      { 'webhook-signature': ' ' },
    ]) {
      expect(await system.post({ body: '{}', headers })).toMatchObject({ status: 401, body: { code: 'HOOK001' } });
    }
  });

  it('whose signature is wrong puts nothing onto the queue, whatever is awaited', async () => {
    const system = new VirtualSystem();
    const answer = await system.send(
      'access.granted',
      { ip: ALICE },
      { key: Buffer.alloc(33, 'x').toString('base64') },
    );
    await system.clock.advance(5_000);
    expect(answer.status).toBe(401);
    expect([system.functions.events.length, system.functions.table.items()]).toEqual([0, []]);
  });

  it('leaves no body, signature, secret or token in any line that its whole way writes', async () => {
    const system = new VirtualSystem();
    const body = JSON.stringify({
      type: 'access.granted',
      timestamp: new Date(NOW).toISOString(),
      data: { acl: ACL, ip: ALICE },
      note: 'hush-hush',
    });
    const signature = signedHeaders(WEBHOOK_KEY, 'a', NOW / 1000, body)['webhook-signature'];
    await system.post({ body, id: 'a' });
    await system.post({
      body,
      id: 'b',
      headers: { 'webhook-signature': signature, authorization: `Bearer ${WEBHOOK_KEY}` },
    });
    await system.post({ body: body.slice(1), id: 'c' });
    system.okta.addFault({ count: 3, fault: { status: 401 } });
    system.functions.table.unreachable = true;
    await system.clock.advance(100_000);
    system.functions.table.unreachable = false;
    await system.functions.events.send({ body: `hush-hush ${body}`, deduplicationId: 'poison' });
    await system.functions.timers.send([{ body: 'hush-hush', delaySeconds: 0 }]);
    await system.clock.advance(600_000);
    expect(new Set(system.codes())).toEqual(new Set(['HOOK001', 'HOOK003', 'STORE001', 'STORE002', 'OKTA001']));
    const all = JSON.stringify(system.lines);
    for (const secret of ['hush-hush', secretOf(signature), secretOf(WEBHOOK_KEY), TOKEN])
      expect(all).not.toContain(secret);
  });
});

describe('a deploy', () => {
  it('empties no zone, and writes none that nobody has used', async () => {
    const unused = new VirtualSystem({}, { gateways: ['198.51.100.77'] });
    const used = new VirtualSystem();
    await used.grant(ALICE);
    for (const system of [unused, used]) {
      await system.clock.advance(5_000);
      const before = system.puts();
      system.redeploy({ verifyMinutes: 1, sentinel: '192.0.2.77/32' });
      await system.clock.advance(300_000);
      expect(system.puts()).toBe(before);
    }
    expect(unused.okta.zone(ZONE).gateways).toEqual([{ type: 'RANGE', value: '198.51.100.77-198.51.100.77' }]);
    expect(used.gateways()).toEqual([`${ALICE}/32`]);
  });
});

/** Of the stack, not of the code: looked for by name, so that they can't be renamed away. */
const OF_THE_STACK: readonly (readonly [mistake: string, file: string, test: string])[] = [
  [
    'a FIFO queue has a standard dead-letter queue',
    'cdk/queues-and-table',
    'gives up after ten attempts, into a FIFO queue',
  ],
  [
    'the visibility timeout is that of the function',
    'cdk/queues-and-table',
    'hides a message for six times the timeout',
  ],
  [
    'a throttle with several message groups',
    'cdk/queues-and-table',
    'has no batching window on its mapping, and no more runs at once',
  ],
];

describe('mistakes of peers in their stacks', () => {
  it.each(OF_THE_STACK)('%s: see %s', (_, file, name) => {
    expect(readFileSync(new URL(`${file}.test.ts`, import.meta.url), 'utf8')).toContain(name);
  });
});
