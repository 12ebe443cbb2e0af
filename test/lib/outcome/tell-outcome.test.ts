import { beforeEach, describe, expect, it } from 'vitest';
import { ERRORS } from '../../../lib/error-codes.ts';
import { MEMORY_SECONDS } from '../../../lib/grants/event-order.ts';
import { tellOutcome } from '../../../lib/outcome/tell-outcome.ts';
import { Refusal } from '../../../lib/refusal.ts';
import { granted, NOW } from '../../helpers/events.ts';
import { TOKEN, ZoneWorld } from '../../helpers/zone-world.ts';

const SOURCE = { sourceIp: '192.0.2.9' };
const ALICE = '203.0.113.1';
let world: ZoneWorld;
let authenticate: () => Promise<void>;
beforeEach(() => {
  world = new ZoneWorld();
  authenticate = async () => {};
});
interface Question {
  readonly webhookId?: string;
  readonly acl?: string;
  readonly query?: string;
  readonly prefer?: string;
}
async function ask({ webhookId = 'id-1', acl = 'okta-prod', query = '', prefer }: Question = {}) {
  const request = { headers: { prefer }, path: `/webhook/events/${acl}/${webhookId}`, query, source: SOURCE };
  const { body, ...answer } = await world.clock.finish(tellOutcome(request, { ...world.deps, authenticate }));
  return { ...answer, body: JSON.parse(body) };
}
const lines = () => world.lines.filter(({ level }) => level !== undefined);
const text = (...words: readonly string[]) => expect.stringMatching(new RegExp(words.join('.*')));

describe('a question that is refused', () => {
  it('is told why, and leaves a line with where it came from', async () => {
    authenticate = async () => {
      throw new Refusal('HOOK001', 401, 'no signature fits');
    };
    expect(await ask()).toMatchObject({ status: 401, body: { code: 'HOOK001', detail: 'no signature fits' } });
    expect(lines()).toMatchObject([
      { level: 'ERROR', code: 'HOOK001', detail: 'no signature fits', status: 401, ...SOURCE },
    ]);
    // Anybody can write names into an address.
    expect(lines()[0]).not.toHaveProperty('acl');
    expect(lines()[0]).not.toHaveProperty('webhookId');
  });

  it.each<[string, Question, object]>([
    ['what it asked about', {}, { code: 'HOOK009', acl: 'okta-prod', webhookId: 'id-1' }],
    ['an ACL that is not configured', { acl: 'nobody' }, { code: 'HOOK004', acl: 'nobody', webhookId: 'id-1' }],
    ['nothing that is no id', { webhookId: 'a.b' }, { code: 'HOOK003', acl: 'okta-prod', webhookId: undefined }],
    ['nothing that is no name of an ACL', { acl: 'a%0Ab' }, { code: 'HOOK004', acl: undefined, webhookId: 'id-1' }],
  ])('by whoever has signed it leaves a line that names %s', async (_, question, said) => {
    await ask(question);
    const [{ code, acl, webhookId } = {}] = lines();
    expect({ code, acl, webhookId }).toEqual(said);
  });

  it.each<[string, Question, number, string, string]>([
    ['an id that is none', { webhookId: 'a.b' }, 400, 'HOOK003', '1 to 128'],
    ['an ACL that is not configured', { acl: 'nobody' }, 404, 'HOOK004', 'no ACL'],
    ['an event of which nobody knows', {}, 404, 'HOOK009', 'no event'],
  ])('says so of %s', async (_, question, status, code, detail) => {
    expect(await ask(question)).toMatchObject({ status, body: { code, status, detail: text(detail) } });
  });

  it('is this side’s trouble where there is no key to check with, or the table does not answer', async () => {
    authenticate = async () => {
      throw new Error('the secret is away');
    };
    const detail = text('webhook secret', 'ask again');
    expect(await ask()).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: { code: 'HOOK007', detail },
    });
    expect(lines()[0]).toMatchObject({
      level: 'WARN',
      message: text('webhook secret'),
      reason: text('secret is away'),
    });
    authenticate = async () => {};
    world.table.get = async () => {
      throw new Error('the table is away');
    };
    expect(await ask()).toMatchObject({ status: 503, body: { code: 'STORE001', detail: text('ask again') } });
    expect(lines().at(-1)).toMatchObject({ code: 'STORE001', detail: text('outcome'), reason: text('table is away') });
  });
});

describe('what became of an event', () => {
  const grant = granted(ALICE, 1, { webhookId: 'id-1', bodyHash: 'a'.repeat(43) });
  const PENDING = { status: 202, body: { status: 'pending' } };
  const at = (seconds: number, hash = 'a') => ({ query: `hash=${hash.repeat(43)}&at=${NOW / 1000 + seconds}` });

  it('is told at once, or as long as it is waited for, and kept by nobody on the way', async () => {
    await world.apply(grant);
    const plain = { 'content-type': 'application/json', 'cache-control': 'no-store' };
    expect(await ask()).toEqual({ ...PENDING, headers: { ...plain, 'retry-after': '2' } });
    expect(world.clock.now()).toBe(NOW);
    expect(await ask({ prefer: 'wait=3' })).toEqual({
      ...PENDING,
      headers: { ...plain, 'retry-after': '2', 'preference-applied': 'wait=3' },
    });
    expect(world.clock.now()).toBe(NOW + 3_000);
    await world.rebuild();
    const applied = { status: 200, body: { status: 'applied', heldBy: 1 } };
    expect(await ask()).toEqual({ ...applied, headers: plain });
  });

  it('may still come for sixteen days after it was accepted', async () => {
    expect(await ask(at(0))).toMatchObject(PENDING);
    expect(await ask(at(-MEMORY_SECONDS))).toMatchObject(PENDING);
    expect(await ask(at(-MEMORY_SECONDS - 1))).toMatchObject({ status: 404 });
  });

  it('is another’s where another event had its id', async () => {
    await world.apply(grant);
    const other = { status: 409, body: { code: 'HOOK003', detail: text('another event', 'not applied') } };
    expect(await ask(at(0, 'b'))).toMatchObject(other);
    expect(await ask(at(0))).toMatchObject(PENDING);
  });

  it.each([
    ['that it is over', { expiresAt: NOW - 1 }, { status: 200, body: { status: 'expired' } }],
    ['that it failed, with what that means', {}, { status: 502, body: { code: 'OKTA001' } }],
  ])('is %s', async (_, more, answer) => {
    world.okta.revokeToken(TOKEN);
    await world.apply({ ...grant, ...more });
    await world.rebuild();
    const told = await ask();
    expect(told).toMatchObject(answer);
    const { meaning, impact } = ERRORS.OKTA001;
    if (told.status === 502) expect(told.body.detail).toMatch(new RegExp(`^${meaning ?? impact}.* \\(.*401.*\\)$`));
  });
});
