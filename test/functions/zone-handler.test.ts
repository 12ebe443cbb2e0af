import { beforeEach, describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/zone.ts';
import { ITEM, ORG_LIMIT_ITEM, ORG_PARTITION, SEEN_PARTITION } from '../../lib/names.ts';
import { lambdaContext, streamEvent } from '../../local/stand-ins/aws-events.ts';
import { type Change, MemoryTable } from '../../local/stand-ins/memory-table.ts';
import { ACL, configOf, granted } from '../helpers/events.ts';
import { TOKEN, ZoneWorld } from '../helpers/zone-world.ts';

const ALICE = '203.0.113.1';
const config = configOf({ acls: { [ACL]: { zoneIds: ['nzo1'] }, other: { zoneIds: ['nzo2'] } } });
let world: ZoneWorld;
beforeEach(() => {
  world = new ZoneWorld({ config });
});
const change = (item: string, acl = ACL, eventName: Change['eventName'] = 'MODIFY') => ({
  eventName,
  key: { acl, item },
  byTtl: false,
});
const handle = (changes: readonly Change[], remainingMs = 30_000, deps = world.deps) => {
  const end = world.clock.now() + remainingMs;
  const context = lambdaContext('zone', 'request-1', () => end - world.clock.now());
  return world.clock.finish(Promise.resolve(createHandler(() => deps)(streamEvent(changes), context)));
};

describe('a record of the table’s stream', () => {
  it.each([
    ['a grant that its TTL removed', { ...change(`${ITEM.grant}${ALICE}#`, ACL, 'REMOVE'), byTtl: true }],
    ['an event that was applied', change(ITEM.wake)],
    ['a request for a rebuild', change(ITEM.wake)],
  ])('leads to a rebuild: %s', async (_, one) => {
    await world.apply(granted(ALICE, 0));
    await handle([one]);
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
  });

  it.each([
    ['a grant that came', change(`${ITEM.grant}${ALICE}#`, ACL, 'INSERT')],
    ['a grant that changed', change(`${ITEM.grant}${ALICE}#x`)],
    ['a grant that a function removed', change(`${ITEM.grant}${ALICE}#`, ACL, 'REMOVE')],
    ['the state of the zones', change(ITEM.state)],
    ['the last event of a grant', change(`${ITEM.last}${ALICE}#`)],
    ['the last revoke of an IP', change(`${ITEM.revoked}${ALICE}`)],
    ['the last flush', change(ITEM.flushed)],
    ['a webhook id', change(SEEN_PARTITION, `${SEEN_PARTITION}abc`)],
    ['the rest that Okta wants', change(ORG_LIMIT_ITEM, ORG_PARTITION)],
    ['an item that is not known', change('FUTURE')],
  ])('leads to nothing: %s', async (_, one) => {
    await world.apply(granted(ALICE, 0));
    const before = world.table.items();
    await handle([one]);
    expect(world.calls()).toBe(0);
    expect(world.table.items()).toEqual(before);
  });

  it('leads to nothing that an ACL’s rebuild itself writes: it never wakes itself', async () => {
    await world.apply(granted(ALICE, 0));
    world.changes.length = 0;
    await world.rebuild();
    world.okta.revokeToken(TOKEN);
    await world.clock.advance(300_000);
    await world.rebuild();
    expect(world.codes()).toEqual(['OKTA001']);
    expect(world.changes.length).toBeGreaterThan(4);
    const calls = world.calls();
    await handle([...world.changes]);
    expect(world.calls()).toBe(calls);
  });

  it('without keys, or of another shape, is passed over', async () => {
    const context = lambdaContext('zone', 'r', () => 30_000);
    const Records = [{}, { dynamodb: {} }, { dynamodb: { Keys: {} } }, { dynamodb: { Keys: { acl: { N: '1' } } } }];
    await createHandler(() => world.deps)({ Records }, context);
    expect(world.calls()).toBe(0);
    expect(world.codes()).toEqual([]);
  });
});

describe('a batch of the stream', () => {
  it('means one rebuild for each ACL in it, however many records', async () => {
    await world.apply(granted(ALICE, 0), granted('203.0.113.2', 0, { acl: 'other' }));
    await handle([change(ITEM.wake), change(ITEM.wake), change(`${ITEM.grant}x#`), change(ITEM.wake, 'other')]);
    expect(
      world.okta
        .requests()
        .map(({ method, zoneId }) => `${method} ${zoneId}`)
        .sort(),
    ).toEqual([...['GET nzo1', 'GET nzo2', 'PUT nzo1', 'PUT nzo2']]);
  });

  it('with an ACL that is not configured any more goes on with the others', async () => {
    await world.apply(granted(ALICE, 0));
    await handle([change(ITEM.wake, 'gone'), change(ITEM.wake)]);
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
    expect(world.codes()).toEqual([]);
  });

  it('in which the table fails for one ACL does the others, and comes again', async () => {
    class HalfBroken extends MemoryTable {
      override async get(...args: Parameters<MemoryTable['get']>) {
        if (args[0].acl === ACL && args[0].item === ITEM.wake) throw new Error('this partition does not answer');
        return super.get(...args);
      }
    }
    world = new ZoneWorld({ config, Table: HalfBroken });
    await world.apply(granted('203.0.113.2', 0, { acl: 'other' }));
    await expect(handle([change(ITEM.wake), change(ITEM.wake, 'other')])).rejects.toThrow(
      'the zones could not be rebuilt for 1 ACLs',
    );
    expect(world.gateways('nzo2')).toEqual(['203.0.113.2/32']);
    expect(world.lines.filter(({ code }) => code)).toMatchObject([
      { code: 'STORE001', acl: ACL, awsRequestId: 'request-1' },
    ]);
  });

  it('in which Okta fails for one ACL does the others, and counts as done', async () => {
    await world.apply(granted(ALICE, 0), granted('203.0.113.2', 0, { acl: 'other' }));
    world.okta.removeZone('nzo1');
    await handle([change(ITEM.wake), change(ITEM.wake, 'other')]);
    expect(world.gateways('nzo2')).toEqual(['203.0.113.2/32']);
    expect(world.codes()).toEqual(['ZONE001']);
  });

  it('for which no time is left calls nobody, and is woken again', async () => {
    await world.apply(granted(ALICE, 0));
    await handle([change(ITEM.wake)], 10_000);
    expect(world.calls()).toBe(0);
    expect(world.timers).toHaveLength(1);
  });
});

describe('every log line of an invocation', () => {
  it('names the invocation', async () => {
    await world.apply(granted(ALICE, 0));
    await handle([change(ITEM.wake)]);
    const lines = world.lines.filter(({ message }) => message !== undefined);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatchObject({ awsRequestId: 'request-1' });
  });
});
