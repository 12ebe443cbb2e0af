import { isDeepStrictEqual } from 'node:util';
import { covered, toAddress } from './address.ts';
import type { Address, AddressInput, EffectiveZone, ZoneEdit, ZoneSeed, ZoneType, ZoneView } from './types.ts';

/** How long a gateway counts as just come or just gone, for the page. */
const NEWS_MS = 6_000;
/** Changes of a zone that are remembered, for answers that are out of date. */
const PAST_KEPT = 100;

/** The part of a zone that a PUT replaces. */
export interface ZoneContent extends EffectiveZone {
  readonly type: ZoneType;
  readonly name: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A stored zone; its content is replaced as a whole, never changed in place. */
export interface Zone {
  readonly id: string;
  readonly system: boolean;
  /** The system zone whose IPs are exempt from blocking. It keeps its rules when an admin renames it. */
  readonly exempt: boolean;
  /** Milliseconds since the epoch, whole seconds. */
  readonly created: number;
  lastUpdated: number;
  content: ZoneContent;
  effective: EffectiveZone | null;
  /** Configurations that have yet to take effect, the oldest first. */
  pending: { readonly at: number; readonly content: EffectiveZone }[];
  arrived: Map<string, number>;
  departed: Map<string, number>;
  /** What it was before each of its last changes, the oldest first. */
  past: { readonly content: ZoneContent; readonly lastUpdated: number; readonly until: number }[];
}

/** The org's zones: what is configured, and what of it is in effect. */
export class ZoneStore {
  readonly #zones = new Map<string, Zone>();
  readonly #propagationMs: number;

  /** @param propagationMs how long a change takes to have effect; Okta speaks of about 60 s */
  constructor(propagationMs: number) {
    this.#propagationMs = propagationMs;
  }

