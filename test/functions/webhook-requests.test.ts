import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { signedHeaders } from '../../cli/webhook-client.ts';
import { ERRORS, type ErrorCode } from '../../lib/error-codes.ts';
import { apiEvent } from '../../local/webhook-server.ts';
import { NOW } from '../helpers/events.ts';
import { ACL, OLD_WEBHOOK_KEY, VirtualSystem, WEBHOOK_KEY } from '../helpers/virtual-system.ts';

const SECONDS = NOW / 1000;
let system: VirtualSystem;
beforeEach(() => {
  system = new VirtualSystem();
});
const JSON_TYPE = { 'content-type': 'application/json' };
const flush = JSON.stringify({ type: 'access.flushed', timestamp: new Date(NOW).toISOString(), data: { acl: ACL } });
const grantOf = (data: Readonly<Record<string, unknown>>) =>
  JSON.stringify({
    type: 'access.granted',
    timestamp: new Date(NOW).toISOString(),
    data: { acl: ACL, ip: '203.0.113.7', ...data },
  });

function signedEvent(body: string | Uint8Array, id = 'msg'): APIGatewayProxyEventV2 {
  return apiEvent('/webhook', { ...JSON_TYPE, ...signedHeaders(WEBHOOK_KEY, id, SECONDS, body) }, Buffer.from(body));
}
const answerTo = async (event: APIGatewayProxyEventV2) => {
  const answer = await system.clock.finish(system.functions.webhook(event));
  return { status: answer.statusCode, body: JSON.parse(answer.body ?? '{}') };
};

