import { Webhook } from 'standardwebhooks';
import { beforeEach, describe, expect, it } from 'vitest';
import { CachedSecret } from '../../../lib/cached-secret.ts';
import { authenticateWebhook, NoWebhookKey } from '../../../lib/webhook/authenticate-webhook.ts';
import { signWebhook } from '../../../lib/webhook/webhook-signature.ts';
import { MemorySecret } from '../../../local/stand-ins/memory-secret.ts';
import { VirtualClock } from '../../../local/stand-ins/virtual-clock.ts';
import { configOf, NOW } from '../../helpers/events.ts';

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
    expect(await judge(signed({ id: 'one' }))).toMatchObject({ webhookId: 'one' });
    await expect(judge(signed({ by: key(2) }))).resolves.toBeDefined();
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
    await expect(judge(signed({ by: key(9) }))).resolves.toBeDefined();
    await expect(judge(signed())).rejects.toEqual(refused('HOOK001'));
  });

  it.each([
    ...[undefined, '', '{}', 'not json', '{"current":"c2hvcnQ="}', '{"previous":""}'],
    // Whom a key speaks for can't be told then.
    `{"current":"${CURRENT}","acls":[]}`,
    `{"current":"${CURRENT}","acls":null}`,
    `{"current":"${CURRENT}","acls":{},"acls":{}}`,
    `{"current":"${CURRENT}","current":"${CURRENT}"}`,
  ])('that holds no key (%j) is no fault of the sender’s, nor a reason to let anybody in', async (text) => {
    reader.text = text;
    await expect(judge(signed())).rejects.toThrow(NoWebhookKey);
    await expect(judge(signed({ by: Buffer.alloc(0) }))).rejects.toThrow(NoWebhookKey);
    await expect(judge({ headers: { authorization: 'Bearer ' }, body: BODY })).rejects.toThrow(NoWebhookKey);
  });

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

const LAB = key(11).toString('base64');
const TOKEN = 'bearer-of-lab_0123456789';
const OLD_TOKEN = 'bearer-of-lab_before';
const config = configOf({
  acls: { open: { zoneIds: ['nzo1'] }, lab: { zoneIds: ['nzo2'], allowBearer: true }, shut: { zoneIds: ['nzo3'] } },
});
const lab = { current: LAB, bearer: { current: TOKEN, previous: OLD_TOKEN } };
const bearing = (authorization: string, headers = {}) => ({ headers: { ...headers, authorization }, body: BODY });

/** The ACLs that it may speak for, of those that are configured and one that is not. */
async function spokenFor(request: Parameters<typeof authenticateWebhook>[0]): Promise<string[]> {
  const sender = await judge(request);
  const named: string[] = [];
  for (const acl of ['open', 'lab', 'shut', 'unknown']) {
    try {
      await sender.mustSpeakFor(acl, config);
      named.push(acl);
    } catch (error) {
      expect(error).toEqual(refused('HOOK001'));
    }
  }
  return named;
}

