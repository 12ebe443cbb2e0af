import { describe, expect, it } from 'vitest';
import { signedHeaders } from '../../cli/webhook-client.ts';
import type { Fields } from '../../lib/ports.ts';
import { apiEvent } from '../../local/webhook-server.ts';
import { NOW } from '../helpers/events.ts';
import { ACL, VirtualSystem, WEBHOOK_KEY, ZONE } from '../helpers/virtual-system.ts';

const ALICE = '203.0.113.7';
const BOB = '203.0.113.8';
const alice = { grantId: 'session-1', user: 'alice@example.com' };

function audited(system: VirtualSystem, action?: string): Fields[] {
  return system.lines.filter((line) => line.action !== undefined && (action === undefined || line.action === action));
}

function signedFlush(headers: Readonly<Record<string, string>>) {
  const timestamp = new Date(NOW).toISOString();
  const body = JSON.stringify({ type: 'access.flushed', timestamp, data: { acl: ACL } });
  const signed = signedHeaders(WEBHOOK_KEY, 'evt-flush', NOW / 1000, body);
  return apiEvent('/webhook', { 'content-type': 'application/json', ...signed, ...headers }, Buffer.from(body));
}

describe('the audit', () => {
  it('follows an event from the webhook to the zone by its webhook id', async () => {
    const system = new VirtualSystem();
    await system.send('access.granted', { ip: ALICE, ...alice }, { id: 'evt-grant' });
    await system.clock.advance(5_000);
    const path = audited(system).filter(
      ({ webhookId, webhookIds }) => webhookId === 'evt-grant' || String(webhookIds).includes(' evt-grant '),
    );
    expect(path).toMatchObject([
      { action: 'event-accepted', acl: ACL, ip: ALICE, ...alice },
      { action: 'granted', acl: ACL, ip: ALICE, ...alice, cause: 'access.granted' },
      { action: 'zone-updated', acl: ACL, zoneId: ZONE, cause: 'events', before: 1, after: 1, added: [`${ALICE}/32`] },
      { action: 'zone-confirmed', acl: ACL, grants: 1, waiting: 0 },
    ]);
    const position = path[3]?.position;
    expect(path[1]?.position).toBe(position);
    expect(path[0]?.position).toBe(position);
    expect(path[2]?.position).toBe(position);
  });

  it('says where an event came from, and what the access log calls its request', async () => {
    const system = new VirtualSystem();
    const { requestContext, ...event } = signedFlush({});
    const http = { ...requestContext.http, sourceIp: '198.51.100.20' };
    const said = { ...requestContext, http, requestId: 'aBcDeFgH=' };
    await system.clock.finish(system.functions.webhook({ ...event, requestContext: said }));
    expect(audited(system, 'event-accepted')).toMatchObject([{ sourceIp: '198.51.100.20', requestId: 'aBcDeFgH=' }]);
    await system.clock.finish(system.functions.webhook({ ...event, requestContext: said, body: '' }));
    const refused = system.lines.find(({ code }) => code === 'HOOK001');
    expect(refused).toMatchObject({ sourceIp: '198.51.100.20', requestId: 'aBcDeFgH=' });
  });

  it.each([
    ['is an identity of AWS', 'arn:aws:sts::111122223333:assumed-role/Admin/alice', 52],
    ['is very long', 'a'.repeat(5_000), 256],
    ['could steer a terminal', 'alice\u001b[31m', undefined],
    ['is not ASCII', 'alicé', undefined],
    ['is empty', '', undefined],
  ])('says who ran the command that sent an event, where that %s', async (_, said, length) => {
    const system = new VirtualSystem();
    const answer = await system.clock.finish(system.functions.webhook(signedFlush({ 'x-sent-by': said })));
    expect(answer.statusCode).toBe(202);
    const [line] = audited(system, 'event-accepted');
    expect(line?.sentBy).toBe(length === undefined ? undefined : said.slice(0, length));
  });

  it('believes nobody about who sent an event who has not signed it', async () => {
    const acls = { [ACL]: { zoneIds: [ZONE], allowBearer: true } };
    const system = new VirtualSystem({ acls });
    const token = 'bearer-of-the-acl_0123456789';
    const secret = JSON.stringify({ current: WEBHOOK_KEY, acls: { [ACL]: { bearer: { current: token } } } });
    system.webhookSecret.text = secret;
    const headers = { authorization: `Bearer ${token}`, 'webhook-signature': undefined, 'x-sent-by': 'alice' };
    const answer = await system.send('access.flushed', {}, { headers });
    expect(answer.status).toBe(202);
    expect(audited(system, 'event-accepted')[0]).not.toHaveProperty('sentBy');
  });

  it('names all events that one update of a zone reflects, each in one update only', async () => {
    const system = new VirtualSystem();
    for (const n of [1, 2, 3, 4]) await system.send('access.granted', { ip: `203.0.113.${n}` }, { id: `evt-${n}` });
    await system.clock.advance(10_000);
    await system.send('access.flushed', {}, { id: 'evt-flush' });
    await system.clock.advance(10_000);
    const ids = audited(system, 'zone-confirmed').flatMap(({ webhookIds }) => String(webhookIds).trim().split(' '));
    expect(ids).toEqual(['evt-1', 'evt-2', 'evt-3', 'evt-4', 'evt-flush']);
  });

  it('has a line with its cause for each grant that a flush or the revoke of an IP ends', async () => {
    const system = new VirtualSystem();
    await system.grant(ALICE, alice);
    await system.grant(ALICE, { grantId: 'session-2', user: 'carol@example.com' });
    await system.grant(BOB, { user: 'bob@example.com' });
    await system.clock.advance(1_000);
    await system.send('access.revoked', { ip: ALICE }, { id: 'evt-revoke' });
    await system.clock.advance(1_000);
    await system.send('access.flushed', {}, { id: 'evt-flush' });
    await system.clock.advance(5_000);
    const ended = audited(system, 'grant-ended').toSorted((a, b) => String(a.user).localeCompare(String(b.user)));
    expect(ended).toMatchObject([
      { acl: ACL, ip: ALICE, ...alice, cause: 'access.revoked', webhookId: 'evt-revoke' },
      { acl: ACL, ip: BOB, user: 'bob@example.com', cause: 'access.flushed', webhookId: 'evt-flush' },
      { acl: ACL, ip: ALICE, grantId: 'session-2', user: 'carol@example.com', webhookId: 'evt-revoke' },
    ]);
    expect(audited(system, 'revoked')).toMatchObject([{ webhookId: 'evt-revoke', ip: ALICE, ended: 2 }]);
    expect(audited(system, 'flushed')).toMatchObject([{ webhookId: 'evt-flush', ended: 1 }]);
  });

  it('has a line for each grant that expired, and for the zone that it left', async () => {
    const system = new VirtualSystem();
    await system.grant(ALICE, { ...alice, durationSeconds: 20 });
    await system.clock.advance(30_000);
    expect(audited(system, 'grant-expired')).toMatchObject([{ acl: ACL, ip: ALICE, ...alice, cause: 'expiry' }]);
    const [, left] = audited(system, 'zone-updated');
    expect(left).toMatchObject({ zoneId: ZONE, cause: 'expiry', removed: [`${ALICE}/32`] });
    expect(left).not.toHaveProperty('webhookIds');
  });

  it('tells a zone that somebody else has changed from one that changed by an event', async () => {
    const system = new VirtualSystem();
    await system.grant(ALICE);
    await system.clock.advance(5_000);
    system.okta.editZone(ZONE, { gateways: [{ type: 'CIDR', value: '198.51.100.1/32' }] });
    await system.clock.advance(6 * 60_000);
    expect(audited(system, 'zone-updated')[1]).toMatchObject({ cause: 'repair', added: [`${ALICE}/32`] });
  });

  it('says what came to nothing', async () => {
    const system = new VirtualSystem();
    await system.send('access.granted', { ip: ALICE }, { id: 'evt-1' });
    const late = { type: 'access.granted', timestamp: new Date(system.clock.now() - 60_000).toISOString() };
    const body = JSON.stringify({ ...late, data: { acl: ACL, ip: ALICE } });
    await system.post({ id: 'evt-late', body });
    expect(audited(system, 'event-overtaken')).toMatchObject([{ webhookId: 'evt-late', ip: ALICE }]);
  });

  it('names the events that wait where Okta fails', async () => {
    const system = new VirtualSystem();
    system.oktaCredentials.text = undefined;
    await system.send('access.granted', { ip: ALICE }, { id: 'evt-1' });
    await system.clock.advance(2_000);
    expect(system.lines.find(({ code }) => code === 'ZONE006')).toMatchObject({ acl: ACL, webhookIds: ' evt-1 ' });
  });
});
