import { beforeEach, describe, expect, it } from 'vitest';
import { signedHeaders } from '../../cli/webhook-client.ts';
import { NOW } from '../helpers/events.ts';
import { ACL, OLD_WEBHOOK_KEY, type Raw, VirtualSystem, WEBHOOK_KEY } from '../helpers/virtual-system.ts';

const SECONDS = NOW / 1000;
const ALICE = '203.0.113.7';
let system: VirtualSystem;
beforeEach(() => {
  system = new VirtualSystem();
});

const flush = (at = NOW) =>
  JSON.stringify({ type: 'access.flushed', timestamp: new Date(at).toISOString(), data: { acl: ACL } });

describe('what is accepted', () => {
  it('answers 202 with the id', async () => {
    const answer = await system.post({ body: flush(), id: 'msg_1' });
    expect(answer).toMatchObject({ status: 202, body: { status: 'accepted', id: 'msg_1' } });
  });

  it.each([
    ['by the second secret', { key: OLD_WEBHOOK_KEY }],
    ['with the timestamp 300 s ago', { signedAt: SECONDS - 300 }],
    ['with the timestamp 300 s ahead', { signedAt: SECONDS + 300 }],
    ['with an id of 128 characters', { id: 'aZ0_-'.repeat(26).slice(0, 128) }],
    ['as JSON with a charset', { headers: { 'content-type': 'application/json; charset=UTF-8' } }],
    ['with exactly 16 KiB', { body: flush().padEnd(16 * 1024) }],
    ['with an event time ahead of the receipt', { body: flush(NOW + 3_600_000) }],
    ['with an event time of exactly 24 hours ago', { body: flush(NOW - 24 * 3_600_000) }],
  ])('takes a request signed %s', async (_, raw) => {
    expect((await system.post({ body: flush(), ...raw })).status).toBe(202);
  });

  it('takes a good signature among others', async () => {
    const [body, id] = [flush(), 'several'];
    const good = signedHeaders(WEBHOOK_KEY, id, SECONDS, body)['webhook-signature'];
    const other = signedHeaders(Buffer.alloc(40, 1).toString('base64'), id, SECONDS, body)['webhook-signature'];
    const headers = { 'webhook-signature': `v1a,xyz ${other} ${good}` };
    expect((await system.post({ body, id, headers })).status).toBe(202);
  });

  it('takes a secret that was rotated a moment ago, without waiting for the cache', async () => {
    await system.post({ body: flush() });
    await system.clock.advance(20_000);
    const fresh = Buffer.alloc(30, 'f').toString('base64');
    system.webhookSecret.text = JSON.stringify({ current: `whsec_${fresh}` });
    expect((await system.post({ body: flush(), key: fresh })).status).toBe(202);
  });

  it.each([
    ['the expiry it brings', { expiresAt: '2026-11-24T19:00:00+00:00' }, '2026-11-24T19:00:00Z'],
    ['its duration', { durationSeconds: 90 }, '2026-11-24T18:01:30Z'],
    ['the default of the ACL', {}, '2026-11-25T02:00:00Z'],
    ['at most the cap of the ACL', { expiresAt: '2030-01-01T00:00:00Z' }, '2026-11-25T18:00:00Z'],
    [
      'at most the cap, also for an endless duration',
      { durationSeconds: Number.MAX_SAFE_INTEGER },
      '2026-11-25T18:00:00Z',
    ],
  ])('a grant ends after %s', async (_, data, expiresAt) => {
    expect(await system.grant(ALICE, data)).toMatchObject({ status: 202, body: { expiresAt } });
  });

  it('counts a lifetime from the event, so that a late retry answers the same', async () => {
    const body = JSON.stringify({
      type: 'access.granted',
      timestamp: '2026-11-24T17:59:30Z',
      data: { acl: ACL, ip: ALICE, durationSeconds: 60 },
    });
    const first = await system.post({ body, id: 'a' });
    await system.clock.advance(5_000);
    const second = await system.post({ body, id: 'a' });
    expect([first.body.expiresAt, second.body.expiresAt]).toEqual(['2026-11-24T18:00:30Z', '2026-11-24T18:00:30Z']);
  });

  it('measures a sender’s clock that is more than 30 s off, either way, and no event that is only late', async () => {
    const measured = () => system.lines.flatMap(({ ClockSkewSeconds: skew }) => (skew === undefined ? [] : [skew]));
    await system.post({ body: flush(), signedAt: SECONDS - 30 });
    await system.post({ body: flush(NOW - 3_600_000) });
    expect(measured()).toEqual([]);
    await system.post({ body: flush(), signedAt: SECONDS - 31 });
    await system.post({ body: flush(), signedAt: SECONDS + 300 });
    expect(measured()).toEqual([31, 300]);
    expect(system.lines.find((line) => line.ClockSkewSeconds === 31)).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Metrics: [{ Name: 'ClockSkewSeconds', Unit: 'Seconds' }] }] },
    });
  });
});

