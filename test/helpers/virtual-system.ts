import { signedHeaders } from '../../cli/webhook-client.ts';
import { parseConfig } from '../../config/load.ts';
import type { Fields, HttpClient, Telemetry } from '../../lib/ports.ts';
import { EmbeddedFunctions } from '../../local/embedded-functions.ts';
import { KnocknocSimulator, knocknocClient } from '../../local/knocknoc-simulator/simulator.ts';
import { OktaSimulator } from '../../local/okta-simulator/simulator.ts';
import type { ZoneSeed } from '../../local/okta-simulator/types.ts';
import { MemorySecret } from '../../local/stand-ins/memory-secret.ts';
import type { Way } from '../../local/stand-ins/outside-call.ts';
import { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import { apiEvent, outcomeEvent } from '../../local/webhook-server.ts';
import { NOW } from './events.ts';

export const ACL = 'okta-prod';
export const ZONE = 'nzo1abcdefGHIJKLM0h7';
export const SECOND_ZONE = 'nzo1abcdefGHIJKLM0h8';
export const SENTINEL = '192.0.2.0/32';
export const TOKEN = 'virtual-okta-token';
export const WEBHOOK_KEY = Buffer.alloc(33, 'k').toString('base64');
export const OLD_WEBHOOK_KEY = Buffer.alloc(33, 'o').toString('base64');

/** Of another ACL, which is not configured. */
export const OTHER_ACL = 'lab';
export const OTHER_ACLS_KEY = Buffer.alloc(33, 'l').toString('base64');
/** Of the ACL, which takes none unless the configuration says so. */
export const BEARER_TOKEN = 'bearer-of-the-acl_QwErTyUiOp';
export const OTHER_ACLS_TOKEN = 'bearer-of-the-lab_AsDfGhJkLz';
const WEBHOOK_SECRET = {
  ...{ current: WEBHOOK_KEY, previous: OLD_WEBHOOK_KEY },
  acls: {
    [ACL]: { bearer: { current: BEARER_TOKEN } },
    [OTHER_ACL]: { current: OTHER_ACLS_KEY, bearer: { current: OTHER_ACLS_TOKEN } },
  },
};

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface Raw {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Uint8Array;
  readonly id?: string;
  readonly key?: string;
  /** Seconds since the epoch. */
  readonly signedAt?: number;
}

export interface Question extends Omit<Raw, 'body'> {
  /** Seconds. */
  readonly wait?: number;
}

/** The production handlers with stand-ins and a simulated Okta, on a virtual clock. */
export class VirtualSystem {
  readonly clock = new VirtualClock(NOW);
  readonly okta: OktaSimulator;
  readonly lines: Fields[] = [];
  readonly oktaCredentials = new MemorySecret(TOKEN);
  readonly webhookSecret = new MemorySecret(JSON.stringify(WEBHOOK_SECRET));
  readonly allowlistSecret = new MemorySecret();
  /** Its secret has the list of each configured ACL. */
  readonly knocknoc = new KnocknocSimulator({ key: 'virtual-list-key' });
  /** In place of the simulator's answer. */
  onList: HttpClient | undefined;
  readonly functions: EmbeddedFunctions;
  /** Milliseconds that every call to Okta takes. */
  latencyMs = 100;
  /** Is told of each list that a write to Okta has replaced. */
  onPut: (zoneId: string, before: readonly string[], after: readonly string[]) => void = () => {};
  readonly #settings: Readonly<Record<string, unknown>>;
  #ids = 0;

  /**
   * @param telemetry by the function's name; the lines are kept in `lines` where absent
   * @param way between the functions and the outside; nothing where absent
   */
  constructor(
    settings: Readonly<Record<string, unknown>> = {},
    seed: ZoneSeed = {},
    telemetry?: (functionName: string) => Telemetry,
    way?: Way,
  ) {
    this.#settings = { okta: { domain: 'acme.okta.com' }, acls: { [ACL]: { zoneIds: [ZONE] } }, ...settings };
    this.okta = new OktaSimulator({ now: () => this.clock.now(), token: TOKEN });
    this.okta.seedZone(ZONE, { name: 'Zone', gateways: [{ type: 'CIDR', value: SENTINEL }], ...seed });
    const config = parseConfig(this.#settings);
    this.allowlistSecret.text = this.knocknoc.secretFor('https://knocknoc.example', Object.keys(config.acls));
    const knocknoc = knocknocClient(this.knocknoc, () => this.clock.sleep(50));
    this.functions = new EmbeddedFunctions({
      ...{ config, allowlistSecret: this.allowlistSecret },
      knocknoc: (request) => (this.onList ?? knocknoc)(request),
      clock: this.clock,
      http: this.#http,
      webhookSecret: this.webhookSecret,
      oktaCredentials: this.oktaCredentials,
      write: (line) => this.lines.push(line),
      ...(telemetry && { telemetry }),
      ...(way && { way }),
    });
    this.functions.start();
  }

  redeploy(change: Readonly<Record<string, unknown>>): void {
    this.functions.deploy(parseConfig({ ...this.#settings, ...change }));
  }

  /** Posts a signed event and lets a moment pass, so that it is applied. */
  async send(type: string, data: Readonly<Record<string, unknown>> = {}, raw: Raw = {}): Promise<Answer> {
    const timestamp = new Date(this.clock.now()).toISOString();
    return this.post({ body: JSON.stringify({ type, timestamp, data: { acl: ACL, ...data } }), ...raw });
  }

  grant(ip: string, data: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    return this.send('access.granted', { ip, ...data });
  }

  revoke(ip: string, data: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    return this.send('access.revoked', { ip, ...data });
  }

  /** Posts whatever is asked for, and lets time pass until the answer is there; rightly signed unless the headers say otherwise (undefined leaves one out). */
  async post(raw: Raw): Promise<Answer> {
    this.#ids += 1;
    const { body = '', id = `id-${this.#ids}`, key = WEBHOOK_KEY } = raw;
    const signed = signedHeaders(key, id, raw.signedAt ?? Math.floor(this.clock.now() / 1000), body);
    const all = { 'content-type': 'application/json', ...signed, ...raw.headers };
    const headers = Object.fromEntries(Object.entries(all).flatMap(([n, v]) => (v === undefined ? [] : [[n, v]])));
    const pending = this.functions.webhook(apiEvent('/webhook', headers, Buffer.from(body)));
    await this.clock.advance(10);
    const answer = await this.clock.finish(pending);
    return { status: answer.statusCode ?? 0, body: JSON.parse(answer.body ?? '{}'), headers: answer.headers ?? {} };
  }

  /**
   * Asks for the outcome of an event, and lets time pass until the answer is there.
   * @param address the `location` of the answer to its POST, or a path below the webhook
   */
  async ask(address: string, raw: Question = {}): Promise<Answer> {
    const { wait, key = WEBHOOK_KEY } = raw;
    const id = raw.id ?? address.split('?')[0]?.split('/').at(-1) ?? '';
    const signed = signedHeaders(key, id, raw.signedAt ?? Math.floor(this.clock.now() / 1000), '');
    const all = { ...signed, prefer: wait === undefined ? undefined : `wait=${wait}`, ...raw.headers };
    const headers = Object.fromEntries(Object.entries(all).flatMap(([n, v]) => (v === undefined ? [] : [[n, v]])));
    const answer = await this.clock.finish(this.functions.outcome(outcomeEvent(address, headers)));
    return { status: answer.statusCode ?? 0, body: JSON.parse(answer.body ?? '{}'), headers: answer.headers ?? {} };
  }

  /** Posts a signed event, and asks for its outcome until it is known. */
  async outcomeOf(type: string, data: Readonly<Record<string, unknown>> = {}, raw: Raw = {}): Promise<Answer> {
    const { headers } = await this.send(type, data, raw);
    return this.ask(String(headers.location), { wait: 20 });
  }

  gateways(zoneId = ZONE): string[] {
    return (this.okta.zone(zoneId).gateways ?? []).map(({ value }) => value ?? '').sort();
  }

  codes(): unknown[] {
    return this.lines.flatMap((line) => (line.code === undefined ? [] : [line.code]));
  }

  puts(zoneId = ZONE): number {
    return this.okta.requests(0).filter((request) => request.method === 'PUT' && request.zoneId === zoneId).length;
  }

  /** `fetch` as Okta's clients meet it: time passes, hangs end in a timeout, dropped connections reject. */
  readonly #http: HttpClient = async (request) => {
    const [zoneId = ''] = new URL(request.url).pathname.split('/').slice(-1);
    const isPut = request.method === 'PUT' && this.okta.zones().some(({ id }) => id === zoneId);
    const before = isPut ? this.gateways(zoneId) : [];
    const call = this.okta.begin({
      method: request.method,
      path: new URL(request.url).pathname,
      headers: { ...request.headers },
      body: request.body ?? '',
    });
    await this.clock.sleep(this.latencyMs + call.delayMs);
    const outcome = call.complete();
    call.end();
    if (isPut) this.onPut(zoneId, before, this.gateways(zoneId));
    if (outcome.kind === 'answer') return { status: outcome.status, headers: outcome.headers, body: outcome.body };
    if (outcome.kind === 'drop') throw new Error('socket hang up');
    await this.clock.sleep(request.timeoutMs);
    throw new Error('The operation was aborted due to timeout');
  };
}