describe('whom a key speaks for', () => {
  it('is every ACL without keys of its own, known or not, or the one that has it', async () => {
    reader.text = JSON.stringify({ current: CURRENT, acls: { lab } });
    expect(await spokenFor(signed())).toEqual(['open', 'shut', 'unknown']);
    expect(await spokenFor(signed({ by: key(11) }))).toEqual(['lab']);
  });

  it('counts the previous key of an ACL as its own', async () => {
    reader.text = JSON.stringify({ current: CURRENT, acls: { lab: { previous: LAB } } });
    expect(await spokenFor(signed({ by: key(11) }))).toEqual(['lab']);
    expect(await spokenFor(signed())).not.toContain('lab');
  });

  it('is all, to a request that two keys have signed', async () => {
    reader.text = JSON.stringify({ current: CURRENT, acls: { lab } });
    const [one, two] = [signed(), signed({ by: key(11) })].map(({ headers }) => headers['webhook-signature']);
    const headers = { ...signed().headers, 'webhook-signature': `${one} ${two}` };
    expect(await spokenFor({ headers, body: BODY })).toEqual(['open', 'lab', 'shut', 'unknown']);
  });

  it('is not an ACL that is not configured, to a key of its own', async () => {
    reader.text = JSON.stringify({ current: CURRENT, acls: { unknown: { current: LAB } } });
    expect(await spokenFor(signed({ by: key(11) }))).toEqual([]);
    expect(await spokenFor(signed())).not.toContain('unknown');
  });

  it('is every ACL of which the secret holds a token alone, or nothing', async () => {
    reader.text = JSON.stringify({ current: CURRENT, acls: { lab: { bearer: { current: TOKEN } }, open: {} } });
    expect(await spokenFor(signed())).toEqual(['open', 'lab', 'shut', 'unknown']);
  });

  it.each([
    ...[5, null, 'text', [], [LAB], true, { current: 'c2hvcnQ=' }, { current: '' }, { previous: null }],
    ...[{ curent: LAB }, { current: { current: LAB } }, { current: [LAB] }],
  ])('is nobody for an ACL whose entry is %j, and everybody else as before', async (entry) => {
    reader.text = JSON.stringify({
      current: CURRENT,
      acls: { lab: entry, shut: { current: key(12).toString('base64') } },
    });
    expect(await spokenFor(signed())).toEqual(['open', 'unknown']);
    expect(await spokenFor(signed({ by: key(12) }))).toEqual(['shut']);
    await expect(judge(signed({ by: key(11) }))).rejects.toEqual(refused('HOOK001'));
  });

  it.each([
    ['an entry twice', `"lab":{"current":"${LAB}"},"lab":{}`],
    ['an entry twice, once escaped', `"lab":{"current":"${LAB}"},"l\\u0061b":{}`],
    ['a key twice', `"lab":{"current":"${LAB}","current":"${LAB}"}`],
  ])('is nobody for an ACL that has %s', async (_, entry) => {
    reader.text = `{"current":"${CURRENT}","acls":{${entry}}}`;
    expect(await spokenFor(signed())).toEqual(['open', 'shut', 'unknown']);
    await expect(judge(signed({ by: key(11) }))).rejects.toEqual(refused('HOOK001'));
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'is not changed by an ACL that is called %s',
    async (name) => {
      reader.text = `{"current":"${CURRENT}","acls":{"${name}":{"current":"${LAB}"}}}`;
      expect(await spokenFor(signed())).toEqual(['open', 'lab', 'shut', 'unknown']);
    },
  );

  it('is not told by a prototype', async () => {
    reader.text = `{"__proto__":{"acls":{"lab":{"current":"${LAB}"}},"previous":"${LAB}"},"current":"${CURRENT}"}`;
    expect(await spokenFor(signed())).toEqual(['open', 'lab', 'shut', 'unknown']);
    await expect(judge(signed({ by: key(11) }))).rejects.toEqual(refused('HOOK001'));
  });

  it('is known at once when the secret has changed since it was read', async () => {
    reader.text = JSON.stringify({ current: CURRENT, acls: { lab } });
    expect(await spokenFor(signed())).not.toContain('lab');
    reader.text = JSON.stringify({ current: CURRENT });
    await clock.advance(11_000);
    expect(await spokenFor(signed())).toContain('lab');
  });

  it('can’t be told while the secret can’t be read', async () => {
    reader.text = JSON.stringify({ current: CURRENT, acls: { lab } });
    const sender = await judge(signed());
    await clock.advance(11_000);
    reader.unreadable = true;
    await expect(sender.mustSpeakFor('open', config)).resolves.toBeUndefined();
    await expect(sender.mustSpeakFor('lab', config)).rejects.toThrow(NoWebhookKey);
  });
});

describe('an unsigned request that shows a bearer token', () => {
  beforeEach(() => {
    reader.text = JSON.stringify({
      current: CURRENT,
      acls: { lab, shut: { bearer: { current: 'bearer-of-shut_01' } } },
    });
  });

  it.each([`Bearer ${TOKEN}`, `bearer  ${TOKEN}`, `BEARER ${OLD_TOKEN}`])(
    'speaks for the ACL of the token alone: %s',
    async (authorization) => {
      expect(await spokenFor(bearing(authorization))).toEqual(['lab']);
    },
  );

  it('speaks for nobody where the ACL takes none', async () => {
    const sender = await judge(bearing('Bearer bearer-of-shut_01'));
    await expect(sender.mustSpeakFor('shut', config)).rejects.toThrow(/allowBearer is off/);
    expect(await spokenFor(bearing('Bearer bearer-of-shut_01'))).toEqual([]);
  });

  it('is known by the id it gives, or else by its body', async () => {
    const bearer = `Bearer ${TOKEN}`;
    expect((await judge(bearing(bearer, { 'webhook-id': 'mine' }))).webhookId).toBe('mine');
    const one = await judge(bearing(bearer));
    expect((await judge(bearing(bearer))).webhookId).toBe(one.webhookId);
    expect((await judge({ ...bearing(bearer), body: Buffer.from('other') })).webhookId).not.toBe(one.webhookId);
  });

  it.each([
    ...['', 'Bearer', 'Bearer ', `Bearer ${TOKEN.slice(1)}`, `Bearer ${TOKEN}x`, TOKEN, `Basic ${TOKEN}`],
    ...[`Bearer whsec_${TOKEN}`, `Bearer x ${TOKEN}`, `Bearer ${CURRENT}`, `Bearer whsec_${CURRENT}`, `Bearer ${LAB}`],
    ...['Bearer undefined', 'Bearer null', 'Bearer [object Object]'],
  ])('is refused with %j', async (authorization) => {
    await expect(judge(bearing(authorization))).rejects.toEqual(refused('HOOK001'));
  });

  it('does not make up for a bad signature', async () => {
    const { headers, body } = signed({ by: key(3) });
    const both = { headers: { ...headers, authorization: `Bearer ${TOKEN}` }, body };
    await expect(judge(both)).rejects.toEqual(refused('HOOK001'));
  });

  it('signs nothing with its token', async () => {
    const bytes = Buffer.from(TOKEN, 'base64');
    await expect(judge(signed({ by: bytes }))).rejects.toEqual(refused('HOOK001'));
    await expect(judge(signed({ by: Buffer.from(TOKEN) }))).rejects.toEqual(refused('HOOK001'));
  });

  it.each([
    ['a key of the same ACL', { current: LAB, bearer: { current: LAB } }],
    ['the key of all', { bearer: { current: `whsec_${CURRENT}` } }],
    ['the previous key of all', { bearer: { previous: key(2).toString('base64') } }],
    ['too short', { bearer: { current: 'fifteen-letters' } }],
    ['with a space in it', { bearer: { current: 'two words of a token' } }],
    ['no text', { bearer: { current: 1234567890123456 } }],
    ['no object', { bearer: 'bearer-of-lab_0123456789' }],
    ['a list', { bearer: [TOKEN] }],
  ])('has no token that is %s', async (_, entry) => {
    reader.text = JSON.stringify({ current: CURRENT, previous: key(2).toString('base64'), acls: { lab: entry } });
    const told = [
      LAB,
      CURRENT,
      `whsec_${CURRENT}`,
      key(2).toString('base64'),
      TOKEN,
      'fifteen-letters',
      '1234567890123456',
    ];
    for (const token of told) await expect(judge(bearing(`Bearer ${token}`))).rejects.toEqual(refused('HOOK001'));
  });

  it('is no fault of the sender’s where there is neither a token nor a key to check with', async () => {
    reader.text = '{"acls":{"lab":{}}}';
    await expect(judge(bearing(`Bearer ${TOKEN}`))).rejects.toThrow(NoWebhookKey);
  });
});

describe('a request for an address that names an id', () => {
  const EMPTY = Buffer.alloc(0);
  beforeEach(() => {
    reader.text = JSON.stringify({ current: CURRENT, acls: { lab } });
  });

  it('is signed over an empty body with that id', async () => {
    expect(await judge({ ...signed({ id: 'msg', body: EMPTY }), id: 'msg' })).toMatchObject({ webhookId: 'msg' });
    await expect(judge({ ...signed({ id: 'msg', body: EMPTY }), id: 'other' })).rejects.toEqual(refused('HOOK001'));
    await expect(judge({ ...signed({ id: 'msg' }), body: EMPTY, id: 'msg' })).rejects.toEqual(refused('HOOK001'));
  });

  it('shows a token, with that id in its header or with none', async () => {
    const shown = (headers: Readonly<Record<string, string>>) =>
      judge({ ...bearing(`Bearer ${TOKEN}`, headers), body: EMPTY, id: 'msg' });
    expect(await shown({})).toMatchObject({ webhookId: 'msg' });
    expect(await shown({ 'webhook-id': 'msg' })).toMatchObject({ webhookId: 'msg' });
    await expect(shown({ 'webhook-id': 'other' })).rejects.toEqual(refused('HOOK001'));
  });
});

describe('a timestamp outside of the tolerance', () => {
  it.each([
    [-301, /301 s behind .* sender’s clock/],
    [7200, /7200 s ahead .* sender’s clock/],
  ])('is refused %i s off, by how much it is and whose clock to look at', async (seconds, said) => {
    await expect(judge(signed({ timestamp: String(NOW / 1000 + seconds) }))).rejects.toThrow(said);
  });
});