describe('the log', () => {
  it('has one line for what is accepted, with what it is about', async () => {
    await system.grant(ALICE, { grantId: 'g', user: 'alice', durationSeconds: 60 });
    expect(system.lines.find(({ message }) => message === 'event accepted')).toMatchObject({
      ...{ webhookId: 'id-1', type: 'access.granted', acl: ACL, ip: ALICE, grantId: 'g', user: 'alice' },
      ...{ expiresAt: NOW + 60_000, position: expect.any(String) },
    });
  });

  it('says nothing of body, signature or secret in the log', async () => {
    const body = JSON.stringify({
      type: 'access.granted',
      note: 'hush-hush',
      data: { acl: 'hush-acl', ip: 'hush-ip' },
    });
    const { 'webhook-signature': signature } = signedHeaders(WEBHOOK_KEY, 'x', SECONDS, body);
    await system.post({ body, id: 'x' });
    await system.post({ body, id: 'y', headers: { 'webhook-signature': signature } });
    await system.grant(ALICE);
    const log = JSON.stringify(system.lines);
    for (const secret of ['hush', signature.slice(3), WEBHOOK_KEY, OLD_WEBHOOK_KEY]) expect(log).not.toContain(secret);
  });
});

describe('the log of ACLs with keys of their own', () => {
  const LONG = 'finance-production-emea';
  const [own, token] = [Buffer.alloc(33, 'z').toString('base64'), 'bearer-of-finance_0123456789'];
  const raw = { headers: { 'user-agent': 'agent' } };

  it('of the webhook names the ACL in full, and no key or token of the secret, whatever a sender writes', async () => {
    system = new VirtualSystem({ acls: { [LONG]: { zoneIds: ['nzo1'], allowBearer: true } } });
    const acls = { [LONG]: { current: own, bearer: { current: token } } };
    system.webhookSecret.text = JSON.stringify({ current: WEBHOOK_KEY, acls });
    for (const secret of [own, token, WEBHOOK_KEY]) {
      const data = { acl: LONG, ip: ALICE, user: `key ${secret}` };
      expect((await system.send('access.granted', data, { key: own, id: secret.slice(0, 24) })).status).toBe(202);
      await system.send('access.granted', { ...data, acl: secret }, { ...raw, key: own });
      await system.send('access.granted', data, { key: WEBHOOK_KEY });
    }
    const said = system.lines.filter((line) => line.function === 'webhook');
    // Taken, and refused with a key that does not speak for it.
    expect(said.filter(({ acl }) => acl === LONG)).toHaveLength(6);
    const log = JSON.stringify(said);
    for (const secret of [own, token, WEBHOOK_KEY]) {
      for (let at = 0; at + 8 <= secret.length; at += 1) expect(log).not.toContain(secret.slice(at, at + 8));
    }
  });
});

describe('what is not the sender’s fault', () => {
  it.each([
    [
      'the queue is out of reach',
      'could not be put onto the queue',
      (s: VirtualSystem) => {
        s.functions.events.unreachable = true;
      },
    ],
    [
      'the secret can’t be read',
      'could not be read',
      (s: VirtualSystem) => {
        s.webhookSecret.unreadable = true;
      },
    ],
    [
      'the secret has no value',
      'holds no usable key',
      (s: VirtualSystem) => {
        s.webhookSecret.text = undefined;
      },
    ],
    [
      'the secret’s key is too short',
      'holds no usable key',
      (s: VirtualSystem) => {
        s.webhookSecret.text = '{"current":"c2hvcnQ="}';
      },
    ],
  ])('%s: 503 with HOOK007, and right again afterwards', async (_, said, breakIt) => {
    breakIt(system);
    const answer = await system.post({ body: flush() });
    expect([answer.status, answer.body.code, answer.headers['retry-after']]).toEqual([503, 'HOOK007', '5']);
    expect(answer.body.detail).toEqual(expect.stringContaining(`${said}; try again`));
    expect(system.codes()).toEqual(['HOOK007']);
    expect(system.lines.find(({ code }) => code)).toMatchObject({ reason: expect.any(String) });
    system.functions.events.unreachable = false;
    system.webhookSecret.unreadable = false;
    system.webhookSecret.text = JSON.stringify({ current: WEBHOOK_KEY });
    await system.clock.advance(15_000);
    expect((await system.post({ body: flush() })).status).toBe(202);
  });
});

