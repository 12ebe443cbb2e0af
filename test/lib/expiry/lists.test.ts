import { describe, expect, it } from 'vitest';
import { type ArmedReads, armReads } from '../../../lib/expiry/arm-reads.ts';
import { listAgeLimitSeconds, METRICS } from '../../../lib/names.ts';
import { NOW } from '../../helpers/events.ts';
import { ACL, VirtualSystem, ZONE } from '../../helpers/virtual-system.ts';

/** The moments of the reads that are armed at some moments, in seconds after NOW. */
async function armedAt(pollSeconds: number, ...seconds: readonly number[]): Promise<number[][]> {
  const known: ArmedReads = new Map();
  const all: number[][] = [];
  for (const second of seconds) {
    const now = NOW + second * 1_000;
    const moments: number[] = [];
    const send = async (messages: readonly { readonly body: string; readonly delaySeconds: number }[]) => {
      for (const { body, delaySeconds } of messages) {
        const { at } = JSON.parse(body);
        expect(delaySeconds).toBe(Math.ceil((at - now) / 1_000));
        moments.push((at - NOW) / 1_000);
      }
    };
    await armReads('a', { pollSeconds, endsGrants: true }, { send }, known, now);
    all.push(moments);
  }
  return all;
}

describe('a tick arms the reads of the next two minutes', () => {
  it('each once, as long as one process does it', async () => {
    const [first = [], second = [], third = []] = await armedAt(15, 0.4, 60.2, 119);
    expect(first).toEqual([15, 30, 45, 60, 75, 90, 105, 120]);
    expect(second).toEqual([135, 150, 165, 180]);
    expect(third).toEqual([195, 210, 225]);
  });

  it('at the same seconds whoever does it', async () => {
    const [first] = await armedAt(7, 0);
    const [other] = await armedAt(7, 60);
    expect(first?.filter((at) => at >= 60)).toEqual(other?.filter((at) => at <= 120));
  });

  it('again and again where reads are so seldom that a lost one would be missed for long', async () => {
    expect((await armedAt(300, 170, 230, 290, 350)).map((all) => all.length)).toEqual([0, 1, 1, 0]);
  });

  it('anew where the clock was set back', async () => {
    const [, back = []] = await armedAt(15, 3_600, 0);
    expect(back).toHaveLength(9);
  });
});

describe('the age of a list', () => {
  const ages = (system: VirtualSystem) =>
    system.lines.flatMap((line) => (METRICS.listAge in line ? [Number(line[METRICS.listAge])] : []));

  it('is told by each tick, and stays small while the list is read', async () => {
    const system = new VirtualSystem({ acls: { [ACL]: { zoneIds: [ZONE], allowlist: {} } } });
    await system.clock.advance(600_000);
    expect(ages(system).length).toBeGreaterThanOrEqual(9);
    expect(Math.max(...ages(system))).toBeLessThan(120);
  });

  it('grows from the first tick on where it never is read, and from the last read where it is not any more', async () => {
    const system = new VirtualSystem({ acls: { [ACL]: { zoneIds: [ZONE], allowlist: {} } } });
    system.knocknoc.answerWith(ACL, 503);
    await system.clock.advance(420_000);
    expect(ages(system).at(-1)).toBeGreaterThanOrEqual(listAgeLimitSeconds([15]));
    expect(system.lines).toContainEqual(
      expect.objectContaining({ message: 'the list of an ACL was not read for too long', acl: ACL }),
    );
    system.knocknoc.publish(ACL, []);
    await system.clock.advance(120_000);
    expect(ages(system).at(-1)).toBeLessThan(120);
  });

  it('is an alarm after five minutes, or after two reads and more where they are further apart', () => {
    expect([[5], [120], [300], [15, 300]].map(listAgeLimitSeconds)).toEqual([300, 300, 660, 660]);
  });

  it('is not told where no list is read', async () => {
    const system = new VirtualSystem();
    await system.clock.advance(120_000);
    expect(ages(system)).toEqual([]);
  });
});
