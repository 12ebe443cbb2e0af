import { beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLE_IP, EXAMPLE_WEBHOOK_ID, SAVED_QUERIES } from '../../cdk/saved-queries.ts';
import { AUDIT } from '../../lib/names.ts';
import type { Fields } from '../../lib/ports.ts';
import { fieldsOf, insights } from '../helpers/insights.ts';
import { ACL, VirtualSystem, ZONE } from '../helpers/virtual-system.ts';
import { FUNCTIONS, property, resourceOf, resourcesOf, templateWith } from './synthesised.ts';

const BOB = '203.0.113.70';
const template = templateWith();
const saved = new Map(
  resourcesOf(template, 'AWS::Logs::QueryDefinition').map(([, { Properties }]) => [
    String(Properties.Name).replace('KnocknocOkta/', ''),
    Properties,
  ]),
);
const query = (name: string) => String(saved.get(name)?.QueryString);

/** What the production functions write in a day with a bit of everything. */
const lines: Fields[] = [];
beforeAll(async () => {
  const system = new VirtualSystem();
  const alice = { grantId: 'session-1', user: 'alice@example.com' };
  await system.send('access.granted', { ip: EXAMPLE_IP, ...alice }, { id: EXAMPLE_WEBHOOK_ID });
  await system.send('access.granted', { ip: BOB, user: 'bob@example.com' }, { id: 'msg_10' });
  await system.send('access.granted', { ip: '203.0.113.71', durationSeconds: 20 }, { id: 'msg_11' });
  await system.send('access.granted', { ip: '203.0.113.72', grantId: 'a' }, { id: 'msg_12' });
  await system.clock.advance(60_000);
  await system.send('access.revoked', { ip: '203.0.113.72' }, { id: 'msg_13' });
  await system.send('access.granted', { ip: 'nonsense' }, { id: 'msg_14' });
  await system.clock.advance(60_000);
  system.okta.removeZone(ZONE);
  await system.send('access.revoked', { ip: BOB }, { id: 'msg_15' });
  await system.clock.advance(120_000);
  lines.push(...system.lines);
});

describe('the saved queries', () => {
  it('are saved under the name of the stack, over the log groups of all functions', () => {
    expect([...saved.keys()].toSorted()).toEqual(Object.keys(SAVED_QUERIES).toSorted());
    const groups = FUNCTIONS.map((name) => ({ Ref: resourceOf(template, 'AWS::Logs::LogGroup', `${name}Logs`)[0] }));
    for (const properties of saved.values()) {
      const names = property({ Type: '', Properties: properties }, 'LogGroupNames') as unknown[];
      expect(names).toHaveLength(groups.length);
      expect(names).toEqual(expect.arrayContaining(groups));
    }
  });

  it.each(Object.keys(SAVED_QUERIES))('%s: every field it reads is one that the functions write', (name) => {
    const written = new Set(lines.flatMap((line) => Object.keys(line)));
    const read = fieldsOf(query(name));
    expect(read.length).toBeGreaterThan(0);
    expect(read.filter((field) => !written.has(field))).toEqual([]);
  });

  it('know only actions that the functions write', () => {
    const written = new Set(lines.map(({ action }) => action));
    const [, list = ''] = /action in \[(.*)\]/.exec(query('Who is in the zone and why')) ?? [];
    const filtered = [...list.matchAll(/'([^']+)'/g)].map(([, action]) => action);
    expect(filtered.length).toBeGreaterThan(3);
    expect(filtered.filter((action) => !written.has(action))).toEqual([]);
    expect(Object.values(AUDIT)).toEqual(expect.arrayContaining(filtered));
  });
});

describe('the answers', () => {
  it('what happened to an IP: its grant and the zone that it came into, and nothing of its neighbours', () => {
    const found = insights(query('What happened to this IP'), lines);
    expect(found).toMatchObject([
      { action: 'event-accepted', ip: EXAMPLE_IP, webhookId: EXAMPLE_WEBHOOK_ID },
      { action: 'granted', ip: EXAMPLE_IP, user: 'alice@example.com' },
      { action: 'zone-updated', zoneId: ZONE, added: expect.arrayContaining([`${EXAMPLE_IP}/32`]) },
    ]);
  });

  it('who is in: those whose grant neither was revoked nor ended nor expired', () => {
    expect(insights(query('Who is in the zone and why'), lines)).toMatchObject([
      { acl: ACL, ip: EXAMPLE_IP, grantId: 'session-1', person: 'alice@example.com', because: EXAMPLE_WEBHOOK_ID },
    ]);
  });

  it('failures: how often each code came, and for which zone', () => {
    const found = insights(query('Failures by code'), lines);
    expect(found).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ code: 'ZONE001', acl: ACL, zoneId: ZONE, example: expect.any(String) }),
        expect.objectContaining({ code: 'HOOK005', times: 1 }),
      ]),
    );
    expect(found.map(({ code }) => code).toSorted()).toEqual(['HOOK005', 'ZONE001']);
  });

  it('the path of an event: from the webhook to the zone', () => {
    const found = insights(query("One event's path"), lines);
    expect(found.map(({ action }) => action)).toEqual(['event-accepted', 'granted', 'zone-updated', 'zone-confirmed']);
  });

  it('the path of an event that Okta does not take: up to the code', () => {
    const other = query("One event's path").replaceAll(EXAMPLE_WEBHOOK_ID, 'msg_15');
    const found = insights(other, lines).map(({ action, code }) => action ?? code);
    expect(found.slice(0, 4)).toEqual(['event-accepted', 'grant-ended', 'revoked', 'ZONE001']);
  });
});
