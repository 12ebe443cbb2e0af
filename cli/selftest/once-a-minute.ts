import { SELFTEST_ITEM, SELFTEST_PARTITION, TABLE } from '../../lib/names.ts';
import type { Table } from '../../lib/ports.ts';
import { CliFailure } from '../cli-failure.ts';

const MINUTE_MS = 60_000;
const KEY = { acl: SELFTEST_PARTITION, item: SELFTEST_ITEM } as const;
/** It says nothing after a minute. */
const LIVES_SECONDS = 3_600;

/**
 * Takes the turn of this minute, whoever runs a self-test and wherever.
 * @param now milliseconds since the epoch
 * @param name what no other run is called
 * @throws {CliFailure} where another has taken it
 */
export async function takeTurn(table: Table, now: number, name: string): Promise<void> {
  const before = await table.get(KEY);
  const at = typeof before?.at === 'number' ? before.at : undefined;
  // A time that is far ahead was written by a clock that is wrong.
  if (at !== undefined && Math.abs(now - at) < MINUTE_MS) throw tooSoon(MINUTE_MS - (now - at));
  const run = before?.run ?? '';
  const { written } = await table.write([
    {
      put: { ...KEY, at: now, run: name, [TABLE.ttlAttribute]: Math.ceil(now / 1000) + LIVES_SECONDS },
      // What is neither was written by nobody who runs one.
      when:
        typeof run === 'string' || typeof run === 'number' ? [{ attribute: 'run', equals: run, orAbsent: true }] : [],
    },
  ]);
  // An answer that was lost may have written it.
  if (!written && (await table.get(KEY))?.run !== name) throw tooSoon(MINUTE_MS);
}

function tooSoon(ms: number): CliFailure {
  const seconds = Math.min(60, Math.max(1, Math.ceil(ms / 1000)));
  return new CliFailure('another self-test began less than a minute ago', `Try again in ${seconds} s.`);
}
