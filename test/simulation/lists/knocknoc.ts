import type { HttpRequest, HttpResponse } from '../../../lib/ports.ts';
import { MemorySecret } from '../../../local/stand-ins/memory-secret.ts';
import type { Bounds } from '../bounds.ts';
import { type Deployments, listedIn } from '../deployment.ts';
import { HEALING_MS, type Note } from '../faults.ts';
import type { Environment } from '../lambda.ts';
import type { Monitor, WatchedAcl } from '../monitor.ts';
import { type Action, deploymentsOf, type Plan } from '../plan.ts';
import { Random } from '../random.ts';
import type { Surroundings } from '../sources.ts';
import { BadServer } from './bad-server.ts';
import { LAG_MS, ListCheck } from './list-check.ts';

export interface KnocknocOptions {
  readonly plan: Plan;
  readonly acls: readonly WatchedAcl[];
  readonly around: Surroundings;
  readonly deployments: Deployments;
  readonly monitor: Monitor;
  readonly bounds: Bounds;
  readonly note: Note;
}

const HOST = 'knocknoc.example';
const KEY = 'list-key-of-a-schedule';

/** Knocknoc, whose server publishes who is logged in, as the reader meets it over the network. */
export class Knocknoc {
  readonly secret: MemorySecret;
  readonly check: ListCheck;
  /** How much longer than all else the last reads may need, in milliseconds. */
  readonly lateMs: number;
  readonly #around: Surroundings;
  readonly #monitor: Monitor;
  readonly #note: Note;
  readonly #servers = new Map<string, BadServer>();

  constructor({ plan, acls, around, deployments, monitor, bounds, note }: KnocknocOptions) {
    this.#around = around;
    this.#monitor = monitor;
    this.#note = note;
    const isIpv6 = plan.deployment.ipv6 !== undefined;
    for (const { name } of acls) {
      this.#servers.set(name, new BadServer(around, Random.named(plan.seed, `server of ${name}`), isIpv6));
    }
    const lists = acls.map(({ name }) => [name, { url: `https://${HOST}/edl/${name}`, username: 'apikey', key: KEY }]);
    this.secret = new MemorySecret(JSON.stringify(Object.fromEntries(lists)));
    const polls = deploymentsOf(plan).flatMap((one) => listedIn(one).map(({ list }) => list.pollSeconds * 1_000));
    const longest = Math.max(...polls);
    this.lateMs = Math.max(0, LAG_MS + 4 * longest + 20_000 - HEALING_MS);
    this.check = new ListCheck({ plan, acls, faults: around.faults, deployments, monitor, bounds }, () =>
      around.clock.now(),
    );
  }

  act(action: Action): void {
    if (action.do === 'list fails') this.#of(action.acl)?.begin(action.fault, action.seconds, action.ip);
    if (action.do === 'no key yet') this.#keepKey(action.seconds);
    if (action.do !== 'list') return;
    const { acl, what, ip, isLost } = action;
    if (isLost) this.#around.faults.struck(what === 'log in' ? 'lost add' : 'lost del');
    if (what === 'log in') this.#of(acl)?.logIn(ip);
    else this.#of(acl)?.logOut(ip);
    this.check.loggedIn(acl, this.#of(acl)?.loggedIn ?? new Set());
  }

  /** `fetch` in one environment of the reader. */
  async exchange(environment: Environment, request: HttpRequest): Promise<HttpResponse> {
    const url = new URL(request.url);
    const acl = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
    const server = url.host === HOST ? this.#of(acl) : undefined;
    if (!server) {
      if (request.headers.authorization !== undefined) {
        this.#monitor.broken('23 the key goes to its host alone', `it is shown to ${url.host}`);
      }
      return { status: 200, headers: {}, body: '' };
    }
    this.check.readBegins(acl, environment);
    const answer = await environment.call('read a list', () =>
      server.answer(request, (ips) => {
        this.#note?.(`LIST ${acl}: ${[...ips].join(' ')}`);
        this.check.shown(acl, environment, ips);
      }),
    );
    this.#note?.(`  LIST ${acl} → ${answer.status}`);
    return answer;
  }

  /** URL and key are stored only after a while. */
  #keepKey(seconds: number): void {
    const { text } = this.secret;
    this.#around.faults.struck('no key yet', seconds * 1_000 + HEALING_MS);
    this.secret.text = undefined;
    this.#around.clock.after(seconds * 1_000, () => {
      this.secret.text = text;
    });
  }

  #of(acl: string): BadServer | undefined {
    return this.#servers.get(acl);
  }
}
