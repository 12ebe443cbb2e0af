import { describe, expect, it } from 'vitest';
import { freeAddress } from '../../cli/selftest/free-address.ts';
import { takeTurn } from '../../cli/selftest/once-a-minute.ts';
import { parseConfig } from '../../config/load.ts';
import { SELFTEST_ITEM, SELFTEST_PARTITION } from '../../lib/names.ts';
import { MemoryTable } from '../../local/stand-ins/memory-table.ts';
import { ACL, ALICE, CliWorld, TOKEN, ZONE } from './cli-world.ts';
import { typed } from './typed.ts';

interface Stages {
  readonly exitCode: number;
  readonly ip: string;
  readonly stages: readonly { readonly stage: string; readonly ms?: number; readonly failed?: string }[];
}

async function tested(world: CliWorld, args = ''): Promise<Stages> {
  return JSON.parse((await world.run(`selftest --json ${args}`)).out);
}

const NOW = Date.parse('2026-11-24T18:00:00Z');

describe.concurrent('selftest', () => {
  it('lets an address in and out, says how long each stage took, and leaves everything as it was', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE);
    const { code, out } = await world.run('selftest');
    expect(code).toBe(0);
    const lines = out.split('\n').slice(1);
    expect(lines[0]).toBe(`203.0.113.254 in and out of ${ACL}`);
    const stages = lines.slice(1).map((line) => /^✔ (\w+) +\d+\.\d\d s /.exec(line)?.[1]);
    expect(stages).toEqual(['accepted', 'stored', 'written', 'confirmed', 'gone']);
    expect(await world.gateways()).toEqual([`${ALICE}/32`]);
    const { acls } = await world.json('status');
    expect(acls).toMatchObject([{ grants: [{ ip: ALICE }], standing: 'right' }]);
  });

  it('tells programs the same, with times that follow each other', async () => {
    const { exitCode, stages } = await tested(await CliWorld.start());
    expect(exitCode).toBe(0);
    const times = stages.slice(0, 4).map(({ ms }) => ms ?? -1);
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
  });

  it('runs once a minute, whoever runs it, and sends nothing otherwise', async () => {
    const world = await CliWorld.start();
    await world.run('selftest');
    const accepted = async () => (await world.system.logs()).filter(({ action }) => action === 'event-accepted').length;
    const before = await accepted();
    const again = await world.run('selftest');
    expect({ code: again.code, out: again.out }).toEqual({ code: 2, out: '' });
    expect(again.notes).toMatch(/less than a minute ago\n {2}→ Try again in \d+ s\./);
    expect(await accepted()).toBe(before);
  });

  it('says at which stage it ends and why, and takes the address out all the same', async () => {
    const world = await CliWorld.start({ gatewayLimit: 1 });
    await world.grant(ALICE);
    const full = await tested(world);
    expect(full).toMatchObject({
      exitCode: 2,
      stages: [
        { stage: 'accepted' },
        { stage: 'stored' },
        { stage: 'written', failed: expect.stringContaining('ZONE005'), advice: expect.stringContaining('zone') },
        { stage: 'gone', ms: expect.any(Number) },
      ],
    });
    const { acls } = await world.json('status');
    expect(acls).toMatchObject([{ grants: [{ ip: ALICE }] }]);
  });

  it('ends where the event is refused: then there is nothing to take out', async () => {
    const world = await CliWorld.start();
    const target = await world.target();
    const read = async () => JSON.stringify({ current: Buffer.alloc(33, 'x').toString('base64') });
    const other = async () => ({ ...target, webhookSecret: { ...target.webhookSecret, read } });
    const { code, out } = await typed('selftest', other);
    expect(code).toBe(2);
    expect(out.split('\n').slice(2)).toEqual([
      expect.stringMatching(/^✘ accepted +401 HOOK001: /),
      expect.stringContaining('→ Was the key changed just now?'),
    ]);
  });

  it('does not wait for what cannot come', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE);
    await world.system.simulator.revokeToken(TOKEN);
    const { exitCode, stages } = await tested(world);
    expect(exitCode).toBe(2);
    expect(stages.map(({ stage, failed }) => [stage, failed === undefined])).toEqual([
      ['accepted', true],
      ['stored', true],
      ['written', false],
      ['gone', true],
    ]);
    expect(stages[2]?.failed).toContain('OKTA001');
  });
});

describe('the address of a self-test', () => {
  const config = (changes: object = {}) =>
    parseConfig({ okta: { domain: 'acme.okta.com' }, acls: { [ACL]: { zoneIds: [ZONE], ...changes } } });

  it.each([
    ['203.0.113.254', {}, []],
    ['203.0.113.253', {}, [{ ip: '203.0.113.254' }]],
    ['203.0.113.127', { alwaysAllow: ['203.0.113.128/25'] }, []],
    ['198.51.100.254', { alwaysAllow: ['203.0.113.0/24'] }, []],
  ])('is %s', (ip, changes, grants) => {
    expect(freeAddress(ACL, config(changes), grants)).toBe(ip);
  });

  it('is none where all are let in', () => {
    const everything = config({ alwaysAllow: ['203.0.113.0/24', '198.51.100.0/24'] });
    expect(() => freeAddress(ACL, everything, [])).toThrow('lets in every documentation address');
  });
});

describe('the turn of a minute', () => {
  const row = { acl: SELFTEST_PARTITION, item: SELFTEST_ITEM };

  it('is taken once, by one of those who try at the same time', async () => {
    const table = new MemoryTable();
    const tries = await Promise.allSettled(['a', 'b', 'c'].map((name) => takeTurn(table, NOW, name)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it.each([
    ['a minute ago', -60_000, true],
    ['less than a minute ago', -59_999, false],
    ['by a clock that is a little ahead', 30_000, false],
    ['by a clock that is far ahead', 3_600_000, true],
  ])('that was taken %s', async (_, offset, isFree) => {
    const table = new MemoryTable();
    await table.write([{ put: { ...row, at: NOW + offset, run: 'other' } }]);
    const taken = await takeTurn(table, NOW, 'mine').then(
      () => true,
      () => false,
    );
    expect(taken).toBe(isFree);
  });

  it('is not stopped by a row that holds something else', async () => {
    const table = new MemoryTable();
    await table.write([{ put: { ...row, at: 'soon', run: 7 } }]);
    await takeTurn(table, NOW, 'mine');
    expect(await table.get(row)).toMatchObject({ at: NOW, run: 'mine' });
  });
});
