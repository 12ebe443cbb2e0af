import ipaddr from 'ipaddr.js';
import { canonicalAddress } from './ip-address.ts';
import { ipv4Number, ipv4Text } from './ipv4-number.ts';

/** Okta's form of one entry of a zone's list. */
export interface Gateway {
  readonly type: string;
  readonly value: string;
}

/** A contiguous run of addresses, both ends included. */
export interface Block {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

const BITS = { 4: 32, 6: 128 } as const;

/**
 * Reads an address, a CIDR (host bits may be set: Okta keeps them as typed, the range is the same)
 * or a `first-last` range.
 * @returns undefined where the text is none of them
 */
export function parseBlock(text: string): Block | undefined {
  // What nearly every text is: one IPv4 host.
  const host4 = ipv4Number(text, text.endsWith('/32') ? text.length - 3 : text.length);
  if (host4 !== undefined) {
    const value = BigInt(host4);
    return { family: 4, first: value, last: value };
  }
  const range = text.split('-');
  if (range.length === 2) {
    const first = toNumber(range[0]?.trim() ?? '');
    const last = toNumber(range[1]?.trim() ?? '');
    if (!first || !last || first.family !== last.family || first.value > last.value) return undefined;
    return { family: first.family, first: first.value, last: last.value };
  }
  const [host = '', prefix, ...rest] = text.split('/');
  const address = toNumber(host);
  if (!address || rest.length > 0) return undefined;
  const bits = BITS[address.family];
  if (prefix === undefined) return { family: address.family, first: address.value, last: address.value };
  if (!/^(0|[1-9]\d{0,2})$/.test(prefix)) return undefined;
  // Of an IPv4-mapped address the prefix counts the 96 bits before the IPv4 ones too.
  const length = Number(prefix) - (address.family === 4 && host.includes(':') ? 96 : 0);
  if (length < 0 || length > bits) return undefined;
  const span = 1n << BigInt(bits - length);
  const first = address.value - (address.value % span);
  return { family: address.family, first, last: first + span - 1n };
}

/** One text for one set of addresses: `1.2.3.4`, `1.2.3.4/32` and `1.2.3.4-1.2.3.4` all give `1.2.3.4/32`. */
export function formatBlock(block: Block): string {
  if (block.first === block.last) return `${toText(block.family, block.first)}/${BITS[block.family]}`;
  const size = block.last - block.first + 1n;
  const aligned = (size & (size - 1n)) === 0n && block.first % size === 0n;
  if (!aligned) return `${toText(block.family, block.first)}-${toText(block.family, block.last)}`;
  return `${toText(block.family, block.first)}/${BITS[block.family] - (size.toString(2).length - 1)}`;
}

/** @throws {RangeError} where the text is no address, CIDR or range */
export function blockOf(text: string): Block {
  const block = parseBlock(text);
  if (!block) throw new RangeError(`not an address, CIDR or range: ${text}`);
  return block;
}

/** The blocks of a list that was read from a zone; what can't be read has no place among addresses. */
export function readableBlocks(texts: readonly string[]): Block[] {
  return texts.flatMap((text) => parseBlock(text) ?? []);
}

/** Okta's entry for a canonical text. A host always goes out as a CIDR: Okta rewrites a single address sent as RANGE. */
export function toGateway(canonical: string): Gateway {
  return { type: canonical.includes('-') ? 'RANGE' : 'CIDR', value: canonical };
}

/** The canonical texts of a zone's list, sorted. What can't be read stands as itself, so that it counts as a difference. */
export function canonicalGateways(gateways: readonly { readonly value?: string | undefined }[]): string[] {
  const texts = new Set<string>();
  for (const { value = '' } of gateways) {
    const block = parseBlock(value);
    texts.add(block ? formatBlock(block) : `unreadable:${value}`);
  }
  return [...texts].sort();
}

/** Whether a block is a single address. */
export function isHost({ first, last }: Block): boolean {
  return first === last;
}

export function covers(outer: Block, inner: Block): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** What two blocks have in common; undefined where that is nothing. */
export function commonOf(a: Block, b: Block): Block | undefined {
  const [first, last] = [a.first > b.first ? a.first : b.first, a.last < b.last ? a.last : b.last];
  return a.family === b.family && first <= last ? { family: a.family, first, last } : undefined;
}

function toNumber(text: string): { family: 4 | 6; value: bigint } | undefined {
  const canonical = canonicalAddress(text);
  if (canonical === undefined) return undefined;
  const bytes = ipaddr.parse(canonical).toByteArray();
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { family: bytes.length === 4 ? 4 : 6, value };
}

function toText(family: 4 | 6, value: bigint): string {
  if (family === 4) return ipv4Text(Number(value));
  const bytes = Array.from({ length: 16 }, (_, i) => Number((value >> BigInt(8 * (15 - i))) & 255n));
  return (ipaddr.fromByteArray(bytes) as ipaddr.IPv6).toRFC5952String();
}
