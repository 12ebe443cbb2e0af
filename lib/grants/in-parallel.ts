/** Calls under way at once when many grants end together. */
const PARALLEL = 25;

/**
 * Does the work for each, a bounded number at a time.
 * @throws what the first throws that fails, once those beside it are done
 */
export async function inParallel<T>(
  all: readonly T[],
  work: (one: T) => Promise<void>,
  atOnce: number = PARALLEL,
): Promise<void> {
  for (let at = 0; at < all.length; at += atOnce) {
    const settled = await Promise.allSettled(all.slice(at, at + atOnce).map(work));
    for (const each of settled) if (each.status === 'rejected') throw each.reason;
  }
}
