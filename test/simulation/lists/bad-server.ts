import type { HttpRequest, HttpResponse } from '../../../lib/ports.ts';
import type { Random } from '../random.ts';
import type { Surroundings } from '../sources.ts';
import type { ListFault } from './list-plan.ts';

const OTHERS = ['192.0.2.50', '192.0.2.51', '192.0.2.52'];
const NOBODY_S = 50_000;

interface Underway {
  readonly fault: ListFault;
  readonly until: number;
  readonly seconds: number;
  readonly ip: string;
}

/** Knocknoc's server, as badly behaved as it may be, with the list of one ACL. */
export class BadServer {
  /** Since when who is logged in: the last is so now. */
  readonly #history: { readonly at: number; readonly ips: ReadonlySet<string> }[] = [];
  readonly #faults: Underway[] = [];
  readonly #around: Surroundings;
  readonly #random: Random;
  readonly #isIpv6: boolean;
  readonly #loggedIn = new Set<string>();
  /** The list that each tag was given with. */
  readonly #tagged = new Map<string, ReadonlySet<string>>();

  /** @param isIpv6 whether IPv6 addresses are let in */
  constructor(around: Surroundings, random: Random, isIpv6: boolean) {
    this.#isIpv6 = isIpv6;
    this.#around = around;
    this.#random = random;
    this.#remember();
  }

  get loggedIn(): ReadonlySet<string> {
    return this.#loggedIn;
  }

  logIn(ip: string): void {
    this.#loggedIn.add(ip);
    this.#remember();
  }

  logOut(ip: string): void {
    this.#loggedIn.delete(ip);
    this.#remember();
  }

  begin(fault: ListFault, seconds: number, ip: string): void {
    this.#faults.push({ fault, until: this.#around.clock.now() + seconds * 1_000, seconds, ip });
  }

