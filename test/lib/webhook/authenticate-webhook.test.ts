import { Webhook } from 'standardwebhooks';
import { beforeEach, describe, expect, it } from 'vitest';
import { CachedSecret } from '../../../lib/cached-secret.ts';
import { authenticateWebhook, NoWebhookKey } from '../../../lib/webhook/authenticate-webhook.ts';
import { signWebhook } from '../../../lib/webhook/webhook-signature.ts';
import { MemorySecret } from '../../../local/stand-ins/memory-secret.ts';
import { VirtualClock } from '../../../local/stand-ins/virtual-clock.ts';
import { NOW } from '../../helpers/events.ts';

const key = (byte: number) => Buffer.alloc(32, byte);
const CURRENT = key(1).toString('base64');
const BODY = Buffer.from('{"a":1}');
let clock: VirtualClock;
let reader: MemorySecret;
let secret: CachedSecret;
beforeEach(() => {
  clock = new VirtualClock(NOW);
  reader = new MemorySecret(JSON.stringify({ current: CURRENT, previous: key(2).toString('base64') }));
  secret = new CachedSecret(reader, clock);
});

interface Signed {
  readonly id?: string;
  readonly timestamp?: string;
  readonly by?: Buffer;
  readonly body?: Buffer;
}
function signed({ id = 'msg', timestamp = String(NOW / 1000), by = key(1), body = BODY }: Signed = {}) {
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  return { headers: { ...headers, 'webhook-signature': signWebhook(by, { id, timestamp, body }) }, body };
}
const judge = (request: Parameters<typeof authenticateWebhook>[0]) => authenticateWebhook(request, clock.now(), secret);
const refused = (code: string) => expect.objectContaining({ name: 'Refusal', code, status: 401 });

describe('a signed request', () => {
  it('is taken by its id, under the current and the previous secret', async () => {
    expect(await judge(signed({ id: 'one' }))).toEqual({ webhookId: 'one', unsigned: false });
    expect(await judge(signed({ by: key(2) }))).toMatchObject({ unsigned: false });
    await expect(judge(signed({ by: key(3) }))).rejects.toEqual(refused('HOOK001'));
  });

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
    'is refused without %s, or with an empty one',
    async (name) => {
      for (const value of [undefined, '']) {
        const { headers, body } = signed();
        const refusal = expect(judge({ headers: { ...headers, [name]: value }, body })).rejects;
        await refusal.toEqual(refused('HOOK001'));
        await refusal.toThrow(/are required/);
      }
    },
  );

  it('is refused without its signature also where its timestamp is bad: the signature is judged first', async () => {
    const request = signed({ timestamp: '1', by: key(3) });
    await expect(judge(request)).rejects.toEqual(refused('HOOK001'));
    await expect(judge(signed({ timestamp: '1' }))).rejects.toEqual(refused('HOOK002'));
  });

  it('is taken up to 300 seconds old or ahead, edge included, whatever fraction of a second this clock shows', async () => {
    for (const fraction of [0, 1, 500, 999]) {
      clock = new VirtualClock(NOW + fraction);
      for (const [seconds, good] of [
        [-301, false],
        [-300, true],
        [0, true],
        [300, true],
        [301, false],
      ] as const) {
        const outcome = judge(signed({ timestamp: String(NOW / 1000 + seconds) }));
        if (good) await expect(outcome).resolves.toBeDefined();
        else await expect(outcome).rejects.toEqual(refused('HOOK002'));
      }
    }
  });

  it('is refused with a timestamp that is more than digits, which the reference library takes', async () => {
    // The library signs what it has parsed of the timestamp, so its signature does not cover the rest.
    const timestamp = String(Math.floor(Date.now() / 1000));
    clock = new VirtualClock(Date.now());
    const request = signed({ timestamp });
    const more = { ...request.headers, 'webhook-timestamp': `${timestamp}abc` };
    expect(() => new Webhook(CURRENT).verify(BODY, more)).not.toThrow();
    await expect(judge({ headers: more, body: BODY })).rejects.toEqual(refused('HOOK001'));
    await expect(judge(signed({ timestamp: `${timestamp}abc` }))).rejects.toEqual(refused('HOOK002'));
  });

  it('is judged by the bytes of its body, where the reference library takes others that read alike', async () => {
    // Neither 0xff nor 0xfe is UTF-8: as text both are the same replacement character.
    clock = new VirtualClock(Date.now());
    const timestamp = String(Math.floor(Date.now() / 1000));
    const text = signed({ timestamp, body: Buffer.from('"\uFFFD"') });
    for (const byte of [0xff, 0xfe]) {
      const body = Buffer.from([0x22, byte, 0x22]);
      expect(() => new Webhook(CURRENT).verify(body, text.headers)).not.toThrow();
      await expect(judge({ headers: text.headers, body })).rejects.toEqual(refused('HOOK001'));
    }
  });

  it.each([
    ...['now', '-1', '+1764007200', ' 1764007200', '1764007200.0', '1.764e9', '0x69249f20', '1764007200000000', '١٧٦٤'],
    ...['NaN', 'Infinity', '1_764_007_200', '1764007200,1764007200'],
  ])('is refused with the timestamp %j', async (timestamp) => {
    await expect(judge(signed({ timestamp }))).rejects.toEqual(refused('HOOK002'));
  });

  it('cannot pass off a part of its id as its timestamp', async () => {
    // Signed as id `a`, timestamp `b.<now>`: the same bytes as id `a.b`, timestamp `<now>`.
    const now = String(NOW / 1000);
    const { headers, body } = signed({ id: 'a', timestamp: `b.${now}` });
    const moved = { ...headers, 'webhook-id': 'a.b', 'webhook-timestamp': now };
    // It authenticates; that an id holds no full stop is what refuses it then.
    expect((await judge({ headers: moved, body })).webhookId).toContain('.');
    await expect(judge({ headers, body })).rejects.toEqual(refused('HOOK002'));
  });
});

