import type { Gateway } from '../../lib/addresses/address-block.ts';
import type { Authorization } from '../../lib/okta/authorization.ts';
import { type OktaZone, OktaZones, type ZoneAnswer } from '../../lib/okta/client.ts';
import type { Quota } from '../../lib/okta/rate-limit.ts';

/** Okta's zones with the writes caught: each is answered as Okta would, goes nowhere, and is what later reads show. */
export class RehearsedZones extends OktaZones {
  readonly #found = new Map<string, OktaZone>();
  readonly #written = new Map<string, OktaZone>();
  #quota: Quota | undefined;

  override async get(zoneId: string, by: Authorization): Promise<ZoneAnswer> {
    const written = this.#written.get(zoneId);
    if (written) return { zone: written, quota: undefined };
    const answer = await super.get(zoneId, by);
    this.#found.set(zoneId, answer.zone);
    this.#quota = answer.quota ?? this.#quota;
    return answer;
  }

  override async putGateways(zoneId: string, zone: OktaZone, gateways: readonly Gateway[]): Promise<ZoneAnswer> {
    const written = { ...zone, gateways: [...gateways] };
    this.#written.set(zoneId, written);
    return { zone: written, quota: undefined };
  }

  /** The zone as Okta really has it; undefined where it was not read. */
  found(zoneId: string): OktaZone | undefined {
    return this.#found.get(zoneId);
  }

  /** The zone as it would be. */
  rehearsed(zoneId: string): OktaZone | undefined {
    return this.#written.get(zoneId) ?? this.#found.get(zoneId);
  }

  /** What is left of the quota, by Okta's last answer. */
  get quota(): Quota | undefined {
    return this.#quota;
  }
}
