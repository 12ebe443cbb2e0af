import { CachedSecret } from '../../lib/cached-secret.ts';
import type { Config } from '../../lib/config.ts';
import { type ExpiryDeps, tick } from '../../lib/expiry/expire-grants.ts';
import { GrantBook } from '../../lib/grants/grant-book.ts';
import type { QueuedEvent } from '../../lib/grants/queue-message.ts';
import { AUDIT, ITEM } from '../../lib/names.ts';
import { OktaZones } from '../../lib/okta/client.ts';
import { type Answer, awaitOutcome } from '../../lib/outcome/await-outcome.ts';
import type { Fields, HttpClient } from '../../lib/ports.ts';
import { type RebuildDeps, rebuildAcl } from '../../lib/zones/rebuild-acl.ts';
import { ZoneStates } from '../../lib/zones/zone-states.ts';
import { OktaSimulator } from '../../local/okta-simulator/simulator.ts';
import { logTelemetry } from '../../local/stand-ins/log-telemetry.ts';
import { MemorySecret } from '../../local/stand-ins/memory-secret.ts';
import { type Change, MemoryTable } from '../../local/stand-ins/memory-table.ts';
import { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import { ACL, configOf, ipsIn, NOW, positionAt } from './events.ts';

export const TOKEN = 'zone-okta-token';
/** What a run of the zone function has. */
export const RUN_MS = 30_000;

type TableClass = new (onChange: (change: Change) => void) => MemoryTable;

/**
 * Rebuilds and ticks by themselves: table, Okta and clock are fakes, and nothing runs that a test does not start. What
 * they arm and ask for is only looked at.
 */
export class ZoneWorld {
  readonly clock = new VirtualClock(NOW);
  /** Of the table, in order. */
  readonly changes: Change[] = [];
  readonly table: MemoryTable;
  readonly okta = new OktaSimulator({ now: () => this.clock.now(), token: TOKEN });
  readonly token = new MemorySecret(TOKEN);
  readonly lines: Fields[] = [];
  readonly timers: { readonly body: string; readonly delaySeconds: number }[] = [];
  /** Milliseconds that every call takes. */
  latencyMs = 0;
  /** Waited for before each call to Okta takes effect, and after that; named as in `callList`. */
  onCall: (call: string) => unknown = () => {};
  onAnswer: (call: string) => unknown = () => {};
  deps: RebuildDeps & ExpiryDeps;
  readonly #client: HttpClient;
  readonly #gone = new Set<string>();
  #events = 0;
  #runs = 0;

  constructor(options: { readonly config?: Config; readonly http?: HttpClient; readonly Table?: TableClass } = {}) {
    const config = options.config ?? configOf();
    this.table = new (options.Table ?? MemoryTable)((change) => this.changes.push(change));
    this.#client = options.http ?? this.#http;
    for (const { zoneIds } of Object.values(config.acls)) {
      for (const id of zoneIds) this.okta.seedZone(id, { gateways: ['192.0.2.0/32'] });
    }
    this.deps = this.#depsOf(config);
  }

  /** New code, as after a deploy: nothing is kept in memory. Rebuilds under way go on with the old configuration. */
  deploy(settings: Readonly<Record<string, unknown>>): void {
    this.deps = this.#depsOf(configOf(settings));
  }

  async apply(...events: readonly QueuedEvent[]): Promise<void> {
    const book = new GrantBook(this.table, this.deps.config, this.deps.telemetry);
    for (const event of events) {
      this.#events += 1;
      await book.apply(event, positionAt(this.#events), this.clock.now());
    }
    await book.announce(this.clock.now());
  }

  /** A run from beginning to end; time goes on for as long as it takes. */
  async rebuild(acl = ACL, deps: Partial<RebuildDeps> = {}): Promise<void> {
    await this.clock.finish(rebuildAcl(acl, { ...this.deps, ...deps }, this.clock.now() + RUN_MS));
  }

  /** One minute tick, now. @returns whether it asks for a rebuild of the ACL */
  tickAsks(acl = ACL): Promise<boolean> {
    return this.asks(() => tick(this.deps), acl);
  }

  /** @returns whether something asks for a rebuild of the ACL */
  async asks(something: () => Promise<unknown>, acl = ACL): Promise<boolean> {
    const from = this.changes.length;
    await something();
    return this.changes.slice(from).some(({ key }) => key.acl === acl && key.item === ITEM.wake);
  }

  /** Lets a minute pass, ticks, and rebuilds where the tick asks for it. @returns whether it did */
  async minute(acl = ACL): Promise<boolean> {
    await this.clock.advance(60_000);
    const asks = await this.tickAsks(acl);
    if (asks) await this.rebuild(acl);
    return asks;
  }

  /** Lets time pass, with a rebuild at each timer that is armed, until none is left. */
  async timersGoOff(): Promise<void> {
    for (;;) {
      const coming = this.timers.map(({ body }) => JSON.parse(body)).sort((a, b) => a.at - b.at);
      const [next] = coming.filter(({ acl, at }) => !this.#gone.has(`${acl} ${at}`));
      if (!next) return;
      this.#gone.add(`${next.acl} ${next.at}`);
      await this.clock.runUntil(next.at);
      await this.rebuild(next.acl);
    }
  }

  /** What whoever waits for an event is told now. */
  async outcome(event: QueuedEvent): Promise<Answer> {
    return (await awaitOutcome(event, this.clock.now(), this.deps)).answer;
  }

  /**
   * The next call of this name is held up, before it takes effect or before its answer comes.
   * @returns lets it go on
   */
  holdUp(name: string, when: 'onCall' | 'onAnswer'): () => void {
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    this[when] = (call) => {
      if (call !== name) return undefined;
      this[when] = () => {};
      return held;
    };
    return goOn;
  }

  gateways(zoneId = 'nzo1'): string[] {
    return (this.okta.zone(zoneId).gateways ?? []).map(({ value }) => value).sort();
  }

  /** The IPs of an ACL's grants, whether they are over or not. */
  grants(acl = ACL): Promise<unknown[]> {
    return ipsIn(this.table, acl);
  }

  codes(): unknown[] {
    return this.lines.flatMap(({ code }) => code ?? []);
  }

  /** The positions up to which events were said to be in the zones. */
  confirmed(): unknown[] {
    return this.lines.flatMap(({ action, position }) => (action === AUDIT.zoneConfirmed ? [position] : []));
  }

  calls(method?: string, zoneId?: string): number {
    const isAsked = (request: { readonly method: string; readonly zoneId: string | null }) =>
      (method === undefined || request.method === method) && (zoneId === undefined || request.zoneId === zoneId);
    return this.okta.requests().filter(isAsked).length;
  }

  /** The calls so far, as `GET nzo1`. */
  callList(): string[] {
    return this.okta.requests().map(({ method, zoneId }) => `${method} ${zoneId}`);
  }

  /** When the timers armed so far go off, in milliseconds after NOW. */
  wakeUps(): number[] {
    return this.timers.map(({ body }) => JSON.parse(body).at - NOW);
  }

  /** In how many milliseconds the timer goes off that was armed last; undefined where that was before now. */
  nextTimer(): number | undefined {
    const left = NOW + (this.wakeUps().at(-1) ?? Number.NEGATIVE_INFINITY) - this.clock.now();
    return left >= 0 ? left : undefined;
  }

  /** What was armed: kind, milliseconds after NOW, and the delay in seconds. */
  armed(): unknown[] {
    return this.timers.map(({ body, delaySeconds }) => {
      const { kind, at } = JSON.parse(body);
      return [kind, at - NOW, delaySeconds];
    });
  }

  #depsOf(config: Config): RebuildDeps & ExpiryDeps {
    const telemetry = logTelemetry(
      'zone',
      () => this.clock.now(),
      (line) => this.lines.push(line),
    );
    return {
      config,
      clock: this.clock,
      grants: new GrantBook(this.table, config, telemetry),
      states: new ZoneStates(this.table),
      okta: new OktaZones(this.#client, config.okta.baseUrl, () => this.clock.now()),
      oktaCredentials: new CachedSecret(this.token, this.clock),
      timers: { send: async (messages) => void this.timers.push(...messages) },
      telemetry,
      armed: new Map(),
      newId: () => {
        this.#runs += 1;
        return `run-${this.#runs}`;
      },
    };
  }

  readonly #http: HttpClient = async (request) => {
    const path = new URL(request.url).pathname;
    const name = `${request.method} ${path.split('/').at(-1)}`;
    await this.onCall(name);
    const call = this.okta.begin({ ...request, headers: { ...request.headers }, path, body: request.body ?? '' });
    if (this.latencyMs > 0) await this.clock.sleep(this.latencyMs);
    const outcome = call.complete();
    call.end();
    await this.onAnswer(name);
    if (outcome.kind === 'answer') return outcome;
    if (outcome.kind === 'hang') await this.clock.sleep(request.timeoutMs);
    throw new Error(outcome.kind === 'hang' ? 'The operation was aborted due to timeout' : 'socket hang up');
  };
}
