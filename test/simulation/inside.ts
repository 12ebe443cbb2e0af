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

/** Why a zone lets in nobody of ours, by the code that says so. */
export type Unusable = 'ZONE001' | 'ZONE004' | 'ZONE008';

interface Seen {
  readonly unusable: Unusable | undefined;
  readonly letIn: LetIn;
}

/** Where everybody may put what they like: these are nobody's entries. */
const DOCUMENTATION = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32'];
const documentation = new LetIn(new Set(DOCUMENTATION));

/** What zones do in Okta, looked up anew only after one may have been changed. */
export class Inside {
  /** Zones that were written by us. */
  readonly ours = new Set<string>();
  readonly #okta: OktaSimulator;
  /** Whether a zone may be taken over, whatever stands in it. */
  readonly #mayReplace: (zoneId: string) => boolean;
  /** By zone: the list that an operator has allowed to be replaced. */
  readonly #allowed = new Map<string, string>();
  readonly #seen = new Map<string, Seen>();

  constructor(okta: OktaSimulator, mayReplace: (zoneId: string) => boolean) {
    this.#okta = okta;
    this.#mayReplace = mayReplace;
  }

  zoneChanged(zoneId: string): void {
    this.#seen.delete(zoneId);
  }

  /** An operator has seen a zone's list, and allows that it be replaced. */
  isAdopted(zoneId: string): void {
    this.#allowed.set(zoneId, listOf(this.in(zoneId)));
    this.zoneChanged(zoneId);
  }

  /** Whether a zone may be taken over that shows these entries. */
  mayTakeOver(zoneId: string, letIn: LetIn): boolean {
    if (this.ours.has(zoneId) || this.#mayReplace(zoneId) || !isForeign(letIn)) return true;
    return this.#allowed.get(zoneId) === listOf(letIn);
  }

  /** All who are let in by any of these zones. */
  of(zoneIds: readonly string[]): LetIn {
    const [first, ...others] = this.usable(zoneIds);
    if (first === undefined) return NOBODY;
    if (others.length === 0) return this.#look(first).letIn;
    return new LetIn(new Set([first, ...others].flatMap((zoneId) => [...this.#look(zoneId).letIn.entries])));
  }

  /** What stands in a zone, whether it can be used or not. */
  in(zoneId: string): LetIn {
    return this.#look(zoneId).letIn;
  }

  /** Those of the zones that are there, that let people in, and that hold nobody else's entries. */
  usable(zoneIds: readonly string[]): readonly string[] {
    return zoneIds.filter((zoneId) => this.unusable(zoneId) === undefined);
  }

  /** Why a zone can't be used. */
  unusable(zoneId: string): Unusable | undefined {
    return this.#look(zoneId).unusable;
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
    if (!zone) return { unusable: 'ZONE001', letIn: NOBODY };
    const letIn = LetIn.by((zone.gateways ?? []).map(({ value }) => value));
    if (!letsPeopleIn(zone)) return { unusable: 'ZONE004', letIn };
    return { unusable: this.mayTakeOver(zoneId, letIn) ? undefined : 'ZONE008', letIn };
  }
}

/** What an answer says of a zone, or what Okta holds. */
export function letsPeopleIn(zone: {
  readonly type: string;
  readonly system?: boolean | null;
  readonly status?: string | null;
  readonly usage?: string | null;
}): boolean {
  return zone.type === 'IP' && !zone.system && zone.status === 'ACTIVE' && zone.usage === 'POLICY';
}

/** Whether entries are somebody else's for certain. */
function isForeign(letIn: LetIn): boolean {
  return [...letIn.entries].some((entry) => !documentation.has(entry));
}

function listOf({ entries }: LetIn): string {
  return [...entries].sort().join();
}

const NOBODY = new LetIn(new Set());

/** @returns undefined where there is no such zone */
export function viewOf(okta: OktaSimulator, zoneId: string): ZoneView | undefined {
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
