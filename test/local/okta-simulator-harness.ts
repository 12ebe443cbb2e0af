import { OktaSimulator, type OktaSimulatorOptions } from '../../local/okta-simulator/simulator.ts';

export const TOKEN = 'test-token';
export const ZONE = 'nzo1abcdefGHIJKLM0h7';
export const START = Date.UTC(2026, 10, 24, 18, 0, 17, 345);

export interface Sent {
  readonly token?: string;
  readonly headers?: Record<string, string>;
  /** Sent as it is when it is a string. */
  readonly body?: unknown;
}
export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** A simulator on a clock that only the test moves, with one zone of two gateways and a proxy. */
export function harness(options: Partial<OktaSimulatorOptions> = {}) {
  const clock = { now: START };
  const zones = {
    [ZONE]: { name: 'Staff', gateways: ['203.0.113.1/32', '198.51.100.0/24'], proxies: ['192.0.2.9/32'] },
  };
  const simulator = new OktaSimulator({
    now: () => clock.now,
    domain: 'acme.okta.com',
    token: TOKEN,
    zones,
    ...options,
  });

  const outcome = (method: string, path: string, { token = TOKEN, headers = {}, body }: Sent = {}) => {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const content: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const all = { authorization: `SSWS ${token}`, ...content, ...headers };
    return simulator.handle({ method, path, headers: all, body: text });
  };
  const call = (method: string, path: string, sent: Sent = {}): Received => {
    const answer = outcome(method, path, sent);
    if (answer.kind !== 'answer') throw new Error(`no answer but ${answer.kind}`);
    const parsed = answer.body.startsWith('{') ? (JSON.parse(answer.body) as Record<string, unknown>) : {};
    return { status: answer.status, headers: answer.headers, text: answer.body, json: parsed };
  };
  return {
    simulator,
    clock,
    outcome,
    call,
    get: (id = ZONE) => call('GET', `/api/v1/zones/${id}`),
    put: (body: unknown, id = ZONE) => call('PUT', `/api/v1/zones/${id}`, { body }),
  };
}

/** A body that Okta takes for the zone of the harness. */
export function zoneBody(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const gateways = [{ type: 'CIDR', value: '203.0.113.7/32' }];
  return { type: 'IP', name: 'Staff', status: 'ACTIVE', usage: 'POLICY', gateways, proxies: null, ...changes };
}

export function hosts(count: number): { type: string; value: string }[] {
  return Array.from({ length: count }, (_, n) => ({ type: 'CIDR', value: `203.0.${n >> 8}.${n & 255}/32` }));
}
