import { beforeEach, describe, expect, it } from 'vitest';
import { NOW } from '../helpers/events.ts';
import { ACL, type Question, TOKEN, VirtualSystem, ZONE } from '../helpers/virtual-system.ts';

const ALICE = '203.0.113.7';
const DAY_MS = 86_400_000;
let system: VirtualSystem;
beforeEach(() => {
  system = new VirtualSystem();
});
/** Posts a grant. @returns where its outcome is asked for */
async function posted(data: object = {}, raw: object = {}): Promise<string> {
  const { headers } = await system.send('access.granted', { ip: ALICE, ...data }, raw);
  return String(headers.location);
}
const pathOf = (location: string) => location.split('?')[0] ?? '';
const holdUp = () => Object.assign(system.functions.stream, { losesEverything: true });

describe('whoever asks at the address that the answer to a post gave', () => {
  it('is told that the event is applied, once Okta has confirmed it', async () => {
    const location = await posted();
    expect(location).toMatch(/^\/webhook\/events\/okta-prod\/id-1\?/);
    const answer = await system.ask(location, { wait: 10 });
    expect(answer).toEqual({
      status: 200,
      body: { status: 'applied', heldBy: 1 },
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'preference-applied': 'wait=10' },
    });
    expect(system.gateways()).toEqual([`${ALICE}/32`]);
    expect(system.clock.now()).toBeLessThan(NOW + 3_000);
  });

  it.each(['https', 'http'])(
    'has an absolute URL of it, where the API says by which protocol it came: %s',
    async (protocol) => {
      const location = await posted({}, { headers: { 'x-forwarded-proto': protocol } });
      expect(location).toMatch(new RegExp(`^${protocol}://local/webhook/events/okta-prod/id-1\\?`));
      expect(await system.ask(location, { wait: 10 })).toMatchObject({ status: 200 });
    },
  );

  it('is told at once where it does not ask to wait, and when to ask again', async () => {
    const location = await posted();
    const answer = await system.ask(location);
    expect(answer).toMatchObject({ status: 202, body: { status: 'pending' }, headers: { 'retry-after': '2' } });
    expect(answer.headers).not.toHaveProperty('preference-applied');
    expect(system.clock.now()).toBe(NOW + 10);
    await system.clock.advance(2_000);
    expect(await system.ask(location)).toMatchObject({ status: 200 });
  });

  it.each([
    ['wait=3', 3_000],
    ['wait=600', 20_000],
    ['handling=strict, wait="4"', 4_000],
    ['wait=soon', 0],
  ])('waits as long as it prefers, and 20 s at most: %s', async (prefer, ms) => {
    holdUp();
    const location = await posted();
    const began = system.clock.now();
    const answer = await system.ask(location, { headers: { prefer } });
    expect(answer).toMatchObject({ status: 202, body: { status: 'pending' } });
    expect(system.clock.now() - began).toBe(ms);
  });

  it('is never told that it is applied before Okta has confirmed it', async () => {
    system.okta.addFault({ count: 1, method: 'PUT', fault: { delayMs: 6_000, apply: 'end' } });
    const location = await posted();
    expect(await system.ask(location, { wait: 4 })).toMatchObject({ status: 202 });
    expect(system.gateways()).not.toContain(`${ALICE}/32`);
    expect(await system.ask(location, { wait: 10 })).toMatchObject({ status: 200 });
    expect(system.gateways()).toContain(`${ALICE}/32`);
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
    ['no token is set', 'ZONE006', () => void Object.assign(system.oktaCredentials, { text: undefined })],
  ])('is told with 502 why the zone could not be updated: %s', async (_, code, breakIt) => {
    breakIt();
    const answer = await system.ask(await posted(), { wait: 10 });
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

  it.each([
    ['Okta does not answer', 'ZONE003', { status: 500 }],
    ['Okta wants no calls', 'OKTA005', { rateLimit: { resetInSeconds: 100 } }],
  ])('is told of what passes by itself when its time is up, and not before: %s', async (_, code, fault) => {
    system.okta.addFault({ count: 99, fault });
    await system.grant('203.0.113.1');
    await system.clock.advance(1_000);
    // Posted while the ACL rests already.
    const location = await posted();
    const began = system.clock.now();
    expect(await system.ask(location, { wait: 7 })).toMatchObject({ status: 502, body: { code } });
    expect(system.clock.now() - began).toBe(7_000);
  });

  it('is told that a grant is over', async () => {
    const location = await posted({ durationSeconds: 60 });
    await system.clock.advance(61_000);
    expect(await system.ask(location)).toMatchObject({ status: 200, body: { status: 'expired' } });
  });

  it('is told what became of the event the first time where it was posted twice', async () => {
    const raw = { id: 'same', body: JSON.stringify(event()) };
    const first = await system.post(raw);
    await system.clock.advance(400_000);
    const again = await system.post(raw);
    for (const { headers } of [first, again]) {
      expect(await system.ask(String(headers.location))).toMatchObject({ status: 200 });
    }
    expect(system.puts()).toBe(1);
  });

  it('is told that another event had the id, and the other what became of it', async () => {
    const first = await system.send('access.granted', { ip: ALICE }, { id: 'same' });
    const other = await system.send('access.flushed', {}, { id: 'same' });
    expect(await system.ask(String(first.headers.location), { wait: 10 })).toMatchObject({ status: 200 });
    expect(await system.ask(String(other.headers.location), { wait: 10 })).toMatchObject({
      ...{ status: 409, body: { code: 'HOOK003' } },
    });
    expect(system.gateways()).toEqual([`${ALICE}/32`]);
  });

  it('is told nothing of the event where the table can’t be read: it asks again', async () => {
    const location = await posted();
    system.functions.table.unreachable = true;
    expect(await system.ask(location, { wait: 5 })).toMatchObject({
      ...{ status: 503, body: { code: 'STORE001' }, headers: { 'retry-after': expect.any(String) } },
    });
    system.functions.table.unreachable = false;
    await system.clock.advance(120_000);
    expect(await system.ask(location)).toMatchObject({ status: 200 });
  });
});

describe('a post that prefers to wait', () => {
  it.each(['wait=10', 'wait=0', 'respond-async'])('is answered like any post: %s', async (prefer) => {
    system.okta.revokeToken(TOKEN);
    const raw = { headers: { prefer } };
    const answer = await system.send('access.granted', { ip: ALICE, durationSeconds: 60 }, raw);
    expect(answer).toMatchObject({
      ...{ status: 202, body: { status: 'accepted', id: 'id-1', expiresAt: '2026-11-24T18:01:00Z' } },
      headers: { location: expect.stringContaining('/events/okta-prod/id-1?') },
    });
    expect(answer.headers).not.toHaveProperty('preference-applied');
    expect(system.clock.now()).toBe(NOW + 10);
    const refused = await system.send('access.granted', { ip: '10.0.0.1' }, raw);
    expect(refused).toMatchObject({ status: 422, body: { code: 'HOOK005' } });
    expect(refused.headers).not.toHaveProperty('location');
  });
});

describe('the query of the address', () => {
  const asked = async (query: string) => {
    const location = await posted();
    return (await system.ask(`${pathOf(location)}${query}`)).status;
  };

  it.each([
    '',
    '?',
    '?hash=',
    '?x=1',
    `?hash=${'a'.repeat(43)}`,
    `?hash=${'a'.repeat(42)}&at=1795543200`,
    '?hash=<script>&at=%00',
    `?at=1795543200&hash=${'%41'.repeat(44)}`,
    `?hash=${'a'.repeat(43)}&at=-5`,
    `?hash=${'a'.repeat(43)}&at=1e99`,
  ])('tells nothing where it is not as it was given: an event that is not applied is unknown: %s', async (query) => {
    holdUp();
    system.functions.crash('grants', 'next call');
    expect(await asked(query)).toBe(404);
    expect(system.codes()).toContain('HOOK009');
  });

  it('only turns a 404 into 202 or 409, whatever anybody makes of it', async () => {
    const forged = `?hash=${'a'.repeat(43)}&at=${NOW / 1_000}`;
    expect((await system.ask(`/webhook/events/${ACL}/never-posted${forged}`)).status).toBe(202);
    expect((await system.ask(`/webhook/events/${ACL}/never-posted`)).status).toBe(404);
    const location = await posted();
    await system.clock.advance(3_000);
    expect(await system.ask(`${pathOf(location)}${forged}`)).toMatchObject({ status: 409 });
    for (const query of ['', '?hash=1', location.slice(location.indexOf('?'))]) {
      expect(await system.ask(`${pathOf(location)}${query}`)).toMatchObject({ status: 200 });
    }
  });

  it('knows how long ago the event was accepted: after sixteen days it is unknown', async () => {
    holdUp();
    const ago = (days: number) => `?hash=${'a'.repeat(43)}&at=${Math.floor((NOW - days * DAY_MS) / 1_000)}`;
    const at = async (days: number) => (await system.ask(`/webhook/events/${ACL}/never-applied${ago(days)}`)).status;
    expect([await at(15.9), await at(16.1)]).toEqual([202, 404]);
  });
});

describe('a question', () => {
  const refused = async (question: Question, location?: string) => {
    const answer = await system.ask(location ?? (await posted()), question);
    return [answer.status, answer.body.code];
  };

  it.each<[string, () => Question, unknown[]]>([
    ['no signature', () => ({ headers: { 'webhook-signature': undefined } }), [401, 'HOOK001']],
    ['another key', () => ({ key: Buffer.alloc(33, 'x').toString('base64') }), [401, 'HOOK001']],
    ['the id of another event', () => ({ id: 'another' }), [401, 'HOOK001']],
    ['an old timestamp', () => ({ signedAt: NOW / 1000 - 301 }), [401, 'HOOK002']],
  ])('with %s is refused', async (_, question, expected) => {
    expect(await refused(question())).toEqual(expected);
  });

  it('of an ACL that is not configured, or an id that is none, is refused', async () => {
    const to = (acl: string, id: string) => refused({ id }, `/webhook/events/${acl}/${id}`);
    expect(await to('nobody', 'id-1')).toEqual([404, 'HOOK004']);
    expect(await to(ACL, 'a.b')).toEqual([400, 'HOOK003']);
    expect(await to(ACL, 'x'.repeat(129))).toEqual([400, 'HOOK003']);
  });

  it('while there is no key to check with is told to come again', async () => {
    const location = await posted();
    await system.clock.advance(600_000);
    system.webhookSecret.text = undefined;
    expect(await refused({}, location)).toEqual([503, 'HOOK007']);
  });

  it('by a key that speaks for another ACL alone is refused, whatever it asks about', async () => {
    const own = Buffer.alloc(33, 'o').toString('base64');
    const acls = { [ACL]: { zoneIds: [ZONE] }, lab: { zoneIds: ['nzo1lab'] } };
    system = new VirtualSystem({ acls });
    system.webhookSecret.text = JSON.stringify({
      current: Buffer.alloc(33, 'k').toString('base64'),
      acls: { lab: { current: own } },
    });
    const location = await posted();
    expect(await refused({ key: own }, location)).toEqual([401, 'HOOK001']);
    expect(await refused({ key: own, id: 'x' }, '/webhook/events/nobody/x')).toEqual([401, 'HOOK001']);
    // The general key does not speak for an ACL with keys of its own.
    expect(await refused({ id: 'x' }, '/webhook/events/lab/x')).toEqual([401, 'HOOK001']);
    expect(await refused({ key: own, id: 'x' }, '/webhook/events/lab/x')).toEqual([404, 'HOOK009']);
  });

  it('with the bearer token of the ACL needs no id', async () => {
    const token = 'a-bearer-token-of-the-acl';
    system = new VirtualSystem({ acls: { [ACL]: { zoneIds: [ZONE], allowBearer: true } } });
    system.webhookSecret.text = JSON.stringify({
      current: Buffer.alloc(33, 'k').toString('base64'),
      acls: { [ACL]: { bearer: { current: token } } },
    });
    const unsigned = { 'webhook-timestamp': undefined, 'webhook-signature': undefined, 'webhook-id': undefined };
    const bearer = { ...unsigned, authorization: `Bearer ${token}` };
    const { headers } = await system.send('access.granted', { ip: ALICE }, { headers: bearer });
    const location = String(headers.location);
    expect(location).toContain('/events/okta-prod/body_');
    expect(await system.ask(location, { wait: 5, headers: bearer })).toMatchObject({ status: 200 });
    expect(await refused({ headers: { ...bearer, 'webhook-id': 'another' } }, location)).toEqual([401, 'HOOK001']);
    expect(await refused({ headers: { ...bearer, authorization: 'Bearer nonsense-nonsense' } }, location)).toEqual([
      ...[401, 'HOOK001'],
    ]);
  });
});

function event() {
  const [timestamp, expiresAt] = [NOW, NOW + 3_600_000].map((ms) => new Date(ms).toISOString());
  return { type: 'access.granted', timestamp, data: { acl: ACL, ip: ALICE, expiresAt } };
}
