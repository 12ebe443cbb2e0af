import type { HttpClient, HttpResponse } from '../../../lib/ports.ts';
import type { Random } from '../random.ts';
import type { ListFault } from './list-plan.ts';

/** A list as it was given out: what a reader must make of it. */
export interface Shown {
  /** When it was asked for, in milliseconds since the epoch. */
  readonly at: number;
  readonly ips: ReadonlySet<string>;
}

const OTHERS = ['192.0.2.50', '192.0.2.51', '192.0.2.52'];

/** A Knocknoc that behaves as badly as it may. It remembers what it has shown. */
export class BadServer {
  /** Lists that were given out, "not modified" among them. */
  readonly shown: Shown[] = [];
  /** How often each fault has struck a read. */
  readonly struck: (fault: ListFault) => void;
  /** Since when who is logged in: the last is so now. */
  readonly #history: { readonly at: number; readonly ips: ReadonlySet<string> }[] = [];
  readonly #faults: {
    readonly fault: ListFault;
    readonly until: number;
    readonly value: number;
    readonly ip: string;
  }[] = [];
  readonly #now: () => number;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #random: Random;
  /** The list that each tag was given with. */
  readonly #tagged = new Map<string, ReadonlySet<string>>();

  constructor(
    clock: { now(): number; sleep(ms: number): Promise<void> },
    random: Random,
    struck: (fault: ListFault) => void,
  ) {
    this.#now = () => clock.now();
    this.#sleep = (ms) => clock.sleep(ms);
    this.#random = random;
    this.struck = struck;
    this.set(new Set());
  }

  /** Who is logged in from now on. */
  set(ips: ReadonlySet<string>): void {
    this.#history.push({ at: this.#now(), ips: new Set(ips) });
  }

  begin(fault: ListFault, seconds: number, ip: string): void {
    this.#faults.push({ fault, until: this.#now() + seconds * 1_000, value: seconds, ip });
  }

  /** Whether a fault is under way. */
  get isBad(): boolean {
    return this.#faults.some(({ until }) => until > this.#now());
  }

  readonly http: HttpClient = async ({ headers, timeoutMs }) => {
    const at = this.#now();
    await this.#sleep(this.#random.whole(5, 80));
    const failure = await this.#failure(timeoutMs);
    if (failure) return failure;
    const body = this.#body();
    const ips = readBack(body);
    const known = headers['if-none-match'] ?? '';
    const before = this.#tagged.get(known);
    const etag = `"${[...ips].sort().join(' ').length}-${[...ips].sort().join(' ')}"`.slice(0, 500);
    const isUnchanged = known === etag && this.#tagged.has(etag);
    if (before && (isUnchanged || this.#strikes('not modified, though it is'))) {
      this.shown.push({ at, ips: before });
      return { status: 304, headers: { etag: known }, body: '' };
    }
    if (isList(body)) this.shown.push({ at, ips });
    this.#tagged.set(etag, ips);
    return { status: 200, headers: { etag }, body };
  };

  async #failure(timeoutMs: number): Promise<HttpResponse | undefined> {
    for (const status of [401, 403, 503, 302] as const) {
      if (this.#strikes(`answer ${status}`))
        return { status, headers: { location: 'https://else.example/' }, body: '' };
    }
    if (this.#strikes('page with 200')) return page('<!DOCTYPE html>\n<html>\n192.0.2.66\n</html>');
    if (this.#strikes('JSON with 200')) return page('["192.0.2.66"]');
    if (this.#strikes('too large')) return { ...page(''), tooLarge: true };
    if (this.#strikes('bad certificate')) {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('expired'), { code: 'CERT_HAS_EXPIRED' }) });
    }
    if (this.#strikes('outage')) {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) });
    }
    if (!this.#strikes('slow body')) return undefined;
    await this.#sleep(timeoutMs);
    throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  }

  #body(): string {
    const lag = this.#under('list lags');
    if (lag) this.struck('list lags');
    const old = this.#strikes('old list after a restore') ? 300 : 0;
    const moment = this.#now() - 1_000 * Math.max(lag?.value ?? 0, old);
    const [oldest] = this.#history;
    const published = this.#history.findLast(({ at }) => at <= moment) ?? oldest;
    let ips = [...(published?.ips ?? [])];
    const missing = this.#faults.findIndex(({ fault }) => fault === 'entry missing for one read');
    if (missing >= 0) {
      const [{ ip } = { ip: '' }] = this.#faults.splice(missing, 1);
      this.struck('entry missing for one read');
      ips = ips.filter((one) => one !== ip);
    }
    if (this.#strikes('list of another ACL')) ips = OTHERS;
    if (this.#strikes('list is empty by mistake')) ips = [];
    const text = this.#written(ips);
    return this.#strikes('list is cut off') ? text.slice(0, Math.floor(text.length / 2)) : text;
  }

  /** In one of the forms that a list may have. */
  #written(ips: readonly string[]): string {
    const end = this.#random.pick(['\n', '\r\n']);
    const lines = ips.map((ip) => this.#random.pick([ip, ip, ip, ` ${ip}`, `${ip}/32`, `[${ip}]`]));
    const noise = ['# who is in', '', '10.0.0.1', '203.0.113.0/24', '2001:db8::1', 'alice'].filter(() =>
      this.#random.chance(0.3),
    );
    if (this.#strikes('50,000 lines')) noise.push(...Array.from({ length: 50_000 }, () => '# nobody'));
    return [...noise, ...lines].map((line) => `${line}${end}`).join('');
  }

  #strikes(fault: ListFault): boolean {
    const isUnder = this.#under(fault) !== undefined;
    if (isUnder) this.struck(fault);
    return isUnder;
  }

  #under(fault: ListFault) {
    return this.#faults.find((one) => one.fault === fault && one.until > this.#now());
  }
}

function page(body: string): HttpResponse {
  return { status: 200, headers: {}, body };
}

/** An address or a network, in both brackets or in none: what is cut off may end within them. */
const ENTRY = /^[ \t]*(?:\[([\d.]+|[\da-f:]+)\]|([\d.]+|[\da-f:]+))(\/\d+)?[ \t]*\r?$/;
const OURS = /^(?:203\.0\.113|198\.51\.100|192\.0\.2)\.\d{1,3}$/;

/** What is cut off may have lines, and none of them an entry: then it is none. */
function isList(body: string): boolean {
  const lines = body.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const isAddress = (host = '') => host.includes(':') || host.split('.').filter(Boolean).length === 4;
  return lines.length === 0 || lines.some((line) => isAddress(hostIn(line)?.host));
}

/** The hosts in a text, read in another way than the reader does it. */
function readBack(body: string): Set<string> {
  const found = body.split('\n').map(hostIn);
  const hosts = found.flatMap((one) => (one && ['', '/32'].includes(one.bits) ? [one.host] : []));
  return new Set(hosts.filter((host) => OURS.test(host)));
}

function hostIn(line: string): { readonly host: string; readonly bits: string } | undefined {
  const [whole, bracketed, bare, bits = ''] = ENTRY.exec(line) ?? [];
  return whole === undefined ? undefined : { host: bracketed ?? bare ?? '', bits };
}
