import type { ServiceAppSeed, ServiceAppView } from './oauth/apps.ts';
import type { PolicySeed } from './policies.ts';
import type {
  ActiveFault,
  FaultRequest,
  LatencyRule,
  Quota,
  RateLimitChange,
  RequestRecord,
  Role,
  SimulatorState,
  TokenView,
  ZoneEdit,
  ZoneSeed,
  ZoneView,
} from './types.ts';

/** It answers at once, but a busy machine may let it wait, as it lets who asks. */
const TIMEOUT_MS = 30_000;

/** Client of the control API (see `control.ts`). Every method rejects when the simulator refuses or is gone. */
export class SimulatorControl {
  readonly #url: string;

  /** @param url address of the simulator, as `startOktaSimulator` gives it */
  constructor(url: string) {
    this.#url = new URL('/control/', url).href;
  }

  async reset(): Promise<void> {
    await this.#call('POST', 'reset');
  }

  state(): Promise<SimulatorState> {
    return this.#read('GET', 'state');
  }

  zones(): Promise<ZoneView[]> {
    return this.#read('GET', 'zones');
  }

  zone(id: string): Promise<ZoneView> {
    return this.#read('GET', `zones/${encodeURIComponent(id)}`);
  }

  seedZone(id: string, seed: ZoneSeed = {}): Promise<ZoneView> {
    return this.#read('PUT', `zones/${encodeURIComponent(id)}`, seed);
  }

  editZone(id: string, edit: ZoneEdit): Promise<ZoneView> {
    return this.#read('PATCH', `zones/${encodeURIComponent(id)}`, edit);
  }

  async removeZone(id: string): Promise<void> {
    await this.#call('DELETE', `zones/${encodeURIComponent(id)}`);
  }

  tokens(): Promise<TokenView[]> {
    return this.#read('GET', 'tokens');
  }

  async setToken(token: string, role: Role): Promise<void> {
    await this.#call('PUT', `tokens/${encodeURIComponent(token)}`, { role });
  }

  async revokeToken(token: string): Promise<void> {
    await this.#call('DELETE', `tokens/${encodeURIComponent(token)}`);
  }

  apps(): Promise<ServiceAppView[]> {
    return this.#read('GET', 'apps');
  }

  async setApp(clientId: string, seed: ServiceAppSeed): Promise<void> {
    await this.#call('PUT', `apps/${encodeURIComponent(clientId)}`, seed);
  }

  async setPolicy(id: string, seed: PolicySeed): Promise<void> {
    await this.#call('PUT', `policies/${encodeURIComponent(id)}`, seed);
  }

  async removePolicy(id: string): Promise<void> {
    await this.#call('DELETE', `policies/${encodeURIComponent(id)}`);
  }

  async forgetAccessTokens(): Promise<void> {
    await this.#call('DELETE', 'access-tokens');
  }

  addFault(request: FaultRequest): Promise<ActiveFault> {
    return this.#read('POST', 'faults', request);
  }

  faults(): Promise<ActiveFault[]> {
    return this.#read('GET', 'faults');
  }

  async clearFaults(): Promise<void> {
    await this.#call('DELETE', 'faults');
  }

  latencies(): Promise<LatencyRule[]> {
    return this.#read('GET', 'latency');
  }

  async setLatency(rule: LatencyRule): Promise<void> {
    await this.#call('PUT', 'latency', rule);
  }

  async clearLatencies(): Promise<void> {
    await this.#call('DELETE', 'latency');
  }

  rateLimit(): Promise<Quota> {
    return this.#read('GET', 'rate-limit');
  }

  setRateLimit(change: RateLimitChange): Promise<Quota> {
    return this.#read('PUT', 'rate-limit', change);
  }

  requests(since = 0): Promise<RequestRecord[]> {
    return this.#read('GET', `requests?since=${since}`);
  }

  async clearRequests(): Promise<void> {
    await this.#call('DELETE', 'requests');
  }

  async #read<Value>(method: string, path: string, body?: unknown): Promise<Value> {
    // Both ends are of one version of this repository, so the shape needs no check.
    return JSON.parse(await this.#call(method, path, body)) as Value;
  }

  async #call(method: string, path: string, body?: unknown): Promise<string> {
    const response = await fetch(new URL(path, this.#url), {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    // The path may hold a token, so the message names the resource alone.
    if (!response.ok) throw new Error(`control API: ${method} ${path.split(/[/?]/)[0]}: ${response.status} ${text}`);
    return text;
  }
}
