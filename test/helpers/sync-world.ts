import { CachedSecret } from '../../lib/cached-secret.ts';
import type { Config } from '../../lib/config.ts';
import { GrantBook } from '../../lib/grants/grant-book.ts';
import type { QueuedEvent } from '../../lib/grants/queue-message.ts';
import { OktaZones } from '../../lib/okta/client.ts';
import type { Fields, HttpClient, Table } from '../../lib/ports.ts';
import { syncAcl } from '../../lib/zones/rebuild-acl.ts';
import type { SyncDeps } from '../../lib/zones/zone-pass.ts';
import { ZoneStates } from '../../lib/zones/zone-state.ts';
import { OktaSimulator } from '../../local/okta-simulator/simulator.ts';
import { logTelemetry } from '../../local/stand-ins/log-telemetry.ts';
import { MemorySecret } from '../../local/stand-ins/memory-secret.ts';
import { MemoryTable } from '../../local/stand-ins/memory-table.ts';
import { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import { ACL, configOf, NOW, positionAt } from './events.ts';

export const TOKEN = 'sync-okta-token';
/** What a run of the zone function has. */
export const RUN_MS = 30_000;

/** One ACL's rebuild by itself: table, Okta and clock are fakes, and nothing else runs beside it. */
export class SyncWorld {
  readonly clock = new VirtualClock(NOW);
  readonly table = new MemoryTable();
  readonly okta = new OktaSimulator({ now: () => this.clock.now(), token: TOKEN });
  readonly token = new MemorySecret(TOKEN);
  readonly lines: Fields[] = [];
  readonly timers: { readonly body: string; readonly delaySeconds: number }[] = [];
  /** Milliseconds that every call takes. */
  latencyMs = 0;
  readonly deps: SyncDeps;
  /** Called after each call to Okta has taken effect. */
  onAnswer: () => void = () => {};
  #events = 0;
  #runs = 0;

  constructor(options: { readonly config?: Config; readonly http?: HttpClient; readonly table?: Table } = {}) {
    const config = options.config ?? configOf();
    const table = options.table ?? this.table;
    for (const { zoneIds } of Object.values(config.acls)) {
      for (const id of zoneIds) this.okta.seedZone(id, { gateways: ['192.0.2.0/32'] });
    }
    const telemetry = logTelemetry(
      'zone',
      () => this.clock.now(),
      (line) => this.lines.push(line),
    );
    this.deps = {
      config,
      clock: this.clock,
      grants: new GrantBook(table, config, telemetry),
      states: new ZoneStates(table),
      okta: new OktaZones(options.http ?? this.#http, config.okta.baseUrl, () => this.clock.now()),
      oktaToken: new CachedSecret(this.token, this.clock),
      timers: { send: async (messages) => void this.timers.push(...messages) },
      telemetry,
      newId: () => {
        this.#runs += 1;
        return `run-${this.#runs}`;
      },
    };
  }

  async apply(...events: readonly QueuedEvent[]): Promise<void> {
    const book = this.deps.grants;
    for (const event of events) {
      this.#events += 1;
      await book.apply(event, positionAt(this.#events), this.clock.now());
    }
    await book.announce(this.clock.now());
  }

  /** A run from beginning to end; time goes on for as long as it takes. */
  async sync(acl = ACL, deps: Partial<SyncDeps> = {}): Promise<void> {
    await this.clock.finish(syncAcl(acl, { ...this.deps, ...deps }, this.clock.now() + RUN_MS));
  }

  gateways(zoneId = 'nzo1'): string[] {
    return (this.okta.zone(zoneId).gateways ?? []).map(({ value }) => value).sort();
  }

  codes(): unknown[] {
    return this.lines.flatMap(({ code }) => code ?? []);
  }

  calls(method?: string): number {
    return this.okta.requests().filter((request) => method === undefined || request.method === method).length;
  }

  /** When the timers armed so far go off, in milliseconds after NOW. */
  wakeUps(): number[] {
    return this.timers.map(({ body }) => JSON.parse(body).at - NOW);
  }

  /** The state of the zones, with what is known of their lists. */
  async state(acl = ACL) {
    const states = new ZoneStates(this.table);
    const state = await states.get(acl);
    return { ...state, zones: (await states.lists(acl, state)).known() };
  }

  readonly #http: HttpClient = async (request) => {
    const path = new URL(request.url).pathname;
    const call = this.okta.begin({ ...request, headers: { ...request.headers }, path, body: request.body ?? '' });
    if (this.latencyMs > 0) await this.clock.sleep(this.latencyMs);
    const outcome = call.complete();
    call.end();
    this.onAnswer();
    if (outcome.kind === 'answer') return outcome;
    if (outcome.kind === 'hang') await this.clock.sleep(request.timeoutMs);
    throw new Error(outcome.kind === 'hang' ? 'The operation was aborted due to timeout' : 'socket hang up');
  };
}
