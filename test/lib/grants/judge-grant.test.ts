import { describe, expect, it } from 'vitest';
import { eventOrder } from '../../../lib/grants/event-order.ts';
import { GrantJudge, isUnusable } from '../../../lib/grants/judge-grant.ts';
import type { Item } from '../../../lib/ports.ts';
import { ACL, NOW, positionAt } from '../../helpers/events.ts';

const ALICE = '203.0.113.1';
const MONTH_MS = 43_200 * 60_000;
const order = eventOrder(BigInt(NOW) * 1_000_000n, positionAt(1));
const row = (changes: Readonly<Record<string, unknown>> = {}) => {
  const all = { acl: ACL, item: `GRANT#${ALICE}#x`, ip: ALICE, grantId: 'x', expiresAt: NOW + 1, order, since: order };
  return Object.fromEntries(Object.entries({ ...all, ...changes }).filter(([, value]) => value !== undefined)) as Item;
};
const judge = new GrantJudge({ allowPrivate: false, allowIpv6: false }, NOW);
const whyNot = (changes: Readonly<Record<string, unknown>>) => {
  const judged = judge.judge(row(changes));
  return isUnusable(judged) ? judged.why : undefined;
};

describe('the row of a grant', () => {
  it('is that grant, whatever else it holds', () => {
    const grant = { acl: ACL, ip: ALICE, grantId: 'x', expiresAt: NOW + 1, order, since: order, stored: NOW };
    expect(judge.judge(row({ ttl: 5, user: undefined, fromAnotherVersion: { deep: [1] } }))).toStrictEqual(grant);
    expect(judge.judge(row({ user: 'alice' }))).toStrictEqual({ ...grant, user: 'alice' });
    const anonymous = row({ item: `GRANT#${ALICE}#`, grantId: undefined });
    expect(judge.judge(anonymous)).not.toHaveProperty('grantId');
  });

  it('was stored when it says so or, where that cannot be, not before its event', () => {
    const storedOf = (stored: unknown) => judge.judge(row({ stored }));
    expect(storedOf(NOW - 5)).toMatchObject({ stored: NOW - 5 });
    for (const none of [undefined, 'x', 1.5, NOW + 300_001]) expect(storedOf(none)).toMatchObject({ stored: NOW });
  });

  it('stands since its own order where it says nothing usable else: a later event must not have to mend that', () => {
    for (const since of [undefined, 7, 'zzz', { deep: 1 }]) {
      expect(judge.judge(row({ since }))).toMatchObject({ since: order });
    }
  });

  it.each([
    [
      'its IP is not acceptable',
      'ip',
      ['0.0.0.0/0', '203.0.113.0/24', 'not an ip', '', 7, undefined, ['203.0.113.1'], '10.0.0.1'],
    ],
    ['its grantId is not one', 'grantId', ['', 7, 'a\nb', ['x']]],
    ['its user is not one', 'user', ['', 7, false, 'a\u0000']],
    ['its expiresAt is no moment', 'expiresAt', ['tomorrow', undefined, NOW + 0.5, 1e300, Number.NaN, '1795546800000']],
    ['it ends later than any grant can', 'expiresAt', [NOW + MONTH_MS + 600_000, Number.MAX_SAFE_INTEGER]],
    [
      'its order is not one that an event can have',
      'order',
      [
        undefined,
        7,
        '',
        'zzz',
        '1',
        `0${order}`,
        eventOrder(BigInt(NOW + 600_000) * 1_000_000n, positionAt(1)),
        [order],
      ],
    ],
    ['it stands under the name of another grant', 'item', [`GRANT#${ALICE}#y`, 'GRANT#203.0.113.2#x', 'GRANT#']],
  ])('is unusable: %s', (why, name, values) => {
    for (const value of values) expect([value, whyNot({ [name]: value })]).toEqual([value, why]);
  });

  it('is named by its key, and shows nothing of itself', () => {
    expect(judge.judge(row({ ip: 'hush-hush' }))).toStrictEqual({
      ...{ acl: ACL, item: `GRANT#${ALICE}#x`, why: 'its IP is not acceptable' },
    });
  });

  it('may be a private or an IPv6 one where these are let in', () => {
    for (const ip of ['10.0.0.1', '2001:db8::1']) {
      const stored = row({ ip, item: `GRANT#${ip}#x` });
      expect(isUnusable(judge.judge(stored))).toBe(true);
      expect(new GrantJudge({ allowPrivate: true, allowIpv6: true }, NOW).judge(stored)).toMatchObject({ ip });
    }
  });

  it('may end as late as a grant that the webhook has just accepted', () => {
    expect(whyNot({ expiresAt: NOW + MONTH_MS })).toBeUndefined();
  });
});

describe('what the index holds of a grant', () => {
  const brief = (changes: Readonly<Record<string, unknown>> = {}) =>
    row({ grantId: undefined, order: undefined, ...changes });

  it('is what lists are made of', () => {
    expect(judge.judgeHolder(brief())).toStrictEqual({ ip: ALICE, expiresAt: NOW + 1, since: order });
    expect(judge.judgeHolder(row({ user: 'alice' }))).toStrictEqual({ ip: ALICE, expiresAt: NOW + 1, since: order });
  });

  it.each([
    ['its IP is not acceptable', { ip: '0.0.0.0/0', item: 'GRANT#0.0.0.0/0#x' }],
    ['its IP is not acceptable', { ip: undefined }],
    ['its expiresAt is no moment', { expiresAt: 1.5 }],
    ['it ends later than any grant can', { expiresAt: NOW + 2 * MONTH_MS }],
    ['its order is not one that an event can have', { since: undefined }],
    ['its order is not one that an event can have', { since: '99999999999999999999' }],
    ['it stands under the name of another grant', { item: 'GRANT#203.0.113.2#x' }],
    ['it stands under the name of another grant', { item: 'GRANT#203.0.113.10#x' }],
    ['it stands under the name of another grant', { item: 'LAST#203.0.113.1#x' }],
  ])('is not usable where %s: %j', (why, changes) => {
    expect(judge.judgeHolder(brief(changes))).toStrictEqual({ acl: ACL, item: brief(changes).item, why });
  });
});
