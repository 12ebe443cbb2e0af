/**
 * The shortest time of each piece of work, in milliseconds. They are done in turns, so that a busy
 * machine slows all of them; the first round only warms up.
 */
export function fastest(rounds: number, works: readonly (() => unknown)[]): number[] {
  const best = works.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, work] of works.entries()) {
      const began = performance.now();
      work();
      if (round > 0) best[index] = Math.min(best[index] ?? 0, performance.now() - began);
    }
  }
  return best;
}