describe('a ping', () => {
  const ping = (raw: Raw = {}) => system.send('access.ping', {}, raw);

  it('is answered at once by the state of the zones, and changes nothing', async () => {
    const answer = await ping();
    expect(answer).toMatchObject({ status: 200, body: { status: 'pong', zones: 'right' } });
    expect(Object.keys(answer.body)).toEqual(['status', 'zones']);
    expect(answer.headers['content-type']).toBe('application/json');
    await system.clock.advance(30_000);
    expect(system.functions.events.length).toBe(0);
    expect(system.functions.table.items().map(({ item }) => item)).not.toContain('WAKE');
    expect(system.puts()).toBe(0);
  });

  it('tells what is wrong with the zones, and that is no error of its own', async () => {
    system.okta.addFault({ count: 1, fault: { status: 401 } });
    await system.grant(ALICE);
    await system.clock.advance(5_000);
    const codes = system.codes();
    expect(codes).toContain('OKTA001');
    expect((await ping()).body).toEqual({ status: 'pong', zones: 'OKTA001' });
    expect(system.codes()).toEqual(codes);
    await system.clock.advance(120_000);
    expect((await ping()).body).toEqual({ status: 'pong', zones: 'right' });
  });

  it('is answered when the table can’t be read: the sender has done its part', async () => {
    system.functions.table.unreachable = true;
    expect(await ping()).toMatchObject({ status: 200, body: { status: 'pong', zones: 'STORE001' } });
    expect(system.codes()).toEqual([]);
    expect(system.lines.find(({ level }) => level === 'WARN')).toMatchObject({ acl: ACL, reason: expect.any(String) });
  });

  it('is judged like any event', async () => {
    const status = async (raw: Raw) => {
      const answer = await ping(raw);
      return [answer.status, answer.body.code];
    };
    expect(await status({ key: Buffer.alloc(33, 'x').toString('base64') })).toEqual([401, 'HOOK001']);
    expect(await status({ signedAt: SECONDS - 400 })).toEqual([401, 'HOOK002']);
    expect(await status({ id: 'a.b' })).toEqual([400, 'HOOK003']);
    expect((await system.send('access.ping', { acl: 'unknown' })).body.code).toBe('HOOK004');
  });

  it('twice with one id is answered twice', async () => {
    expect([(await ping({ id: 'a' })).status, (await ping({ id: 'a' })).status]).toEqual([200, 200]);
  });
});

describe('a sender that cannot sign', () => {
  const unsigned = { 'webhook-id': undefined, 'webhook-timestamp': undefined, 'webhook-signature': undefined };
  const bearing = (token: string) => ({ headers: { ...unsigned, authorization: `Bearer ${token}` } });
  const [TOKEN, OLD_TOKEN] = ['bearer-of-the-acl_0123456789', 'bearer-of-the-acl_before'];
  beforeEach(() => {
    const acls = { [ACL]: { zoneIds: ['nzo1'], allowBearer: true }, signed: { zoneIds: ['nzo2'] } };
    system = new VirtualSystem({ acls });
    const bearer = { current: TOKEN, previous: OLD_TOKEN };
    system.webhookSecret.text = JSON.stringify({
      current: WEBHOOK_KEY,
      acls: { [ACL]: { bearer }, signed: { bearer } },
    });
  });

  it.each([TOKEN, OLD_TOKEN])('may show a token where the ACL allows it', async (token) => {
    const answer = await system.post({ body: flush(), ...bearing(token) });
    expect(answer).toMatchObject({ status: 202, body: { id: expect.stringMatching(/^body_/) } });
    expect(JSON.stringify(system.lines)).not.toContain(token.slice(0, 20));
  });

  it.each([
    ['another token', bearing('bearer-of-another_0123456789'), flush()],
    ['an empty one', bearing(''), flush()],
    ['a part of the token', bearing(TOKEN.slice(0, -1)), flush()],
    ['the key that signs', bearing(WEBHOOK_KEY), flush()],
    ['it by another scheme', { headers: { ...unsigned, authorization: `Basic ${TOKEN}` } }, flush()],
    ['it for an ACL that takes signed events only', bearing(TOKEN), flush().replace(ACL, 'signed')],
    ['it for an ACL that does not exist', bearing(TOKEN), flush().replace(ACL, 'unknown')],
  ])('is refused with %s', async (_, raw, body) => {
    const answer = await system.post({ body, ...raw });
    expect([answer.status, answer.body.code]).toEqual([401, 'HOOK001']);
    expect(system.functions.events.length).toBe(0);
  });

  it('cannot get round a bad signature', async () => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'webhook-signature': `v1,${'A'.repeat(43)}=` };
    expect((await system.post({ body: flush(), headers })).status).toBe(401);
  });

  it('does not spoil a good signature', async () => {
    const headers = { authorization: 'Bearer bearer-of-another_0123456789' };
    expect((await system.post({ body: flush(), headers })).status).toBe(202);
  });

  it('gives the same event once when it sends the same body twice', async () => {
    const body = flush();
    const [one, two] = [await system.post({ body, ...bearing(TOKEN) }), await system.post({ body, ...bearing(TOKEN) })];
    expect(one.body.id).toBe(two.body.id);
  });
});
