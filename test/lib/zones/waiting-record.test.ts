import { describe, expect, it } from 'vitest';
import { isWaiting, recordOfWaiting } from '../../../lib/zones/waiting-record.ts';

const ips = (length: number) => Array.from({ length }, (_, n) => `10.0.${n >> 8}.${n & 255}`);

describe('the record of those who wait', () => {
  it('names all of them while they are few', () => {
    expect(recordOfWaiting(ips(2))).toEqual({ waiting: ips(2), waitingCount: 2 });
    expect(recordOfWaiting([])).toEqual({ waiting: [], waitingCount: 0 });
  });

  it('names the first five hundred, and counts the others', () => {
    expect(recordOfWaiting(ips(20_000))).toEqual({ waiting: ips(500), waitingCount: 20_000 });
  });
});

describe('whoever', () => {
  const lists = { nzo1: { written: ['10.9.0.1/32'] }, nzo2: { intended: ['10.9.1.0/24'] }, nzo3: {} };

  it('is named waits, whatever the lists hold', () => {
    const inside = { nzo1: { written: ['10.0.0.1/32'] } };
    expect(isWaiting(recordOfWaiting(ips(2)), '10.0.0.1', inside)).toBe(true);
  });

  it('is not named does not wait where all who wait are', () => {
    expect(isWaiting(recordOfWaiting(ips(2)), '10.9.9.9', {})).toBe(false);
    expect(isWaiting({ waiting: ips(2) }, '10.9.9.9', {})).toBe(false);
    expect(isWaiting({}, '10.9.9.9', {})).toBe(false);
  });

  it('is not named waits where there are more, unless a list holds them or is about to', () => {
    const state = recordOfWaiting(ips(501));
    expect(isWaiting(state, '10.9.9.9', lists)).toBe(true);
    expect(isWaiting(state, '10.9.0.1', lists)).toBe(false);
    expect(isWaiting(state, '10.9.1.77', lists)).toBe(false);
    expect(isWaiting(state, '10.9.0.1', {})).toBe(true);
  });

  it('is not named waits where only the number is known, and no list', () => {
    expect(isWaiting({ waitingCount: 1 }, '10.9.9.9', {})).toBe(true);
  });
});
