import { describe, expect, it } from 'vitest';
import { deliver, outcomeOf } from '../../cli/deliver.ts';
import { emulatedUrl } from '../../cli/emulated-url.ts';
import { NoAnswer, outcomeUrl } from '../../cli/webhook-client.ts';
import {
  ACCEPTED,
  APPLIED,
  answers,
  type Behaviour,
  BUSY,
  drops,
  PENDING,
  PROXY_502,
  refuses,
  startRecordingServer,
} from '../agent/recording-server.ts';
import { Pauses } from './pauses.ts';

const SECRET = Buffer.alloc(33, 's').toString('base64');
const EVENT = { type: 'access.flushed', data: { acl: 'a' } };
const THROTTLED = answers(429, { message: 'Too Many Requests' });

async function world(...behaviours: readonly [Behaviour, ...Behaviour[]]) {
  const server = await startRecordingServer(...behaviours);
  const clock = new Pauses();
  const endpoint = { webhookUrl: server.url, webhookSecret: SECRET };
  return { ...server, clock, delivery: { endpoint, clock, id: 'id_1', stop: new AbortController().signal } };
}

describe('an event', () => {
  it('is posted until it is accepted, the same each time', async () => {
    const { delivery, received, clock } = await world(BUSY, drops, THROTTLED, PROXY_502, ACCEPTED);
    expect((await deliver(EVENT, delivery)).status).toBe(202);
    expect(new Set(received.map(({ body, headers }) => `${headers['webhook-id']} ${body}`)).size).toBe(1);
    expect(clock.seconds).toEqual([1, 2, 4, 8]);
  });

  it.each([400, 401, 403, 404, 409, 422])('is not posted again after %i', async (status) => {
    const { delivery, received } = await world(answers(status, {}));
    expect((await deliver(EVENT, delivery)).status).toBe(status);
    expect(received).toHaveLength(1);
  });

  it('is answered without its bearer token, though the answer repeats the request', async () => {
    const token = 'tOkEn-MaRkEd-0123456789';
    const echo = answers(400, { detail: `Authorization: Bearer ${token}`, more: btoa(`x:${token}`) });
    const { delivery } = await world(echo);
    const endpoint = { webhookUrl: delivery.endpoint.webhookUrl, webhookBearer: token };
    const { body } = await deliver(EVENT, { ...delivery, endpoint });
    expect(body).toMatch(/Bearer \[secret\]".*\[secret\]/);
    expect(body).not.toMatch(/tOkEn|MaRkEd|0123/);
  });

  it('is given up after half a minute', async () => {
    for (const behaviour of [THROTTLED, drops]) {
      const { delivery, clock } = await world(behaviour);
      const answer = await deliver(EVENT, delivery).catch((error: unknown) => error);
      expect(answer).toMatchObject(behaviour === drops ? { name: 'NoAnswer' } : { status: 429 });
      expect(clock.seconds).toEqual([1, 2, 4, 8, 8]);
    }
  });

  it('waits as the answer asks, where that is plausible', async () => {
    const busy = (text: string) => answers(503, {}, { 'retry-after': text });
    const { delivery, clock } = await world(busy('5'), busy('9999'), busy('soon'), busy('-1'), ACCEPTED);
    expect((await deliver(EVENT, delivery)).status).toBe(202);
    expect(clock.seconds).toEqual([5, 10, 4, 8]);
  });

  it('is not sent with a key that is none', async () => {
    const { delivery, received } = await world(ACCEPTED);
    const wrong = { ...delivery, endpoint: { ...delivery.endpoint, webhookSecret: 'short' } };
    await expect(deliver(EVENT, wrong)).rejects.not.toBeInstanceOf(NoAnswer);
    expect(received).toEqual([]);
  });
});

describe('an outcome', () => {
  const asked = async (...outcomes: readonly Behaviour[]) => {
    const { delivery, clock, received, posts } = await world(ACCEPTED, ...outcomes);
    const outcome = await outcomeOf(await deliver(EVENT, delivery), 10, delivery);
    expect(posts()).toHaveLength(1);
    return { outcome, clock, waits: received.slice(1).map(({ headers }) => headers.prefer) };
  };

  it.each<[string, Behaviour, number]>([
    ['applied', APPLIED, 200],
    ['expired', answers(200, { status: 'expired' }), 200],
    ['not known', refuses(404, 'HOOK009', 'no such event'), 404],
    ["another event's", refuses(409, 'HOOK003', 'another event'), 409],
    ['a failure', refuses(502, 'ZONE001', 'gone'), 502],
  ])('is known at once where it is %s', async (_, behaviour, status) => {
    const { outcome, waits } = await asked(PENDING, behaviour);
    expect(outcome?.status).toBe(status);
    expect(waits).toEqual(['wait=10', 'wait=9']);
  });

  it.each<[string, Behaviour]>([
    ['503', BUSY],
    ['429', THROTTLED],
    ['no answer', drops],
    ["a proxy's 502", PROXY_502],
    ["the API's 404", answers(404, { message: 'Not Found' })],
    ['a page', answers(200, '<html></html>')],
    ['ZONE003', refuses(502, 'ZONE003', 'away')],
    ['OKTA005', refuses(502, 'OKTA005', 'busy')],
  ])('is asked for again after %s', async (_, behaviour) => {
    const { outcome } = await asked(behaviour, behaviour, APPLIED);
    expect(outcome).toMatchObject({ status: 200, body: expect.stringContaining('applied') });
  });

  it('is what was said last, when the time is up', async () => {
    const pending = await asked(PENDING);
    expect(pending.outcome).toMatchObject({ status: 202, body: '{"status":"pending"}' });
    expect(pending.clock.seconds.reduce((sum, pause) => sum + pause, 0)).toBe(10);
    expect((await asked(refuses(502, 'ZONE003', 'away'))).outcome?.status).toBe(502);
    expect((await asked(drops)).outcome).toBeUndefined();
  });
});

describe('where an outcome is asked for', () => {
  const URL_OF_WEBHOOK = 'https://api.example.com/webhook';
  const found = (location?: string) =>
    outcomeUrl(
      { webhookUrl: URL_OF_WEBHOOK },
      { status: 202, headers: location === undefined ? {} : { location }, body: '' },
    );

  it('is taken as it was given', () => {
    for (const rest of ['/events/a/id_1?q=a.b-c_d%3D&n=2', '/events/a.b/id']) {
      expect(found(`${URL_OF_WEBHOOK}${rest}`)).toBe(`${URL_OF_WEBHOOK}${rest}`);
      expect(found(`/webhook${rest}`)).toBe(`${URL_OF_WEBHOOK}${rest}`);
    }
  });

  it('is found where this machine finds it', () => {
    const emulated = 'http://127.0.0.1:4566/_aws/execute-api/abc/$default/webhook';
    const door = {
      webhookUrl: emulated,
      webhookFinds: (url: string) => emulatedUrl(url, 'http://127.0.0.1:4566'),
    };
    const location = 'https://abc.execute-api.localhost/webhook/events/a/id_1?hash=x&at=1';
    const asked = (at: string) => outcomeUrl(door, { status: 202, headers: { location: at }, body: '' });
    expect(asked(location)).toBe(`${emulated}/events/a/id_1?hash=x&at=1`);
    expect(asked(location.replace('abc.', 'another.'))).toBeUndefined();
  });

  it.each([
    undefined,
    '',
    'https://api.example.com.evil.example/webhook/events/a/b',
    'https://api.example.com@evil.example/webhook/events/a/b',
    'https://x:y@api.example.com/webhook/events/a/b',
    'http://api.example.com/webhook/events/a/b',
    'https://api.example.com:444/webhook/events/a/b',
    '//evil.example/webhook/events/a/b',
    '/webhook/events/../../other',
    '/webhook/events/%2e%2e/%2e%2e/other',
    '/webhook',
    '/webhookevents/a/b',
    'https://[',
  ])('is nowhere but below the webhook: %s', (location) => expect(found(location)).toBeUndefined());
});
