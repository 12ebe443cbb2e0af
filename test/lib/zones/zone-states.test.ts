import { describe, expect, it } from 'vitest';
import { ITEM } from '../../../lib/names.ts';
import type { Table, Value } from '../../../lib/ports.ts';
import { readState, type ZoneState } from '../../../lib/zones/zone-state.ts';
import { LeaseLost, ZoneStates } from '../../../lib/zones/zone-states.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';

const NOW = 1_800_000_000_000;
const [ACL, END] = ['lab', NOW + 35_000];
const STATE: ZoneState = {
  zones: { nzo1: { write: 3, rightAt: NOW, doubtUntil: NOW + 9, trouble: { code: 'ZONE004', detail: 'x', at: NOW } } },
  ...{ notBefore: NOW, dueAt: NOW, unfinished: true, confirmedPosition: 'p', confirmedChanges: 2, configHash: 'h' },
  ...{ nextExpiry: NOW, waiting: 1, gateways: 2 },
  lastError: { code: 'ZONE005', detail: 'x', at: NOW, since: NOW, zoneId: 'nzo1', position: 'p' },
};

/** A table whose writes take place, while the client gets no answer and asks again. */
class LostAnswer extends MemoryTable {
  override async write(...args: Parameters<Table['write']>): ReturnType<Table['write']> {
    await super.write(...args);
    return super.write(...args);
  }
}

describe.each([
  ['a table', () => new MemoryTable()],
  ['a table whose answers are lost', () => new LostAnswer()],
])('the lease on an ACL, in %s', (_, table) => {
  it('is held by one at a time, and is free again when it is let go', async () => {
    const states = new ZoneStates(table());
    expect(await states.take(ACL, 'one', NOW, END)).toMatchObject({ taken: true });
    expect(await states.take(ACL, 'two', NOW + 1, END)).toMatchObject({ taken: false, until: END });
    await states.assertHeld(ACL, 'one', NOW + 1);
    await expect(states.assertHeld(ACL, 'two', NOW + 1)).rejects.toThrow(LeaseLost);
    await states.release(ACL, 'one', STATE);
    expect(await states.take(ACL, 'two', NOW + 2, END)).toMatchObject({ taken: true, state: STATE });
  });

  it('is looked for once for what follows within a second, and again after that or where the clock was set back', async () => {
    const stolen = async (now: number) => {
      const shared = table();
      const states = new ZoneStates(shared);
      await states.take(ACL, 'one', NOW, END);
      await shared.write([{ update: { acl: ACL, item: ITEM.state }, set: { leaseOwner: 'two' } }]);
      return states.assertHeld(ACL, 'one', now);
    };
    await stolen(NOW + 999);
    await expect(stolen(NOW + 1_000)).rejects.toThrow(LeaseLost);
    await expect(stolen(NOW - 1)).rejects.toThrow(LeaseLost);
  });

  it('ends by itself, after which its holder can save nothing', async () => {
    const states = new ZoneStates(table());
    await states.take(ACL, 'one', NOW, END);
    expect(await states.peek(ACL, END)).toMatchObject({ lease: { owner: 'one' }, wasLeft: false });
    expect(await states.peek(ACL, END + 1)).toMatchObject({ wasLeft: true });
    expect(await states.take(ACL, 'two', END + 1, END + 35_000)).toMatchObject({ taken: true });
    await expect(states.release(ACL, 'one', STATE)).rejects.toThrow(LeaseLost);
    expect(await states.get(ACL)).toEqual({ zones: {} });
  });
});

describe('whoever takes the lease', () => {
  const table = () => new MemoryTable();
  const undisturbed = async (states: ZoneStates, owner: string) => {
    const taken = await states.take(ACL, owner, NOW, END);
    return taken.taken && taken.isUndisturbed;
  };

  it('is told that nobody else had it since this process let go of it', async () => {
    const states = new ZoneStates(table());
    expect(await undisturbed(states, 'one')).toBe(false);
    await states.release(ACL, 'one', STATE);
    expect(await undisturbed(states, 'two')).toBe(true);
    await states.release(ACL, 'two', STATE);
    expect(await undisturbed(states, 'three')).toBe(true);
  });

  it('knows no zone as it was before another process had the lease, though it had it again since', async () => {
    const shared = table();
    const [states, other] = [new ZoneStates(shared), new ZoneStates(shared)];
    const lists = (list: string) => ({ before: [], after: [list] });
    const first = await states.items.announce('nzo1', ACL, 'none', lists('198.18.0.1/32'), NOW);
    await undisturbed(states, 'one');
    await states.release(ACL, 'one', STATE);
    await undisturbed(other, 'two');
    const second = await other.items.announce('nzo1', ACL, first ?? 'none', lists('198.18.0.2/32'), NOW + 1);
    await other.release(ACL, 'two', STATE);
    // It lets go at once, since nothing may be called yet.
    expect(await undisturbed(states, 'three')).toBe(false);
    await states.release(ACL, 'three', STATE);
    expect(await undisturbed(states, 'four')).toBe(true);
    expect(await states.items.known('nzo1', ACL)).toEqual(second);
  });

  it('is not told so where another process had it, whether that let go of it or died', async () => {
    const shared = table();
    const [states, other] = [new ZoneStates(shared), new ZoneStates(shared)];
    await states.take(ACL, 'one', NOW, END);
    await states.release(ACL, 'one', STATE);
    await other.take(ACL, 'two', NOW, END);
    await other.release(ACL, 'two', STATE);
    expect(await undisturbed(states, 'three')).toBe(false);
    await states.release(ACL, 'three', STATE);
    await other.take(ACL, 'four', NOW - 60_000, NOW - 1);
    expect(await undisturbed(states, 'five')).toBe(false);
  });

  it('is not told so of another ACL', async () => {
    const states = new ZoneStates(table());
    await states.take('other', 'one', NOW, END);
    await states.release('other', 'one', STATE);
    expect(await undisturbed(states, 'two')).toBe(false);
  });
});

