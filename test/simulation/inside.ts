import { type Block, blockOf, covers } from '../../lib/addresses/address-block.ts';
import { type OktaSimulator, UnknownZoneError, type ZoneView } from '../../local/okta-simulator/simulator.ts';
import { letsIn } from './gateways.ts';

/** Who is let in by some entries of zones: hosts one by one, and what is too wide for that. */
export class LetIn {
  /** Canonical texts. */
  readonly entries: ReadonlySet<string>;
  readonly #wide: readonly Block[];

  constructor(entries: ReadonlySet<string>) {
    this.entries = entries;
    this.#wide = [...entries].filter((entry) => !isHost(entry)).map(blockOf);
  }

  static by(list: readonly string[]): LetIn {
    return new LetIn(new Set(list.flatMap(letsIn)));
  }

  /** @param entry canonical text */
  has(entry: string): boolean {
    if (this.entries.has(entry)) return true;
    if (this.#wide.length === 0) return false;
    const block = blockOf(entry);
    return this.#wide.some((around) => covers(around, block));
  }
}

interface Seen {
  /** Okta would let somebody in by it. */
  readonly isUsable: boolean;
  readonly letIn: LetIn;
}

/** What zones do in Okta, looked up anew only after one may have been changed. */
export class Inside {
  readonly #okta: OktaSimulator;
  readonly #seen = new Map<string, Seen>();

  constructor(okta: OktaSimulator) {
    this.#okta = okta;
  }

  zoneChanged(zoneId: string): void {
    this.#seen.delete(zoneId);
  }

  /** All who are let in by any of these zones. */
  of(zoneIds: readonly string[]): LetIn {
    const [first, ...others] = this.usable(zoneIds);
    if (first === undefined) return NOBODY;
    if (others.length === 0) return this.#look(first).letIn;
    return new LetIn(new Set([first, ...others].flatMap((zoneId) => [...this.#look(zoneId).letIn.entries])));
  }

  /** Those of the zones that are there, and that let people in. */
  usable(zoneIds: readonly string[]): readonly string[] {
    return zoneIds.filter((zoneId) => this.#look(zoneId).isUsable);
  }

  #look(zoneId: string): Seen {
    const seen = this.#seen.get(zoneId);
    if (seen) return seen;
    const found = this.#lookAnew(zoneId);
    this.#seen.set(zoneId, found);
    return found;
  }

  #lookAnew(zoneId: string): Seen {
    const zone = viewOf(this.#okta, zoneId);
    if (!zone) return { isUsable: false, letIn: NOBODY };
    const { type, system, status, usage, gateways } = zone;
    const isUsable = type === 'IP' && !system && status === 'ACTIVE' && usage === 'POLICY';
    return { isUsable, letIn: LetIn.by((gateways ?? []).map(({ value }) => value)) };
  }
}

const NOBODY = new LetIn(new Set());

/** @returns undefined where there is no such zone */
function viewOf(okta: OktaSimulator, zoneId: string): ZoneView | undefined {
  try {
    return okta.zone(zoneId);
  } catch (error) {
    if (error instanceof UnknownZoneError) return undefined;
    throw error;
  }
}

function isHost(entry: string): boolean {
  return entry.endsWith(entry.includes(':') ? '/128' : '/32');
}
