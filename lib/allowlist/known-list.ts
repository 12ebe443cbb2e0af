import type { IpPolicy } from '../addresses/ip-address.ts';
import type { CachedSecret } from '../cached-secret.ts';
import type { HttpClient } from '../ports.ts';
import { fetchList, type ListAnswer, type Validators } from './fetch-list.ts';
import { type ListAddress, listAddress } from './list-address.ts';
import { ListFailure } from './list-failure.ts';
import { type ParsedList, parseList } from './parse-list.ts';

/** "Not modified" is believed for so long; then the list is asked for, whatever it is. In milliseconds. */
const WHOLE_EVERY_MS = 5 * 60_000;

interface Known {
  readonly address: ListAddress;
  readonly body: string;
  readonly list: ParsedList;
  readonly validators: Validators;
  /** When it was last read whole, in milliseconds since the epoch. */
  readonly wholeAt: number;
}

export interface KnownListDeps {
  readonly config: IpPolicy;
  readonly http: HttpClient;
  readonly secret: CachedSecret;
}

/** The list of one ACL, as this process last read it: what has not changed is not sent and not read again. */
export class KnownList {
  readonly #acl: string;
  readonly #deps: KnownListDeps;
  #known: Known | undefined;

  constructor(acl: string, deps: KnownListDeps) {
    this.#acl = acl;
    this.#deps = deps;
  }

  /**
   * Reads the list.
   * @param now milliseconds since the epoch
   * @returns it; `ips` is the same object as before where it holds the same
   * @throws {ListFailure}
   */
  async read(now: number): Promise<ParsedList> {
    const { text, address } = await this.#address();
    try {
      return await this.#readAt(address, now);
    } catch (error) {
      if (!(error instanceof ListFailure) || error.code !== 'LIST002') throw error;
      const other = await this.#secret(() => this.#deps.secret.getOtherThan(text));
      const renewed = other === undefined ? undefined : listAddress(other, this.#acl);
      if (!renewed || isSame(renewed, address)) throw error;
      return await this.#readAt(renewed, now);
    }
  }

  async #readAt(address: ListAddress, now: number): Promise<ParsedList> {
    const known = this.#known && isSame(this.#known.address, address) ? this.#known : undefined;
    const isFresh = known && now >= known.wholeAt && now < known.wholeAt + WHOLE_EVERY_MS;
    const hasValidators = known && Object.keys(known.validators).length > 0;
    const answer = await fetchList(this.#deps.http, address, isFresh && hasValidators ? known.validators : undefined);
    if (answer.kind === 'unchanged' && known) return known.list;
    return this.#keep(address, answer, known, now);
  }

  #keep(address: ListAddress, answer: ListAnswer, before: Known | undefined, now: number): ParsedList {
    if (answer.kind === 'unchanged')
      throw new ListFailure('LIST001', 'Knocknoc says "not modified" to who has no list');
    const { body, validators } = answer;
    const list = before?.body === body ? before.list : parseList(body, this.#deps.config);
    const kept = before && isSameSet(before.list.ips, list.ips) ? { ...list, ips: before.list.ips } : list;
    this.#known = { address, body, list: kept, validators, wholeAt: now };
    return kept;
  }

  /** What says nothing usable of this ACL is fetched once more, at most every ten seconds. */
  async #address(): Promise<{ readonly text: string; readonly address: ListAddress }> {
    const text = (await this.#secret(() => this.#deps.secret.get())) ?? '';
    try {
      return { text, address: listAddress(text, this.#acl) };
    } catch (error) {
      const other = text === '' ? undefined : await this.#secret(() => this.#deps.secret.getOtherThan(text));
      if (other === undefined) throw error;
      return { text: other, address: listAddress(other, this.#acl) };
    }
  }

  async #secret(read: () => Promise<string | undefined>): Promise<string | undefined> {
    try {
      return await read();
    } catch (cause) {
      throw new ListFailure('LIST004', "the secret of the lists can't be read", { cause });
    }
  }
}

function isSame(a: ListAddress, b: ListAddress): boolean {
  return a.url === b.url && a.username === b.username && a.key === b.key;
}

function isSameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a === b || (a.size === b.size && [...a].every((ip) => b.has(ip)));
}