describe('the body of a request', () => {
  const text = grantOf({ user: 'Zoë 💡', grantId: 'ü' });

  it('is the same to the signature whether the API hands it over as text or in base64', async () => {
    const inBase64 = signedEvent(text, 'one');
    const asText = { ...signedEvent(text, 'two'), body: text, isBase64Encoded: false };
    expect([(await answerTo(inBase64)).status, (await answerTo(asText)).status]).toEqual([202, 202]);
    await system.clock.advance(1_000);
    expect(JSON.stringify(system.functions.table.items())).toContain('Zoë 💡');
  });

  it('that is not base64 though it is said to be matches no signature', async () => {
    const event = { ...signedEvent(text), body: `!${Buffer.from(text).toString('base64')}?`.replaceAll('A', '*') };
    expect(await answerTo(event)).toMatchObject({ status: 401, body: { code: 'HOOK001' } });
    const plain = { ...signedEvent(text), body: text, isBase64Encoded: true };
    expect(await answerTo(plain)).toMatchObject({ status: 401, body: { code: 'HOOK001' } });
  });

  it('that is missing is malformed, not an error of ours', async () => {
    const { body, ...event } = signedEvent('');
    expect(body).toBe('');
    expect(await answerTo({ ...event, isBase64Encoded: false })).toMatchObject({
      status: 400,
      body: { code: 'HOOK003' },
    });
  });

  it('that is not UTF-8 is malformed, though its signature is good', async () => {
    const bytes = Buffer.concat([
      Buffer.from(flush.slice(0, -1)),
      Buffer.from(',"x":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    expect(await answerTo(signedEvent(bytes))).toMatchObject({ status: 400, body: { code: 'HOOK003' } });
  });

  it('is measured in bytes, not in characters', async () => {
    const padded = (bytes: number) => {
      const filler = 'é'.repeat(8_000);
      const rest = bytes - Buffer.byteLength(grantOf({ filler }));
      return grantOf({ filler: `${filler}${'x'.repeat(rest)}` });
    };
    expect(Buffer.byteLength(padded(16_384))).toBe(16_384);
    expect((await answerTo(signedEvent(padded(16_384), 'a'))).status).toBe(202);
    expect(await answerTo(signedEvent(padded(16_385), 'b'))).toMatchObject({ status: 413, body: { code: 'HOOK003' } });
  });
});

describe('the content type', () => {
  it.each([
    ...['application/json', 'APPLICATION/JSON', 'application/json;charset=utf-8', 'application/json; charset="UTF-8"'],
    ...['application/json;', ' application/json '],
  ])('%j is taken', async (type) => {
    expect((await system.post({ body: flush, headers: { 'content-type': type } })).status).toBe(202);
  });
});

describe('the signatures of a request', () => {
  const signature = (key: string, id = 'msg') => signedHeaders(key, id, SECONDS, flush)['webhook-signature'];
  const other = Buffer.alloc(33, 'x').toString('base64');
  const status = async (signatures: string) =>
    (await system.post({ body: flush, id: 'msg', headers: { 'webhook-signature': signatures } })).status;

  it('are good when any of them is, under any of the two secrets', async () => {
    expect(await status(`${signature(other)} ${signature(OLD_WEBHOOK_KEY)}`)).toBe(202);
    expect(await status(`${signature(WEBHOOK_KEY)} v1,nonsense v2,other`)).toBe(202);
    expect(await status(`${signature(OLD_WEBHOOK_KEY)} ${signature(WEBHOOK_KEY)}`)).toBe(202);
  });

  it('are bad when none is', async () => {
    expect(await status(`${signature(other)} ${signature(WEBHOOK_KEY, 'another')}`)).toBe(401);
    expect(await status(signature(WEBHOOK_KEY).replace('v1,', 'v1a,'))).toBe(401);
    expect(await status(signature(WEBHOOK_KEY).toUpperCase())).toBe(401);
    expect(await status(signature(WEBHOOK_KEY).slice(0, -2))).toBe(401);
  });

  it('are good under the previous secret until it is taken away', async () => {
    system.webhookSecret.text = JSON.stringify({ current: WEBHOOK_KEY });
    expect(await status(signature(OLD_WEBHOOK_KEY))).toBe(401);
    expect(await status(signature(WEBHOOK_KEY))).toBe(202);
  });
});

describe('every refusal', () => {
  const bad = { 'webhook-signature': `v1,${'A'.repeat(43)}=` };
  const REFUSED = [
    ['HOOK001', 401, { body: flush, headers: bad }],
    ['HOOK002', 401, { body: flush, signedAt: SECONDS - 9_999 }],
    ['HOOK003', 400, { body: '{}' }],
    ['HOOK003', 413, { body: 'x'.repeat(20_000) }],
    ['HOOK003', 415, { body: flush, headers: { 'content-type': 'text/html' } }],
    ['HOOK004', 404, { body: flush.replace(ACL, 'nobody') }],
    ['HOOK005', 422, { body: grantOf({ ip: '10.0.0.1' }) }],
    ['HOOK006', 422, { body: grantOf({ durationSeconds: 0 }) }],
  ] as const satisfies readonly (readonly [ErrorCode, number, object])[];

  it.each(REFUSED)(
    '%s (%i) is a problem document, one log line, a count of its code, and one of refusals without an accepted event',
    async (code, status, raw) => {
      const answer = await system.post(raw);
      expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } });
      const { detail, ...rest } = answer.body;
      expect(rest).toEqual({ type: `urn:knocknoc-okta:problem:${code}`, title: ERRORS[code].name, status, code });
      expect(detail).toEqual(expect.stringMatching(/\S/));
      const [line, metric, refusal, ...more] = system.lines;
      expect(line).toMatchObject({ level: 'ERROR', code, message: ERRORS[code].name, detail, status });
      expect(metric).toMatchObject({
        ...{ Code: code, Errors: 1 },
        _aws: { CloudWatchMetrics: [{ Namespace: 'KnocknocOkta', Metrics: [{ Name: 'Errors', Unit: 'Count' }] }] },
      });
      expect(refusal).toMatchObject({ RefusedAndNoneAccepted: 1, service: 'local' });
      expect(more).toEqual([]);
    },
  );

  it('counts among those without an accepted event only where none was accepted for an hour', async () => {
    const counted = () => system.lines.filter((line) => line.RefusedAndNoneAccepted !== undefined).length;
    const refuse = () => system.post({ body: flush, headers: bad });
    await refuse();
    expect(counted()).toBe(1);
    const ping = { type: 'access.ping', timestamp: new Date(NOW).toISOString(), data: { acl: ACL } };
    await system.post({ body: JSON.stringify(ping) });
    await system.post({ body: flush, id: 'own', headers: { 'x-sent-by': 'an-operator' } });
    await refuse();
    expect(counted()).toBe(2);
    await system.post({ body: flush, id: 'sender' });
    await refuse();
    await system.clock.advance(3_599_000);
    await refuse();
    expect(counted()).toBe(2);
    await system.clock.advance(1_000);
    await refuse();
    expect(counted()).toBe(3);
  });

  it('of what is missing, malformed or unknown gives the same answer to whoever has no secret', async () => {
    const answers = await Promise.all(
      [flush, '{}', flush.replace(ACL, 'nobody'), 'x'].map((body, i) =>
        system.post({ body, headers: bad, id: `a${i}` }),
      ),
    );
    expect(new Set(answers.map((answer) => JSON.stringify([answer.status, answer.body]))).size).toBe(1);
  });
});