  list(): Zone[] {
    return [...this.#zones.values()];
  }

  get(id: string): Zone | undefined {
    return this.#zones.get(id);
  }

  remove(id: string): boolean {
    return this.#zones.delete(id);
  }

  /** Whether another zone than `id` bears the name. */
  nameTaken(name: string, id?: string): boolean {
    return this.list().some((zone) => zone.content.name === name && zone.id !== id);
  }

  /** A new zone by way of the API: it takes effect after the usual delay. */
  create(id: string, content: ZoneContent, now: number): Zone {
    const zone = newZone(id, false, content, now);
    zone.pending.push({ at: now, content });
    this.#zones.set(id, zone);
    return zone;
  }

  /** A zone that has been there for long: in effect as it is. */
  seed(id: string, seed: ZoneSeed, now: number): Zone {
    const content: ZoneContent = {
      type: seed.type ?? 'IP',
      name: seed.name ?? `Zone ${id}`,
      status: seed.status ?? 'ACTIVE',
      usage: seed.usage ?? 'POLICY',
      gateways: addresses(seed.gateways),
      proxies: addresses(seed.proxies),
      details: seed.details ?? {},
    };
    const zone = newZone(id, seed.system ?? false, content, now);
    zone.effective = content;
    this.#zones.set(id, zone);
    return zone;
  }

  /** Replaces the content. What equals the stored content moves nothing, `lastUpdated` included (recorded traffic). */
  replace(zone: Zone, content: ZoneContent, now: number): void {
    if (isDeepStrictEqual(content, zone.content)) return;
    this.#settle(zone, now);
    zone.pending.push({ at: now, content });
    notice(zone, content, now);
    zone.past.push({ content: zone.content, lastUpdated: zone.lastUpdated, until: now });
    if (zone.past.length > PAST_KEPT) zone.past.shift();
    zone.content = content;
    zone.lastUpdated = wholeSecond(now);
  }

  /** It counts as updated, whatever has changed. */
  touch(zone: Zone, now: number): void {
    zone.lastUpdated = wholeSecond(now);
  }

  /** An admin's edit in the console. */
  edit(zone: Zone, edit: ZoneEdit, now: number): void {
    const { content } = zone;
    const removed = new Set((edit.removeGateways ?? []).map(toAddress).map(covered));
    const replaced = edit.gateways === undefined ? content.gateways : addresses(edit.gateways);
    const kept = (replaced ?? []).filter((address) => !removed.has(covered(address)));
    const gateways = [...kept, ...(edit.addGateways ?? []).map(toAddress)];
    const changed: ZoneContent = {
      ...content,
      name: edit.name ?? content.name,
      type: edit.type ?? content.type,
      status: edit.status ?? content.status,
      usage: edit.usage ?? content.usage,
      gateways: addresses(gateways),
      proxies: edit.proxies === undefined ? content.proxies : addresses(edit.proxies),
    };
    this.replace(zone, changed, now);
  }

  /** The zone before its last changes, or as it was some milliseconds ago; as old as is known, where that is further back. */
  asItWas(zone: Zone, age: { readonly changes: number } | { readonly ms: number }, now: number): Zone {
    const { past } = zone;
    const since =
      'ms' in age
        ? past.filter(({ until }) => until > now - age.ms)
        : past.slice(Math.max(0, past.length - age.changes));
    const [then] = since;
    return then === undefined ? zone : { ...zone, content: then.content, lastUpdated: then.lastUpdated };
  }

  view(zone: Zone, now: number): ZoneView {
    this.#settle(zone, now);
    const { type, name, status, usage, gateways, proxies, details } = zone.content;
    const { id, system, created, lastUpdated, effective } = zone;
    const news = { arrived: recent(zone.arrived, now), departed: recent(zone.departed, now) };
    return {
      ...{ id, type, name, status, usage, system, gateways, proxies, details, created, lastUpdated },
      effective: effective === null ? null : effectivePart(effective),
      ...news,
    };
  }

  /** Lets what is old enough take effect. */
  #settle(zone: Zone, now: number): void {
    const due = zone.pending.filter(({ at }) => at + this.#propagationMs <= now);
    zone.effective = due.at(-1)?.content ?? zone.effective;
    zone.pending.splice(0, due.length);
  }
}

function newZone(id: string, system: boolean, content: ZoneContent, now: number): Zone {
  const exempt = system && content.name === 'DefaultExemptIpZone';
  const times = { created: wholeSecond(now), lastUpdated: wholeSecond(now) };
  return {
    id,
    system,
    exempt,
    ...times,
    content,
    effective: null,
    pending: [],
    arrived: new Map(),
    departed: new Map(),
    past: [],
  };
}

/** The same edit with every address read. @throws {RangeError} when one is none */
export function resolveEdit(edit: ZoneEdit): ZoneEdit {
  const { gateways, proxies, removeGateways, addGateways, ...rest } = edit;
  return {
    ...rest,
    ...(gateways === undefined ? {} : { gateways: addresses(gateways) }),
    ...(proxies === undefined ? {} : { proxies: addresses(proxies) }),
    ...(removeGateways === undefined ? {} : { removeGateways: removeGateways.map(toAddress) }),
    ...(addGateways === undefined ? {} : { addGateways: addGateways.map(toAddress) }),
  };
}

/** An empty list is stored as none: the likely form, seen on a system zone only (recorded traffic). */
function addresses(inputs: readonly AddressInput[] | null | undefined): readonly Address[] | null {
  return inputs === undefined || inputs === null || inputs.length === 0 ? null : inputs.map(toAddress);
}

function effectivePart({ status, usage, gateways, proxies }: EffectiveZone): EffectiveZone {
  return { status, usage, gateways, proxies };
}

function notice(zone: Zone, content: ZoneContent, now: number): void {
  const before = new Set((zone.content.gateways ?? []).map((address) => address.value));
  const after = new Set((content.gateways ?? []).map((address) => address.value));
  zone.arrived = new Map(Object.entries(recent(zone.arrived, now)).filter(([value]) => after.has(value)));
  zone.departed = new Map(Object.entries(recent(zone.departed, now)).filter(([value]) => !after.has(value)));
  for (const value of after) if (!before.has(value)) zone.arrived.set(value, now);
  for (const value of before) if (!after.has(value)) zone.departed.set(value, now);
}

function recent(times: ReadonlyMap<string, number>, now: number): Record<string, number> {
  if (times.size === 0) return {};
  return Object.fromEntries([...times].filter(([, at]) => now - at < NEWS_MS));
}

/** Okta's times have whole seconds (recorded traffic). */
function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
