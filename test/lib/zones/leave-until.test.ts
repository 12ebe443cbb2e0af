import { describe, expect, it } from 'vitest';
import { leaveUntil, type Progress } from '../../../lib/zones/leave-until.ts';
import type { Step } from '../../../lib/zones/next-step.ts';

const NOW = 1_800_000_000_000;
const [AMPLE, HALF, SPENT] = [90, 40, 5].map((remaining) => ({ limit: 100, remaining, resetInMs: 30_000 }));
const RESET = NOW + 30_000;
const steps: Readonly<Record<Step['kind'], Step>> = {
  write: { kind: 'write', zoneId: 'a', list: [], parted: [] },
  record: { kind: 'record', zoneId: 'a' },
  read: { kind: 'read', zoneId: 'a' },
  verify: { kind: 'verify', zoneId: 'a' },
};
const left = (kind: Step['kind'], progress: Partial<Progress>) =>
  leaveUntil(steps[kind], {
    ...{ now: NOW, endsAt: NOW + 1, quota: undefined, hasWritten: false, atOnce: 1 },
    ...progress,
  });

describe('a rebuild leaves a step for later', () => {
  it.each<[string, Step['kind'], Partial<Progress>, number | undefined]>([
    ['when its time is over', 'write', { endsAt: NOW - 1 }, NOW],
    ['not in its last moment', 'write', { endsAt: NOW }, undefined],
    ['not where the step costs no call', 'record', { endsAt: NOW - 1, quota: SPENT, hasWritten: true }, undefined],
    ['not where the quota is ample', 'verify', { quota: AMPLE }, undefined],
    ['where a check would take the other half of the quota', 'verify', { quota: HALF }, RESET],
    ['not a read, while something is left', 'read', { quota: HALF }, undefined],
    ['a read once the quota is spent', 'read', { quota: SPENT }, RESET],
    ['not its first write, whatever is left', 'write', { quota: SPENT }, undefined],
    ['its second write once the quota is spent', 'write', { quota: SPENT, hasWritten: true }, RESET],
    ['a check that an earlier rebuild has left for later', 'verify', { dueAt: NOW + 9_000 }, NOW + 9_000],
    ['not where that moment has come', 'verify', { dueAt: NOW }, undefined],
    ['not where that moment is further ahead than any pause', 'verify', { dueAt: NOW + 130_000 }, undefined],
    ['not a read for that', 'read', { dueAt: NOW + 9_000 }, undefined],
    ['not a write for that', 'write', { dueAt: NOW + 9_000 }, undefined],
  ])('%s', (_, kind, progress, until) => {
    expect(left(kind, progress)).toBe(until);
  });

  it('sooner where others may be at work', () => {
    const quota = { limit: 100, remaining: 52, resetInMs: 30_000 };
    expect([left('verify', { quota, atOnce: 2 }), left('verify', { quota, atOnce: 3 })]).toEqual([undefined, RESET]);
  });
});
