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

/** Whatever run made a list, it is over after this time, and so are calls of its that were on their way. */
export const LONGEST_RUN_MS = 45_000;
/** Where everybody may put what they like: these are nobody's entries. */
const DOCUMENTATION = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32'];
const documentation = new LetIn(new Set(DOCUMENTATION));

/** What zones do in Okta, looked up anew only after one may have been changed. */
export class Inside {
  readonly #okta: OktaSimulator;
  readonly #now: () => number;
  /** How long it may take until what a function has seen is stored, in milliseconds. */
  readonly #storedWithinMs: number;
  /** By zone that was written by us: when that was first. */
  readonly #ours = new Map<string, number>();
  /** Those of them that others' entries came into before it can be taken for sure that the write was remembered. */
  readonly #unsure = new Set<string>();
  /** Those whose own item was spoiled: nobody knows that the first write of such a zone is still to come. */
  readonly #unreadable = new Set<string>();
  /** Whether a zone may be taken over, whatever stands in it. */
  readonly #mayReplace: (zoneId: string) => boolean;
  /** By zone: the list that an operator has allowed to be replaced, and the one before it, which a run may have asked for. */
  readonly #allowed = new Map<string, { readonly list: string; readonly at: number; readonly before?: string }>();
  readonly #seen = new Map<string, Seen>();

  constructor(
    { okta, now, storedWithinMs }: { okta: OktaSimulator; now: () => number; storedWithinMs: number },
    mayReplace: (zoneId: string) => boolean,
  ) {
    this.#okta = okta;
    this.#now = now;
    this.#storedWithinMs = storedWithinMs;
    this.#mayReplace = mayReplace;
  }

  zoneChanged(zoneId: string): void {
    this.#seen.delete(zoneId);
    const since = this.#ours.get(zoneId);
    if (since === undefined || this.#now() >= since + this.#storedWithinMs || !isForeign(this.in(zoneId))) return;
    this.#unsure.add(zoneId);
    this.#seen.delete(zoneId);
  }

  /** A list of ours is in a zone. */
  isWritten(zoneId: string): void {
    if (!this.#ours.has(zoneId)) this.#ours.set(zoneId, this.#now());
    this.#unsure.delete(zoneId);
    this.#seen.delete(zoneId);
  }

  /** What is stored of a zone may tell nobody any more whether it is ours. */
  isSpoiled(zoneId: string): void {
    this.#unreadable.add(zoneId);
  }

  /** An operator has seen a zone's list, and allows that it be replaced. */
  isAdopted(zoneId: string): void {
    const before = this.#allowed.get(zoneId)?.list;
    const list = listOf(this.in(zoneId));
    this.#allowed.set(zoneId, { list, at: this.#now(), ...(before !== undefined && { before }) });
    this.zoneChanged(zoneId);
  }

  /** Whether a zone may be taken over that shows these entries. */
  mayTakeOver(zoneId: string, letIn: LetIn): boolean {
    const isOurs = this.#ours.has(zoneId) || this.#unreadable.has(zoneId);
    return isOurs || this.#isFree(zoneId, letIn) || this.#wasAllowed(zoneId, letIn);
  }

  /** The same of a zone of which it is not known that it is ours. */
  #isFree(zoneId: string, letIn: LetIn): boolean {
    if (this.#mayReplace(zoneId) || !isForeign(letIn)) return true;
    return this.#allowed.get(zoneId)?.list === listOf(letIn);
  }

  /** Whether a run that is still at work may have been told so. */
  #wasAllowed(zoneId: string, letIn: LetIn): boolean {
    const { at = 0, before } = this.#allowed.get(zoneId) ?? {};
    return before === listOf(letIn) && this.#now() < at + LONGEST_RUN_MS;
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
    const isOurs = this.#ours.has(zoneId) && !this.#unsure.has(zoneId);
    return { unusable: isOurs || this.#isFree(zoneId, letIn) ? undefined : 'ZONE008', letIn };
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
