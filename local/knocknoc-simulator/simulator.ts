import { hash } from 'node:crypto';
import { USERNAME } from '../../lib/allowlist/list-address.ts';
import type { HttpClient, HttpResponse } from '../../lib/ports.ts';

/** Somebody who is logged in. */
export interface Person {
  readonly acl: string;
  readonly user: string;
  readonly ip: string;
}

export interface KnocknocRequest {
  readonly method: string;
  readonly path: string;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

const PATH = /^\/api\/v1\/allowlists\/([A-Za-z0-9_.-]{1,64})\/([A-Za-z0-9_-]+)(?:\.txt)?$/;
const TEXT = { 'content-type': 'text/plain; charset=utf-8' };

/**
 * A Knocknoc server with passive Knocs: people log in and out, and it publishes for each ACL who is in. The URL of a list
 * and the key are as its documentation shows them.
 */
export class KnocknocSimulator {
  readonly key: string;
  readonly #token: string;
  readonly #people: Person[] = [];
  /** What is published in place of the people's IPs. */
  readonly #published = new Map<string, { readonly body: string } | { readonly status: number }>();
  #reads = 0;

  constructor({ key, token = 'local-list-token' }: { readonly key: string; readonly token?: string }) {
    this.key = key;
    this.#token = token;
  }

  /** How often a list was given out, or a client was told that it has not changed. */
  get reads(): number {
    return this.#reads;
  }

  people(): readonly Person[] {
    return this.#people;
  }

  /** One log-in at an ACL from an IP; again from another, that IP takes the place of the first. */
  logIn(person: Person): void {
    this.logOut(person);
    this.#people.push({ ...person });
  }

  /** @returns whether the person was logged in */
  logOut({ acl, user }: Pick<Person, 'acl' | 'user'>): boolean {
    const at = this.#people.findIndex((one) => one.acl === acl && one.user === user);
    if (at >= 0) this.#people.splice(at, 1);
    return at >= 0;
  }

  /** Publishes these lines, or this very text, whoever is logged in; undefined: who is logged in. */
  publish(acl: string, list: string | readonly string[] | undefined): void {
    if (list === undefined) this.#published.delete(acl);
    else this.#published.set(acl, { body: typeof list === 'string' ? list : list.map((line) => `${line}\n`).join('') });
  }

  /** Answers with a status alone, until something is published. */
  answerWith(acl: string, status: number): void {
    this.#published.set(acl, { status });
  }

  /** Where the list of an ACL is. @param origin of the server */
  urlOf(origin: string, acl: string): string {
    return `${origin}/api/v1/allowlists/${acl}/${this.#token}.txt`;
  }

  /** The text of the secret for these ACLs. */
  secretFor(origin: string, acls: Iterable<string>): string {
    const entries = [...acls].map((acl) => [acl, { url: this.urlOf(origin, acl), username: USERNAME, key: this.key }]);
    return JSON.stringify(Object.fromEntries(entries));
  }

  answer({ method, path, headers }: KnocknocRequest): HttpResponse {
    const [, acl = '', token] = PATH.exec(path) ?? [];
    if (method !== 'GET' || token !== this.#token) return { status: 404, headers: TEXT, body: 'not found\n' };
    // Any user name does; the password is the key.
    const [, encoded = ''] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? [];
    const given = Buffer.from(encoded, 'base64').toString();
    if (given.slice(given.indexOf(':') + 1) !== this.key) {
      const asking = { ...TEXT, 'www-authenticate': 'Basic realm="Knocknoc"' };
      return { status: 401, headers: asking, body: 'unauthorized\n' };
    }
    const published = this.#published.get(acl);
    if (published && 'status' in published) return { status: published.status, headers: TEXT, body: '' };
    const body = published?.body ?? this.#listOf(acl);
    const etag = `"${hash('sha256', body).slice(0, 16)}"`;
    this.#reads += 1;
    if (headers['if-none-match'] === etag) return { status: 304, headers: { etag }, body: '' };
    return { status: 200, headers: { ...TEXT, etag }, body };
  }

  #listOf(acl: string): string {
    const ips = new Set(this.#people.filter((one) => one.acl === acl).map(({ ip }) => ip));
    return [...ips].map((ip) => `${ip}\n`).join('');
  }
}

/** Reaches the simulator without a network. @param wait lets the time of an answer pass */
export function knocknocClient(simulator: KnocknocSimulator, wait: () => Promise<void>): HttpClient {
  return async ({ method, url, headers, mostBytes = Number.POSITIVE_INFINITY }) => {
    await wait();
    const answer = simulator.answer({ method, path: new URL(url).pathname, headers });
    return Buffer.byteLength(answer.body) > mostBytes ? { ...answer, body: '', tooLarge: true } : answer;
  };
}
