import type { Block } from './address-block.ts';

/**
 * A set of hosts, kept as the fewest CIDR blocks that cover exactly them: a host whose buddy (the
 * other half of the next larger block) is there already joins it, and so on upwards.
 */
export class MergedHosts {
  /** Blocks by their size in bits (0 is a host): keys are `family:first`. */
  readonly #levels: Map<string, Block>[] = [];
  #count = 0;

  /** How many blocks there are. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds a host, unless the set would then have more than `limit` blocks.
   * @returns whether the host is in the set
   */
  add(host: Block, limit: number): boolean {
    const merges = this.#buddy(host, 0) !== undefined;
    if (!merges && this.#count + 1 > limit) return false;
    let block = host;
    let level = 0;
    for (let buddy = this.#buddy(block, level); buddy; buddy = this.#buddy(block, level)) {
      this.#level(level).delete(keyOf(buddy));
      this.#count -= 1;
      const first = block.first < buddy.first ? block.first : buddy.first;
      level += 1;
      block = { family: block.family, first, last: first + (1n << BigInt(level)) - 1n };
    }
    this.#level(level).set(keyOf(block), block);
    this.#count += 1;
    return true;
  }

  /** The blocks, largest first, then by address. */
  blocks(): Block[] {
    return this.#levels
      .toReversed()
      .flatMap((level) =>
        [...(level?.values() ?? [])].sort((a, b) => a.family - b.family || (a.first < b.first ? -1 : 1)),
      );
  }

  #buddy(block: Block, level: number): Block | undefined {
    const first = block.first ^ (1n << BigInt(level));
    return this.#levels[level]?.get(`${block.family}:${first}`);
  }

  #level(level: number): Map<string, Block> {
    for (let at = this.#levels.length; at <= level; at += 1) this.#levels.push(new Map());
    return this.#levels[level] as Map<string, Block>;
  }
}

function keyOf(block: Block): string {
  return `${block.family}:${block.first}`;
}