describe('the stored state', () => {
  it('has of a usual zone its two numbers alone, and comes back as it was', async () => {
    const memory = new MemoryTable();
    const states = new ZoneStates(memory);
    await states.take(ACL, 'one', NOW, END);
    const zones = { a: { write: 3, rightAt: NOW }, b: { write: 3 }, c: { rightAt: NOW }, d: {}, ...STATE.zones };
    await states.release(ACL, 'one', { ...STATE, zones });
    expect((await memory.get({ acl: ACL, item: ITEM.state }))?.zones).toMatchObject({ a: [3, NOW], b: { write: 3 } });
    expect(await states.get(ACL)).toEqual({ ...STATE, zones });
  });
});

describe('the lease', () => {
  it('is taken by one of two who ask at once', async () => {
    const table = new MemoryTable();
    const [one, two] = [new ZoneStates(table), new ZoneStates(table)];
    const taken = await Promise.all([one.take(ACL, 'one', NOW, END), two.take(ACL, 'two', NOW, END)]);
    expect(taken.filter((each) => each.taken)).toHaveLength(1);
  });

  it.each<[string, { readonly [attribute: string]: Value }]>([
    ['that lasts for years', { leaseOwner: 'x', leaseUntil: 58_868 * 365 * 86_400_000 }],
    ['whose end is text', { leaseOwner: 'x', leaseUntil: 'tomorrow' }],
    ['without a holder', { leaseUntil: END }],
    ['of another shape', { leaseOwner: { name: 'x' }, leaseUntil: [] }],
  ])('is free where one is stored %s', async (_, attributes) => {
    const table = new MemoryTable();
    await table.write([{ put: { acl: ACL, item: ITEM.state, ...attributes } }]);
    const states = new ZoneStates(table);
    expect(await states.take(ACL, 'one', NOW, END)).toMatchObject({ taken: true });
    expect(await states.take(ACL, 'two', NOW, END)).toMatchObject({ taken: false });
  });
});

describe('the state of an ACL', () => {
  it('is read as it was saved', () => {
    expect(readState({ acl: ACL, item: ITEM.state, ...JSON.parse(JSON.stringify(STATE)) })).toEqual({
      state: STATE,
      unreadable: [],
    });
  });

  it('knows nothing where nothing was saved', () => {
    expect(readState(undefined)).toEqual({ state: { zones: {} }, unreadable: [] });
  });

  it.each(Object.keys(STATE))('does without what can’t be read, and says so: %s', (field) => {
    const { [field]: _, ...others }: Record<string, unknown> = STATE;
    const item = {
      acl: ACL,
      item: ITEM.state,
      ...JSON.parse(JSON.stringify(STATE)),
      [field]: { of: 'another version' },
    };
    const { state, unreadable } = readState(item);
    expect(state).toEqual({ zones: {}, ...others });
    expect(unreadable.join()).toContain(field);
  });

  it('keeps what it knows of the other zones where that of one can’t be read', () => {
    const { state, unreadable } = readState({
      acl: ACL,
      item: ITEM.state,
      zones: { nzo1: 'x', nzo2: { rightAt: NOW } },
    });
    expect([state.zones, unreadable]).toEqual([{ nzo2: { rightAt: NOW } }, ['zones.nzo1']]);
  });

  it('takes a code that it does not know for trouble all the same', () => {
    const lastError = { code: 'ZONE999', detail: 'x', at: NOW, since: NOW };
    expect(readState({ acl: ACL, item: ITEM.state, lastError }).state.lastError).toMatchObject({ code: 'ZONE003' });
  });
});
