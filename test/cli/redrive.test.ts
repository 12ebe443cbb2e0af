import { describe, expect, it } from 'vitest';
import { ALICE, CliWorld, SENTINEL } from './cli-world.ts';

/** A grant that was accepted and could not be applied, and a letter that is no event. */
async function withDeadLetters(): Promise<CliWorld> {
  const world = await CliWorld.start();
  const accepted = await world.run(`grant --ip ${ALICE} --for 1h --user alice@example.com --wait`);
  if (accepted.code !== 0) throw new Error(accepted.out);
  const { events } = world.system.functions;
  const line = (await world.system.logs()).find(({ message }) => message === 'event accepted');
  const { webhookId, type, acl, ip, expiresAt } = line ?? {};
  const timestamp = String(BigInt(Date.now()) * 1_000_000n);
  const body = JSON.stringify({ version: 1, webhookId: `${webhookId}2`, type, acl, ip, expiresAt, timestamp });
  await world.run('flush --yes --wait');
  // Later than the flush, as an event that came in during trouble is.
  const later = body.replace(timestamp, String(BigInt(Date.now()) * 1_000_000n));
  await events.deadLetters.send({ body: later, messageId: 'm1', reason: 'STORE001', retryable: true });
  await events.deadLetters.send({ body: 'rubbish', messageId: 'm2', reason: 'unreadable', retryable: false });
  return world;
}

describe.concurrent('redrive', () => {
  it('puts events back, so that they take effect, and leaves what is none', async () => {
    const world = await withDeadLetters();
    const { code, out } = await world.run('redrive');
    expect(out).toMatch(/access\.granted +okta-prod +zone_\S+ +put back +STORE001$/m);
    expect(out).toMatch(/stays: .* +unreadable$/m);
    expect(out).toContain('1 put back, 1 stay');
    expect(code).toBe(1);
    expect((await world.run('verify')).code).toBe(0);
    expect(await world.gateways()).toEqual([`${ALICE}/32`]);
    expect(world.system.functions.events.deadLetters.letters).toHaveLength(1);
  });

  it('moves nothing in a dry run', async () => {
    const world = await withDeadLetters();
    const { code, dryRun, putBack, stayed } = await world.json('redrive --dry-run');
    expect({ code, dryRun, putBack, stayed }).toEqual({ code: 1, dryRun: true, putBack: 1, stayed: 1 });
    expect(world.system.functions.events.deadLetters.letters).toHaveLength(2);
    expect(await world.gateways()).toEqual([SENTINEL]);
  });

  it('says that there is nothing to do', async () => {
    const world = await CliWorld.start();
    const { code, out } = await world.run('redrive');
    expect(code).toBe(0);
    expect(out).toContain('no event lies among the dead letters');
  });

  it('says how far it came when it could not go on', async () => {
    const world = await withDeadLetters();
    world.system.functions.events.unreachable = true;
    const { code, out } = await world.run('redrive');
    expect(code).toBe(2);
    expect(out).toContain('0 were put back');
    expect(world.system.functions.events.deadLetters.letters).toHaveLength(2);
  });

  it('is what doctor advises while events lie there', async () => {
    const world = await withDeadLetters();
    const { code, out } = await world.run('doctor');
    expect(code).toBe(2);
    expect(out).toMatch(/✘ dead letters +2 in the queue of events.*\n.*npm run zone -- redrive/);
  });
});
