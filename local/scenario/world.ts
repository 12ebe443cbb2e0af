import type { Config } from '../../lib/config.ts';
import { ITEM, TABLE } from '../../lib/names.ts';
import type { Fields, HttpClient, Item } from '../../lib/ports.ts';
import { EmbeddedFunctions } from '../embedded-functions.ts';
import { KnocknocSimulator, knocknocClient } from '../knocknoc-simulator/simulator.ts';
import { faultKind } from '../okta-simulator/faults.ts';
import { OktaSimulator } from '../okta-simulator/simulator.ts';
import type { ZoneView } from '../okta-simulator/types.ts';
import { MemoryClientKeys } from '../stand-ins/memory-client-keys.ts';
import { MemorySecret } from '../stand-ins/memory-secret.ts';
import { microtasks, VirtualClock } from '../stand-ins/virtual-clock.ts';
import type { Answer, Seen } from './expectations.ts';
import { Network } from './network.ts';
import { type CallSeen, oktaNetwork } from './okta-network.ts';
import type { Scenario } from './scenario.ts';
import type { Post } from './sender.ts';
import { TableFaults } from './table-faults.ts';

/** When every scenario begins, in milliseconds since the epoch. */
export const START = Date.UTC(2026, 10, 24, 18, 0, 0);
/** What posts are signed with, and what the secret holds from the start. */
export const WEBHOOK_KEY = Buffer.alloc(33, 'scenario').toString('base64');
const OKTA_TOKEN = 'scenario-okta-token';
/** Whose keys are in KMS, where the configuration says so. Each is known by its name. */
const SERVICE_APP = '0oa1scenarioAPP00000';
const KNOCKNOC = 'https://knocknoc.example';
/** How long Knocknoc takes to answer. */
const LIST_MS = 100;
/** DynamoDB removes an expired item within days, not at once. */
const TTL_LATENESS_MS = 48 * 3_600_000;

/** What a world tells of as it happens. */
export interface Listener {
  line(line: Fields): void;
  call(call: CallSeen): void;
  /** Something else that is worth a line: a function that died, a fault that struck. */
  event(label: string, text: string): void;
  /** Everything that needs no time has happened; the next thing takes some. */
  settled(): void;
}

/** The production handlers with all that is around them, on a virtual clock that begins at a fixed moment. */
export class World implements Seen {
  readonly clock: VirtualClock;
  readonly okta: OktaSimulator;
  readonly functions: EmbeddedFunctions;
  /** To the simulated Okta. */
  readonly http: HttpClient;
  readonly oktaCredentials = new MemorySecret(OKTA_TOKEN);
  readonly webhookSecret = new MemorySecret(JSON.stringify({ current: WEBHOOK_KEY }));
  /** Publishes nobody, for each ACL, until a step says otherwise. */
  readonly knocknoc = new KnocknocSimulator({ key: 'scenario-list-key' });
  readonly allowlistSecret = new MemorySecret();
  readonly clientKeys: MemoryClientKeys;
  readonly tableFaults = new TableFaults();
  readonly answers = new Map<string, Answer | 'none yet'>();
  /** What was posted, by its id. */
  readonly posts = new Map<string, { readonly post: Post; readonly answered: Promise<Answer> }>();
  /** Rises whenever something may have changed that an expectation can look at, but for what time alone changes. */
  version = 0;
  #zones: { readonly version: number; readonly views: readonly ZoneView[] } = { version: -1, views: [] };
  readonly lines: { readonly at: number; readonly line: Fields }[] = [];

  #config: Config;
  #listsStored: string | undefined;

