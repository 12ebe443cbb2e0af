import { inParallel } from '../grants/in-parallel.ts';
import type { Timer } from '../timer-message.ts';
import { type ListDeps, ListReader } from './read-list.ts';

/** Lists that are read at the same time. */
const AT_ONCE = 10;

/** The lists of all ACLs. Each fails by itself, and keeps what it knows for the next read in this process. */
export class ListReaders {
  readonly #deps: ListDeps;
  readonly #readers = new Map<string, ListReader>();

  constructor(deps: ListDeps) {
    this.#deps = deps;
  }

  /** Does the reads that timers ask for, one for each ACL. It never rejects. */
  async read(timers: readonly Timer[]): Promise<void> {
    const due = new Map<string, number>();
    for (const { acl, at } of timers) due.set(acl, Math.max(at, due.get(acl) ?? 0));
    await inParallel([...due], ([acl, at]) => this.#reader(acl).read(at), AT_ONCE);
  }

  #reader(acl: string): ListReader {
    const known = this.#readers.get(acl);
    if (known) return known;
    const reader = new ListReader(acl, this.#deps);
    // What is not configured leaves nothing behind, whatever a message says.
    if (Object.hasOwn(this.#deps.config.acls, acl)) this.#readers.set(acl, reader);
    return reader;
  }
}