describe('the log line of a refused event', () => {
  const refused = () => system.lines.find(({ code }) => code !== undefined) ?? {};
  const who = { acl: ACL, ip: '203.0.113.7', grantId: 'session-42', user: 'bob@example.com' };
  const posted = (body: string, key = WEBHOOK_KEY, seconds = SECONDS) =>
    answerTo(apiEvent('/webhook', { ...JSON_TYPE, ...signedHeaders(key, 'msg', seconds, body) }, Buffer.from(body)));

  it.each<[string, ErrorCode, string]>([
    ['an address that is not let in', 'HOOK005', grantOf({ ...who, ip: '10.0.0.1' })],
    ['an ACL that nobody knows', 'HOOK004', grantOf({ ...who, acl: 'nobody' })],
    ['an expiry that is past', 'HOOK006', grantOf({ ...who, durationSeconds: 0 })],
    ['two expiries', 'HOOK003', grantOf({ ...who, durationSeconds: 60, expiresAt: '2026-11-25T02:00:00Z' })],
  ])('says for whom it was, of %s', async (_, code, body) => {
    await posted(body);
    const { ip, acl } = JSON.parse(body).data;
    expect(refused()).toMatchObject({ code, ...who, ip, acl, type: 'access.granted', webhookId: 'msg' });
  });

  it('says it of a sender whose clock is off, who has signed', async () => {
    await posted(grantOf(who), WEBHOOK_KEY, SECONDS - 600);
    expect(refused()).toMatchObject({ code: 'HOOK002', ...who });
  });

  it('says nothing of it without a good signature', async () => {
    await posted(grantOf(who), Buffer.alloc(33, 'x').toString('base64'));
    expect(refused()).toMatchObject({ code: 'HOOK001' });
    expect(JSON.stringify(system.lines)).not.toContain('bob@example.com');
  });

  it('holds short texts alone, whatever is signed', async () => {
    const more = { password: 'hunter2', ip: { deep: 'secret' }, user: 'x'.repeat(600), grantId: 'a\u0007b' };
    await posted(grantOf({ ...more, acl: ACL }));
    expect(refused()).toMatchObject({ code: 'HOOK003', acl: ACL });
    expect(Object.keys(refused())).not.toEqual(expect.arrayContaining(['ip']));
    expect(JSON.stringify(system.lines)).not.toMatch(/hunter2|secret|xxxx|a.{1,6}b"/);
    await posted('not JSON');
    expect(system.lines.filter(({ code }) => code === 'HOOK003')).toHaveLength(2);
  });
});
