import type { OktaSimulator } from '../../local/okta-simulator/simulator.ts';
import { letsIn } from './gateways.ts';

/** Who is let in by zones, looked up anew only after a zone may have been changed. */
export class Inside {
  readonly #okta: OktaSimulator;
  readonly #seen = new Map<string, ReadonlySet<string>>();

  constructor(okta: OktaSimulator) {
    this.#okta = okta;
  }

  zoneChanged(zoneId: string): void {
    this.#seen.delete(zoneId);
  }

  /** All who are in any of these zones. */
  of(zoneIds: readonly string[]): ReadonlySet<string> {
    const [first = '', ...others] = zoneIds;
    if (others.length === 0) return this.#hosts(first);
    return new Set(zoneIds.flatMap((zoneId) => [...this.#hosts(zoneId)]));
  }

  #hosts(zoneId: string): ReadonlySet<string> {
    const seen = this.#seen.get(zoneId);
    if (seen) return seen;
    const { gateways } = this.#okta.zone(zoneId);
    const hosts = new Set((gateways ?? []).flatMap(({ value }) => letsIn(value)));
    this.#seen.set(zoneId, hosts);
    return hosts;
  }
}
