import { beforeEach, describe, expect, it } from 'vitest';
import type { Fields } from '../../../lib/ports.ts';
import { reportChange, reportFirstWrite, reportForeignChange } from '../../../lib/zones/zone-lines.ts';
import { viewOf } from '../../../lib/zones/zone-view.ts';
import { logTelemetry } from '../../../local/stand-ins/log-telemetry.ts';
import { NOW } from '../../helpers/events.ts';

const cidr = (n: number) => `198.18.${n >> 8}.${n & 255}/32`;
const many = (from: number, count: number) => Array.from({ length: count }, (_, n) => cidr(from + n));
let lines: Fields[];
beforeEach(() => {
  lines = [];
});
const telemetry = logTelemetry(
  'zone',
  () => NOW,
  // What is counted has lines of its own.
  (line) => void (line.level !== undefined && lines.push(line)),
);
const log = { acl: 'lab', telemetry };
/** A zone that has one of these lists by what this system did. */
const zone = (...expected: readonly (readonly string[])[]) => ({
  ...viewOf('nzo1', 'none', {}, 'lab', NOW),
  ...{ expected, has: expected.at(-1) },
});

describe('a list that somebody else has made', () => {
  it('is told with what was added and removed, against the last one that was announced', () => {
    reportForeignChange(zone([cidr(9)], [cidr(1), cidr(2)]), [cidr(2), cidr(3), cidr(4)], log);
    expect(lines).toMatchObject([
      {
        ...{ code: 'ZONE007', acl: 'lab', zoneId: 'nzo1', detail: expect.stringContaining('nzo1 is not as it was') },
        ...{ before: 2, after: 3, changes: 3, added: [cidr(3), cidr(4)], removed: [cidr(1)] },
      },
    ]);
  });

  it('names fifty entries at most, and counts all', () => {
    reportForeignChange(zone([]), many(0, 51), log);
    expect(lines).toMatchObject([{ changes: 51, added: many(0, 50), removed: [] }]);
  });
});

describe('the first write of a zone', () => {
  it('names all that goes, in as many lines as that takes', () => {
    reportFirstWrite(zone(many(0, 101)), [cidr(0)], log);
    expect(lines.map(({ removed }) => removed)).toEqual([many(1, 50), many(51, 50)]);
    expect(lines).toMatchObject([
      {
        level: 'WARN',
        acl: 'lab',
        zoneId: 'nzo1',
        removedInAll: 100,
        message: expect.stringContaining('first update'),
      },
      { removedInAll: 100 },
    ]);
  });

  it('says nothing where nothing goes', () => {
    reportFirstWrite(zone([cidr(1)]), [cidr(1), cidr(2)], log);
    expect(lines).toEqual([]);
  });
});

describe('a write that was carried out', () => {
  const change = { zoneId: 'nzo1', acl: 'lab', write: 7, before: [cidr(1)], after: [cidr(2), cidr(3)] };

  it('is told with its number, what brought it about, and what it has changed', () => {
    reportChange(change, { cause: 'expiry' }, telemetry, false);
    expect(lines).toMatchObject([
      {
        ...{ message: 'zone updated', action: 'zone-updated', zoneId: 'nzo1', write: 7, acl: 'lab', cause: 'expiry' },
        ...{ before: 1, after: 2, changes: 3, added: [cidr(2), cidr(3)], removed: [cidr(1)] },
      },
    ]);
  });

  it.each<[string, object, boolean, number[]]>([
    ['where they are counted', {}, true, [3]],
    ['not where they are not', {}, false, []],
    ['not where there are none', { after: [cidr(1)] }, true, []],
  ])('counts its entries %s', (_, other, isCounted, counts) => {
    const counted: number[] = [];
    const counting = {
      ...telemetry,
      metric: (_name: string, _unit: string, value: number) => void counted.push(value),
    };
    reportChange({ ...change, ...other }, {}, counting, isCounted);
    expect(counted).toEqual(counts);
  });
});
