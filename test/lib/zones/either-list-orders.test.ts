import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOf, covers, readableBlocks } from '../../../lib/addresses/address-block.ts';
import { placesOf } from '../../../lib/zones/either-list.ts';
import { nextWrite } from '../../../lib/zones/next-write.ts';
import { planFor } from '../../../lib/zones/plan.ts';
import { configOf } from '../../helpers/events.ts';

const LIMIT = 4;
const SENTINEL = '192.0.2.0/32';
const NETWORK = '198.51.100.0/24';
const IPS = Array.from({ length: 8 }, (_, n) => `198.18.0.${2 * n}`);
const ENTRIES = [...IPS.map((ip) => `${ip}/32`), NETWORK];
const CONFIG = configOf({
  acls: { lab: { zoneIds: ['0', '1'], alwaysAllow: [NETWORK] } },
  gatewayLimit: LIMIT,
  sentinel: SENTINEL,
});
const SETTINGS = CONFIG.acls.lab ?? expect.fail('the ACL is configured');
const ZONES = [0, 1] as const;

/** By entry: in which of both zones it is; 2 is outside. At most `LIMIT` in each. */
const placing = fc.array(fc.nat({ max: 2 }), { minLength: ENTRIES.length, maxLength: ENTRIES.length });
const listsOf = (places: readonly number[]) =>
  ZONES.map((zone) => {
    const list = ENTRIES.filter((_, n) => places[n] === zone).slice(0, LIMIT);
    return list.length > 0 ? list : [SENTINEL];
  });
const isIn = (entry: string, lists: readonly (readonly string[])[]) =>
  lists.some((list) => readableBlocks(list).some((block) => covers(block, blockOf(entry))));

describe('a zone that has shown a list which nobody announced', () => {
  it.each(['what was known before', 'what it has shown'])(
    'is put right without putting anybody out, where there is room for both lists and it has %s',
    (reality) => {
      fc.assert(
        fc.property(placing, placing, (before, after) => {
          const [known = [], other = []] = listsOf(before);
          const [shown = []] = listsOf(after);
          fc.pre(new Set([...known, ...shown]).size <= LIMIT);
          const real = [reality === 'what it has shown' ? shown : known, other];
          const has = [shown, other];
          const inDoubt = [known, []];
          const doubted = new Set([0]);
          const grants = IPS.map((ip, n) => ({ ip, since: String(n), expiresAt: 1 }));
          const places = placesOf({ has, known: inDoubt });
          const zones = ZONES.map((zone) => ({ zoneId: String(zone), has: places[zone] ?? [] }));
          const { lists, rules, waiting } = planFor(zones, true, grants, SETTINGS, CONFIG);
          const desired = ZONES.map((zone) => lists.get(String(zone)) ?? []);
          const waits = new Set(waiting.map((ip) => `${ip}/32`));
          const staying = ENTRIES.filter((entry) => isIn(entry, real) && !waits.has(entry));
          for (let steps = 0; ; steps += 1) {
            const write = nextWrite({ has, known: inDoubt, desired }, { ...rules, blocked: new Set(), doubted });
            if (!write) break;
            has[write.zone] = [...write.list];
            real[write.zone] = [...write.list];
            inDoubt[write.zone] = [];
            doubted.delete(write.zone);
            expect(write.list.length).toBeLessThanOrEqual(LIMIT);
            expect(staying.filter((entry) => !isIn(entry, real) && !write.parted.includes(entry))).toEqual([]);
            expect(steps).toBeLessThan(20);
          }
          expect(real.map((list) => [...list].sort())).toEqual(desired);
        }),
        { numRuns: 500 },
      );
    },
  );
});
