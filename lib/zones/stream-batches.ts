import type { Config } from '../config.ts';

/** Lambda runs no more batches of one shard side by side. */
const MOST = 10;

/**
 * How many batches of the table's stream the zone function handles at once: one for each ACL, so that
 * one that is slow does not hold up the others. An account with a small quota keeps to one.
 */
export function batchesAtOnce(config: Pick<Config, 'acls' | 'reservedConcurrency'>): number {
  return config.reservedConcurrency ? Math.min(MOST, Object.keys(config.acls).length) : 1;
}