  constructor({ config, okta }: Scenario, listener: Listener) {
    this.#config = config;
    const { latencyMs, limitPerMinute, zones, allowIpv6 } = okta;
    this.clock = new VirtualClock(START, async () => {
      await microtasks();
      listener.settled();
    });
    this.clientKeys = new MemoryClientKeys(
      () => this.clock.now(),
      (name) => name,
    );
    this.okta = new OktaSimulator({
      ...{ now: () => this.clock.now(), token: OKTA_TOKEN, latencyMs, zones, allowIpv6 },
      rateLimit: { limit: limitPerMinute },
      // Expectations count calls since the start.
      journalSize: 10_000_000,
    });
    const network = new Network(this.clock, this.tableFaults, (fault, call) => {
      listener.event('fault', `the table answers the ${call.from} function: ${fault}`);
    });
    this.http = oktaNetwork(this.okta, this.clock, {
      seen: (call) => listener.call(call),
      changed: () => this.changed(),
    });
    this.#storeLists(config);
    this.#deployKeys(config);
    const [name] = config.okta.clientKeyNames ?? [];
    if (name !== undefined) this.oktaCredentials.text = JSON.stringify({ clientId: SERVICE_APP, kid: name });
    this.functions = new EmbeddedFunctions({
      ...{ config, clock: this.clock, webhookSecret: this.webhookSecret, oktaCredentials: this.oktaCredentials },
      allowlistSecret: this.allowlistSecret,
      keys: this.clientKeys.signers,
      knocknoc: knocknocClient(this.knocknoc, () => this.clock.sleep(LIST_MS)),
      http: this.http,
      way: (call, reach) => network.way(call, () => reach().finally(() => this.changed())),
      write: (line) => {
        this.changed();
        this.lines.push({ at: this.now, line });
        listener.line(line);
      },
      died: (name, reason) => listener.event('crash', `the ${name} function ${reason}`),
    });
  }

  /** As of the last deploy. */
  get config(): Config {
    return this.#config;
  }

  deploy(config: Config): void {
    this.#config = config;
    this.#storeLists(config);
    this.#deployKeys(config);
    this.functions.deploy(config);
  }

  /** Okta's administrator knows every key that there is. */
  #deployKeys({ okta: { clientKeyNames = [] } }: Config): void {
    this.clientKeys.deploy(clientKeyNames);
    if (clientKeyNames.length === 0) return;
    const keys = this.clientKeys.list().map(({ id }) => ({ kid: id, jwk: this.clientKeys.publicKey(id) }));
    this.okta.setApp(SERVICE_APP, { keys });
  }

  /** Where the lists of new ACLs are; a secret that a step has changed is left as it is. */
  #storeLists(config: Config): void {
    if (this.allowlistSecret.text !== this.#listsStored) return;
    this.#listsStored = this.knocknoc.secretFor(KNOCKNOC, Object.keys(config.acls));
    this.allowlistSecret.text = this.#listsStored;
  }

  /** Milliseconds from the start. */
  get now(): number {
    return this.clock.now() - START;
  }

  /** Lets time pass up to a moment, with all that happens until then. @param at milliseconds from the start */
  runUntil(at: number): Promise<void> {
    return this.clock.runUntil(START + at);
  }

  zone(id: string): ZoneView | undefined {
    return this.zones().find((zone) => zone.id === id);
  }

  /** Looked up once for each version: what must hold throughout asks for them again and again. */
  zones(): readonly ZoneView[] {
    if (this.#zones.version !== this.version) this.#zones = { version: this.version, views: this.okta.zones() };
    return this.#zones.views;
  }

  calls() {
    return this.okta.requests().map(({ method, zoneId, at }) => ({ method, zoneId, at: at - START }));
  }

  answered(name: string, answer: Answer): void {
    this.answers.set(name, answer);
    this.changed();
  }

  grants(acl: string): readonly Item[] {
    const now = this.clock.now();
    return this.functions.table
      .items()
      .filter(
        (item) => item.acl === acl && item.item.startsWith(ITEM.grant) && Number(item[TABLE.expiryAttribute]) > now,
      );
  }

  /** The minute's tick; once an hour the table removes what is long over. */
  tick(): void {
    // The function has reported what went wrong; the next minute tries again, as the schedule does.
    this.functions.tick().catch(() => {});
    if (this.now % 3_600_000 === 0) this.functions.table.removeExpired(this.clock.now() - TTL_LATENESS_MS);
  }

  /** What was to go wrong and never did: whoever reads the story must know that this part of it shows nothing. */
  unspent(): readonly string[] {
    const { ticksToLose, timers, stream } = this.functions;
    const oktas = this.okta.faults().filter(({ count = 1, remaining }) => remaining === count);
    return [
      ...oktas.map(({ fault, method = 'any call', zoneId }) =>
        `${faultKind(fault)} for ${method} ${zoneId ?? ''}`.trimEnd(),
      ),
      ...this.tableFaults.unspent().map(({ fault }) => `${fault} of the table`),
      ...(ticksToLose > 0 ? ['a lost tick'] : []),
      ...(timers.messagesToLose > 0 ? ['a lost timer'] : []),
      ...(stream.batchesToLose > 0 ? ['a lost stream batch'] : []),
    ];
  }

  /** Something may have changed that an expectation can look at. */
  changed(): void {
    this.version += 1;
  }
}
