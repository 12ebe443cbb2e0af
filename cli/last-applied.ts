import { GrantBook } from '../lib/grants/grant-book.ts';
import type { Target } from './target.ts';

/** When an event was applied last, of whichever ACL; undefined: none yet. */
export async function lastAppliedAt({ table, config }: Target): Promise<number | undefined> {
  const { wake } = new GrantBook(table, config, { error: () => {} });
  const wakes = await Promise.all(Object.keys(config.acls).map((acl) => wake.read(acl)));
  const moments = wakes.flatMap(({ events }) => events?.appliedAt ?? []);
  return moments.length === 0 ? undefined : Math.max(...moments);
}