describe('the secret', () => {
  it('is read afresh where nothing matches: a rotated one is known at once', async () => {
    await judge(signed());
    await clock.advance(11_000);
    reader.text = JSON.stringify({ current: `whsec_${key(9).toString('base64')}` });
    expect(await judge(signed({ by: key(9) }))).toMatchObject({ unsigned: false });
    await expect(judge(signed())).rejects.toEqual(refused('HOOK001'));
  });

  it.each([undefined, '', '{}', 'not json', '{"current":"c2hvcnQ="}', '{"previous":""}'])(
    'that holds no key (%j) is no fault of the sender’s, nor a reason to let anybody in',
    async (text) => {
      reader.text = text;
      await expect(judge(signed())).rejects.toThrow(NoWebhookKey);
      await expect(judge(signed({ by: Buffer.alloc(0) }))).rejects.toThrow(NoWebhookKey);
      await expect(judge({ headers: { authorization: 'Bearer ' }, body: BODY })).rejects.toThrow(NoWebhookKey);
    },
  );

  it('that can’t be read is no fault of the sender’s, with its cause, and is good once it can', async () => {
    reader.unreadable = true;
    const denied = expect.objectContaining({ message: expect.stringContaining('denied') });
    await expect(judge(signed())).rejects.toMatchObject({ name: 'NoWebhookKey', cause: denied });
    reader.unreadable = false;
    await expect(judge(signed())).resolves.toBeDefined();
  });

  it('is not needed to refuse a request without the headers', async () => {
    reader.unreadable = true;
    await expect(judge({ headers: {}, body: BODY })).rejects.toEqual(refused('HOOK001'));
  });
});

describe('an unsigned request that shows the secret', () => {
  const bearing = (authorization: string, headers = {}) => ({ headers: { ...headers, authorization }, body: BODY });

  it.each([`Bearer ${CURRENT}`, `bearer  whsec_${CURRENT}`, `Bearer ${key(2).toString('base64')}`])(
    'is told apart from a signed one: %s',
    async (authorization) => {
      expect(await judge(bearing(authorization))).toMatchObject({ unsigned: true });
    },
  );

  it('is known by the id it gives, or else by its body', async () => {
    const bearer = `Bearer ${CURRENT}`;
    expect((await judge(bearing(bearer, { 'webhook-id': 'mine' }))).webhookId).toBe('mine');
    const one = await judge(bearing(bearer));
    expect(await judge(bearing(bearer))).toEqual(one);
    expect((await judge({ ...bearing(bearer), body: Buffer.from('other') })).webhookId).not.toBe(one.webhookId);
  });

  it.each([
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${CURRENT.slice(1)}`,
    `Bearer ${CURRENT}x`,
    CURRENT,
    `Basic ${CURRENT}`,
    `Bearer whsec_whsec_${CURRENT}`,
    `Bearer x ${CURRENT}`,
  ])('is refused with %j', async (authorization) => {
    await expect(judge(bearing(authorization))).rejects.toEqual(refused('HOOK001'));
  });

  it('does not make up for a bad signature', async () => {
    const { headers, body } = signed({ by: key(3) });
    const both = { headers: { ...headers, authorization: `Bearer ${CURRENT}` }, body };
    await expect(judge(both)).rejects.toEqual(refused('HOOK001'));
  });
});
