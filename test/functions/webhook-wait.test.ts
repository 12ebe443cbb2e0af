import { beforeEach, describe, expect, it } from 'vitest';
import { grantsIn, NOW } from '../helpers/events.ts';
import { ACL, TOKEN, VirtualSystem, ZONE } from '../helpers/virtual-system.ts';

const ALICE = '203.0.113.7';
let system: VirtualSystem;
beforeEach(() => {
  system = new VirtualSystem();
});
const waiting = (prefer: string) => ({ headers: { prefer } });
const grant = (prefer: string, data = {}) => system.send('access.granted', { ip: ALICE, ...data }, waiting(prefer));

describe('a sender that prefers to wait', () => {
  it('is told that the event is applied, once the zone shows it', async () => {
    const answer = await grant('wait=10', { durationSeconds: 60 });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        status: 'applied',
        id: expect.any(String),
        expiresAt: new Date(NOW + 60_000).toISOString().replace('.000', ''),
      },
      headers: { 'content-type': 'application/json', 'preference-applied': 'wait=10' },
    });
    expect(system.gateways()).toEqual([`${ALICE}/32`]);
    expect(system.clock.now()).toBeLessThan(NOW + 3_000);
  });

  it('is told by what its event was overtaken, and nothing of that where it was not', async () => {
    const timestamp = new Date(NOW - 60_000).toISOString();
    const data = { acl: ACL, ip: ALICE };
    await system.send('access.flushed');
    const late = await system.post({
      body: JSON.stringify({ type: 'access.granted', timestamp, data }),
      ...waiting('wait=10'),
    });
    expect(late).toMatchObject({ status: 200, body: { status: 'applied', overtakenBy: 'a later flush' } });
    const now = await grant('wait=10');
    expect(now.body).not.toHaveProperty('overtakenBy');
    expect(now).toMatchObject({ status: 200 });
  });

  it('is told so of a revoke and a flush', async () => {
    await grant('wait=10');
    expect(await system.send('access.revoked', { ip: ALICE }, waiting('wait=10'))).toMatchObject({ status: 200 });
    expect(system.gateways()).not.toContain(`${ALICE}/32`);
    expect(await system.send('access.flushed', {}, waiting('wait=10'))).toMatchObject({ body: { status: 'applied' } });
  });

  it('is never told that it is applied before Okta has confirmed it', async () => {
    system.okta.addFault({ count: 1, method: 'PUT', fault: { delayMs: 6_000, apply: 'end' } });
    const answer = await grant('wait=4');
    expect(answer).toMatchObject({ status: 202, body: { status: 'pending' } });
    expect(system.gateways()).not.toContain(`${ALICE}/32`);
    expect(await system.send('access.granted', { ip: ALICE }, waiting('wait=10'))).toMatchObject({ status: 200 });
    expect(system.gateways()).toContain(`${ALICE}/32`);
  });

  it('is told that it is pending when the time is up, and not later', async () => {
    system.functions.stream.losesEverything = true;
    const answer = await grant('wait=3');
    expect(answer).toMatchObject({ status: 202, body: { status: 'pending', expiresAt: expect.any(String) } });
    expect(system.clock.now()).toBeLessThanOrEqual(NOW + 3_000);
  });

  it('waits for twenty seconds at most', async () => {
    system.functions.stream.losesEverything = true;
    const answer = await grant('wait=600');
    expect(answer.status).toBe(202);
    expect(answer.headers['preference-applied']).toBe('wait=20');
    expect(system.clock.now()).toBeLessThanOrEqual(NOW + 20_000);
  });

  it.each([
    ['the token is refused', 'OKTA001', () => void system.okta.revokeToken(TOKEN)],
    ['the token has no right', 'OKTA002', () => system.okta.setToken(TOKEN, 'READ_ONLY_ADMIN')],
    ['the zone is gone', 'ZONE001', () => system.okta.removeZone(ZONE)],
    [
      'Okta refuses the list',
      'ZONE002',
      () => void system.okta.addFault({ count: 9, method: 'PUT', fault: { status: 400 } }),
    ],
    [
      'Okta does not answer as it should',
      'ZONE003',
      () => void system.okta.addFault({ count: 99, fault: { status: 500 } }),
    ],
    [
      'Okta wants no calls',
      'OKTA005',
      () => void system.okta.addFault({ count: 1, fault: { rateLimit: { resetInSeconds: 50 } } }),
    ],
    ['the zone can’t be used', 'ZONE004', () => void system.okta.editZone(ZONE, { status: 'INACTIVE' })],
    ['no token is set', 'ZONE006', () => void Object.assign(system.oktaToken, { text: undefined })],
  ])('is told with 502 why the zone could not be updated: %s', async (_, code, breakIt) => {
    breakIt();
    const answer = await grant('wait=10');
    expect(answer).toMatchObject({
      status: 502,
      headers: { 'content-type': 'application/problem+json' },
      body: {
        status: 502,
        code,
        title: expect.any(String),
        // First what it means to a person, then what went wrong.
        detail: expect.stringMatching(/^[A-Z][^(]{20,}: [^(]{10,}\.? \(.+\)$|^[A-Z][^(]{20,}\. \(.+\)$/),
        type: expect.stringContaining(code),
      },
    });
    expect(JSON.stringify(answer)).not.toContain(TOKEN);
  });

  it('is told with ZONE005 that the zone is full, though the others are in', async () => {
    system = new VirtualSystem({ gatewayLimit: 1 });
    await system.grant('203.0.113.1');
    expect(await grant('wait=10')).toMatchObject({
      status: 502,
      body: { code: 'ZONE005', detail: expect.stringMatching(/^The Okta zone is full/) },
    });
    expect(await system.send('access.granted', { ip: '203.0.113.1' }, waiting('wait=10'))).toMatchObject({
      status: 200,
    });
  });

  it('is told that it is pending where the outcome can’t be read: the event is on the queue all the same', async () => {
    system.functions.table.unreachable = true;
    expect(await grant('wait=5')).toMatchObject({ status: 202, body: { status: 'pending' } });
    expect(system.lines.find(({ message }) => /could not be read/.test(String(message)))).toMatchObject({
      ...{ level: 'WARN', reason: expect.stringContaining('Error') },
    });
    system.functions.table.unreachable = false;
    await system.clock.advance(120_000);
    expect(system.gateways()).toContain(`${ALICE}/32`);
  });

  it('is refused as everybody else, without any wait', async () => {
    expect(await grant('wait=10', { ip: '10.0.0.1' })).toMatchObject({ status: 422, body: { code: 'HOOK005' } });
    expect(system.clock.now()).toBeLessThan(NOW + 100);
  });
});

describe('a preference that is not understood', () => {
  it.each(['wait', 'wait=soon', 'respond-async', 'handling=strict'])('is ignored: %s', async (prefer) => {
    const answer = await grant(prefer);
    expect(answer).toMatchObject({ status: 202, body: { status: 'accepted' } });
    expect(answer.headers).not.toHaveProperty('preference-applied');
  });
});

describe('the same event again, with a wait', () => {
  it('is told what became of it the first time', async () => {
    const [timestamp, expiresAt] = [NOW, NOW + 3_600_000].map((ms) => new Date(ms).toISOString());
    const body = JSON.stringify({ type: 'access.granted', timestamp, data: { acl: ACL, ip: ALICE, expiresAt } });
    const raw = { id: 'same', body, ...waiting('wait=10') };
    const first = await system.post(raw);
    await system.clock.advance(400_000);
    const again = await system.post(raw);
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(system.puts()).toBe(1);
    expect(await grantsIn(system.functions.table)).toHaveLength(1);
  });

  it('is told that it is another one where its body is, and changes nothing', async () => {
    const raw = { id: 'same', ...waiting('wait=10') };
    await system.send('access.granted', { ip: ALICE }, raw);
    const other = await system.send('access.flushed', {}, raw);
    expect(other).toMatchObject({ status: 409, body: { code: 'HOOK003' } });
    expect(system.gateways()).toEqual([`${ALICE}/32`]);
  });
});