  /**
   * Answers a request.
   * @param shown is told what list was given out, where one was: what a reader must make of it
   */
  async answer({ headers, timeoutMs }: HttpRequest, shown: (ips: ReadonlySet<string>) => void): Promise<HttpResponse> {
    await this.#around.clock.sleep(this.#random.whole(5, 80));
    const failure = await this.#failure(timeoutMs);
    if (failure) return failure;
    const body = this.#body();
    const ips = readBack(body, this.#isIpv6);
    const known = headers['if-none-match'] ?? '';
    const before = this.#tagged.get(known);
    const etag = `"${[...ips].sort().join(' ')}"`.slice(0, 500);
    const isUnchanged = known === etag && this.#tagged.has(etag);
    if (before && (isUnchanged || this.#strikes('not modified, though it is'))) {
      shown(before);
      return { status: 304, headers: { etag: known }, body: '' };
    }
    if (isList(body)) shown(ips);
    this.#tagged.set(etag, ips);
    return { status: 200, headers: { etag }, body };
  }

  #remember(): void {
    this.#history.push({ at: this.#around.clock.now(), ips: new Set(this.#loggedIn) });
  }

  async #failure(timeoutMs: number): Promise<HttpResponse | undefined> {
    for (const status of [401, 403, 503, 302] as const) {
      if (!this.#strikes(`answer ${status}`)) continue;
      return { status, headers: status === 302 ? { location: 'https://else.example/list' } : {}, body: '' };
    }
    if (this.#strikes('page with 200')) return page('<!DOCTYPE html>\n<html>\n192.0.2.66\n</html>');
    if (this.#strikes('JSON with 200')) return page('["192.0.2.66"]');
    if (this.#strikes('too large')) return { ...page(this.#written([...this.#loggedIn].slice(1))), tooLarge: true };
    if (this.#strikes('bad certificate')) throw failed('CERT_HAS_EXPIRED');
    if (this.#strikes('outage')) throw failed('ECONNREFUSED');
    if (!this.#strikes('slow body')) return undefined;
    await this.#around.clock.sleep(timeoutMs);
    throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  }

  #body(): string {
    const lag = this.#under('list lags');
    if (lag) this.#around.faults.struck('list lags');
    const old = this.#strikes('old list after a restore') ? 60 : 0;
    const moment = this.#around.clock.now() - 1_000 * Math.max(lag?.seconds ?? 0, old);
    const [oldest] = this.#history;
    const published = this.#history.findLast(({ at }) => at <= moment) ?? oldest;
    let ips = [...(published?.ips ?? [])];
    const missing = this.#faults.findIndex(({ fault }) => fault === 'entry missing for one read');
    if (missing >= 0) {
      const [{ ip } = { ip: '' }] = this.#faults.splice(missing, 1);
      this.#around.faults.struck('entry missing for one read');
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
    const lines = ips.flatMap((ip) => {
      const form = this.#form(ip);
      return this.#random.chance(0.1) ? [form, this.#form(ip)] : [form];
    });
    const noise = ['# who is in', '', '10.0.0.1', '203.0.113.0/24', 'fe80::1', 'alice'].filter(() =>
      this.#random.chance(0.3),
    );
    if (this.#strikes('50,000 lines')) noise.push('# nobody\n'.repeat(NOBODY_S).trimEnd());
    return [...noise, ...lines].map((line) => `${line}${end}`).join('');
  }

  #form(ip: string): string {
    if (!ip.includes(':')) return this.#random.pick([ip, ip, ip, ` ${ip}`, `${ip}/32`, `[${ip}]`, `::ffff:${ip}`]);
    const long = ip.replace('::', ':0:0:0:');
    return this.#random.pick([ip, ip, ip.toUpperCase(), long, `[${ip}]`, `${ip}/128`, `${ip}%eth0`]);
  }

  #strikes(fault: ListFault): boolean {
    const isUnder = this.#under(fault) !== undefined;
    if (isUnder) this.#around.faults.struck(fault);
    return isUnder;
  }

  #under(fault: ListFault): Underway | undefined {
    return this.#faults.find((one) => one.fault === fault && one.until > this.#around.clock.now());
  }
}

function page(body: string): HttpResponse {
  return { status: 200, headers: {}, body };
}

function failed(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}

/** An address or a network, in both brackets or in none: what is cut off may end within them. */
const ENTRY = /^[ \t]*(?:\[([\da-f:.]+)\]|([\da-f:.]+)(?:%\w+)?)(\/\d+)?[ \t]*\r?$/i;
const OURS = /^(?:203\.0\.113|198\.51\.100|192\.0\.2)\.\d{1,3}$/;
/** Not what is left of an IPv4-mapped address that was cut off, such as `::ffff:20`: nobody has it. */
const OURS_OF_IPV6 = /^2001:db8:/;

/** What is cut off may have lines, and none of them an entry: then it is none. */
function isList(body: string): boolean {
  const lines = body.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.length === 0 || lines.some((line) => hostIn(line) !== undefined);
}

/** The hosts in a text, read in another way than the reader does it. */
function readBack(body: string, isIpv6: boolean): Set<string> {
  const found = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const hosts = found.map(hostIn).flatMap((one) => (one && ['', '/32', '/128'].includes(one.bits) ? [one.host] : []));
  return new Set(hosts.filter((host) => OURS.test(host) || (isIpv6 && OURS_OF_IPV6.test(host))));
}

function hostIn(line: string): { readonly host: string; readonly bits: string } | undefined {
  const [whole, bracketed, bare, bits = ''] = ENTRY.exec(line) ?? [];
  if (whole === undefined) return undefined;
  const text = bracketed ?? bare ?? '';
  const mapped = /^::ffff:(\d+\.[\d.]+)$/.exec(text)?.[1];
  const host = mapped ?? (text.includes(':') ? URL.parse(`http://[${text}]`)?.hostname.slice(1, -1) : text);
  const isWhole = host?.includes(':') || host?.split('.').filter(Boolean).length === 4;
  return host !== undefined && isWhole ? { host, bits } : undefined;
}
