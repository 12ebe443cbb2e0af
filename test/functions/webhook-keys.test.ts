import { beforeEach, describe, expect, it } from 'vitest';
import { ACL, OLD_WEBHOOK_KEY, type Raw, VirtualSystem, WEBHOOK_KEY } from '../helpers/virtual-system.ts';

const key = (letter: string) => Buffer.alloc(33, letter).toString('base64');
const [LAB, LAB_BEFORE] = [key('l'), key('m')];
const ALICE = '203.0.113.7';
const acls = {
  [ACL]: { zoneIds: ['nzoA'] },
  lab: { zoneIds: ['nzoB'] },
  dev: { zoneIds: ['nzoC'], allowBearer: true },
};
const TOKEN = 'bearer-of-dev_0123456789';
const SECRET = {
  ...{ current: WEBHOOK_KEY, previous: OLD_WEBHOOK_KEY },
  acls: { lab: { current: `whsec_${LAB}`, previous: LAB_BEFORE }, dev: { bearer: { current: TOKEN } } },
};
let system: VirtualSystem;
beforeEach(() => {
  system = new VirtualSystem({ acls });
  system.webhookSecret.text = JSON.stringify(SECRET);
});

const shows = (token: string): Raw => ({
  headers: { authorization: `Bearer ${token}`, 'webhook-signature': undefined, 'webhook-timestamp': undefined },
});
async function answered(acl: string, raw: Raw): Promise<string> {
  const { status, body } = await system.send('access.granted', { acl, ip: ALICE }, raw);
  return [status, ...(body.code === undefined ? [] : [body.code])].join(' ');
}

describe('an event is taken', () => {
  it.each([
    [
      'the current key of all',
      { key: WEBHOOK_KEY },
      { [ACL]: '202', lab: '401 HOOK001', dev: '202', no: '404 HOOK004' },
    ],
    ['the previous key of all', { key: OLD_WEBHOOK_KEY }, { [ACL]: '202', lab: '401 HOOK001', no: '404 HOOK004' }],
    ['the key of an ACL', { key: LAB }, { [ACL]: '401 HOOK001', lab: '202', dev: '401 HOOK001', no: '401 HOOK001' }],
    ['the key of an ACL with whsec_', { key: `whsec_${LAB}` }, { lab: '202' }],
    ['the previous key of an ACL', { key: LAB_BEFORE }, { [ACL]: '401 HOOK001', lab: '202', no: '401 HOOK001' }],
    ['a bearer token', shows(TOKEN), { [ACL]: '401 HOOK001', lab: '401 HOOK001', dev: '202', no: '401 HOOK001' }],
  ] as const)('by what %s speaks for', async (_, raw, expected) => {
    const found: Record<string, string> = {};
    for (const acl of Object.keys(expected)) found[acl] = await answered(acl, raw);
    expect(found).toEqual(expected);
    const accepted = Object.values(expected).filter((status) => status === '202').length;
    await system.clock.advance(1_000);
    expect(system.lines.filter(({ action }) => action === 'event-accepted')).toHaveLength(accepted);
    expect(system.lines.filter(({ action }) => action === 'granted')).toHaveLength(accepted);
  });

  it('under the same id by each ACL’s sender, once for each', async () => {
    expect(await answered(ACL, { id: 'one' })).toBe('202');
    expect(await answered('lab', { id: 'one', key: LAB })).toBe('202');
    expect(await answered('dev', { id: 'one', ...shows(TOKEN) })).toBe('202');
    await system.clock.advance(1_000);
    const granted = system.lines.filter(({ action }) => action === 'granted');
    expect(granted.map(({ acl, webhookId }) => [acl, webhookId])).toEqual([
      [ACL, 'one'],
      ['lab', 'one'],
      ['dev', 'one'],
    ]);
  });

  it.each(['', 'a'.repeat(129), 'a.b', 'a b', 'ä', 'a\n'])('under no other id than the rule allows: %j', async (id) => {
    expect(await answered('lab', { id, key: LAB })).toMatch(/^40[01] HOOK00[13]$/);
    // A sender without an id gets one.
    expect(await answered('dev', { id, ...shows(TOKEN) })).toBe(id === '' ? '202' : '400 HOOK003');
  });

  it('for the same grant however its text is composed', async () => {
    const [composed, decomposed] = ['Jörg', 'Jo\u0308rg'];
    await system.send('access.granted', { acl: 'lab', ip: ALICE, grantId: composed }, { key: LAB });
    await system.send('access.revoked', { acl: 'lab', ip: ALICE, grantId: decomposed }, { key: LAB });
    await system.clock.advance(1_000);
    expect(system.functions.table.items().filter(({ item }) => item.startsWith('GRANT#'))).toEqual([]);
  });
});

describe('a mistake in the secret', () => {
  it('closes the ACL that it is in, and no other', async () => {
    for (const lab of [5, null, [], { current: 'short' }, { curent: LAB }]) {
      system = new VirtualSystem({ acls });
      system.webhookSecret.text = JSON.stringify({ ...SECRET, acls: { ...SECRET.acls, lab } });
      expect([await answered(ACL, {}), await answered('dev', shows(TOKEN))]).toEqual(['202', '202']);
      expect([await answered('lab', {}), await answered('lab', { key: LAB })]).toEqual(['401 HOOK001', '401 HOOK001']);
    }
  });

  it('that leaves open whom a key speaks for is answered with 503, until it is mended', async () => {
    system.webhookSecret.text = JSON.stringify({ ...SECRET, acls: 'none' });
    for (const raw of [{}, { key: LAB }, shows(TOKEN)]) expect(await answered(ACL, raw)).toBe('503 HOOK007');
    system.webhookSecret.text = JSON.stringify(SECRET);
    await system.clock.advance(11_000);
    expect(await answered(ACL, {})).toBe('202');
  });

  it('is mended within ten seconds also for those whose key fits already', async () => {
    system.webhookSecret.text = JSON.stringify({ ...SECRET, acls: { dev: { current: 'short' } } });
    expect(await answered('dev', {})).toBe('401 HOOK001');
    system.webhookSecret.text = JSON.stringify({ ...SECRET, acls: {} });
    await system.clock.advance(10_000);
    expect(await answered('dev', {})).toBe('202');
  });
});
