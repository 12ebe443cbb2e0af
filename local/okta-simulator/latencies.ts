import type { LatencyRule } from './types.ts';

/** How long calls take: for the whole org, for one zone, for one method, or for one method of one zone. */
export class Latencies {
  readonly #rules = new Map<string, LatencyRule>();

  /** Replaces the rule for the same calls. */
  set(rule: LatencyRule): void {
    this.#rules.set(key(rule.method, rule.zoneId), rule);
  }

  /** In milliseconds. What is said of a zone counts before what is said of a method, and both before the org's. */
  of(method: string, zoneId: string | null): number {
    const zone = zoneId ?? undefined;
    const candidates = [key(method, zone), key(undefined, zone), key(method, undefined), key(undefined, undefined)];
    for (const candidate of candidates) {
      const rule = this.#rules.get(candidate);
      if (rule) return rule.ms;
    }
    return 0;
  }

  list(): LatencyRule[] {
    return [...this.#rules.values()];
  }

  clear(): void {
    this.#rules.clear();
  }
}

function key(method = '', zoneId = ''): string {
  return `${method} ${zoneId}`;
}
