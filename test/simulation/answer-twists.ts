import type { HttpResponse } from '../../lib/ports.ts';
import type { OktaSimulator, ZoneEdit } from '../../local/okta-simulator/simulator.ts';
import { HEALING_MS } from './faults.ts';
import type { HostileOktaOptions } from './hostile-okta.ts';
import { viewOf } from './inside.ts';
import type { Surroundings } from './sources.ts';

/** A read may show what was there before a write for this long. */
const STALE_MS = 5_000;
const HOUR_S = 3_600;

type Headers = Readonly<Record<string, string>>;

/** What becomes of the headers of an answer that came at a moment, in seconds. */
const ABSURD: readonly ((headers: Headers, now: number) => Headers)[] = [
  (headers, now) => ({ ...headers, 'x-rate-limit-reset': String((now + 30) * 1000) }),
  (headers, now) => ({ ...headers, 'x-rate-limit-reset': String(now - 90) }),
  (headers) => ({ ...headers, 'x-rate-limit-reset': '60' }),
  (headers) => ({ ...headers, 'x-rate-limit-reset': '60', 'retry-after': '60' }),
  ({ 'x-rate-limit-reset': _, ...others }) => others,
  (headers, now) => ({ ...headers, 'x-rate-limit-reset': `${now + 30}, ${now + 30}` }),
  (headers, now) => ({ ...headers, 'x-rate-limit-reset': String(now + 9_000 * HOUR_S) }),
  (headers, now) => ({ ...headers, 'x-rate-limit-reset': String(now + 9_000 * HOUR_S), 'x-rate-limit-remaining': '3' }),
  (headers) => ({ ...headers, 'x-rate-limit-limit': '0', 'x-rate-limit-remaining': '-1' }),
  (headers, now) => ({ ...headers, date: new Date((now - HOUR_S) * 1000).toUTCString() }),
  (headers, now) => ({ ...headers, date: new Date((now + 9_000 * HOUR_S) * 1000).toUTCString() }),
  (headers) => ({ ...headers, date: 'yesterday' }),
  (headers) => ({ ...headers, 'retry-after': '86400' }),
  (headers) => ({ ...headers, 'retry-after': '-1, soon' }),
  ({ 'x-rate-limit-reset': _, ...others }, now) => ({
    ...others,
    'retry-after': new Date((now + 20) * 1000).toUTCString(),
  }),
];

/** How long a change in Okta may go unseen, and one that an answer to a write has shown. Milliseconds. */
type Noticed = Pick<HostileOktaOptions, 'noticedMs' | 'answerNoticedMs'>;

/** Answers that Okta, or something on the way, makes otherwise than it should, and what people do just meanwhile. */
export class AnswerTwists {
  readonly #okta: OktaSimulator;
  readonly #around: Surroundings;
  /** An administrator has changed a zone. */
  readonly #changed: (zoneId: string) => void;
  readonly #bounds: Noticed;
  /** By zone: what it had before it was written last. */
  readonly #earlier = new Map<string, { readonly gateways: unknown; readonly at: number }>();

  constructor(okta: OktaSimulator, around: Surroundings, bounds: Noticed, changed: (zoneId: string) => void) {
    this.#okta = okta;
    this.#around = around;
    this.#bounds = bounds;
    this.#changed = changed;
  }

  /** Before a PUT is carried out. */
  zoneIsWritten(zoneId: string): void {
    if (!this.#around.faults.mayStrike('stale from Okta')) return;
    const zone = viewOf(this.#okta, zoneId);
    if (zone) this.#earlier.set(zoneId, { gateways: zone.gateways, at: this.#around.clock.now() });
  }

  twist(method: string, zoneId: string, answer: HttpResponse): HttpResponse {
    const { faults, clock } = this.#around;
    let { headers, body } = answer;
    if (answer.status === 200 && method === 'GET') body = this.#stale(zoneId, body);
    if (answer.status === 200 && method === 'PUT') body = this.#otherStatus(zoneId, body);
    if (answer.status === 200 && method === 'GET' && faults.strikes('edit in mid-pass', zoneId)) {
      this.#edit(zoneId, this.#someEdit('edit in mid-pass', 4), this.#bounds.noticedMs);
    }
    if (faults.strikes('absurd header', String(answer.status))) {
      const twist = ABSURD[faults.whole('absurd header', 0, ABSURD.length - 1)];
      headers = twist?.(headers, Math.floor(clock.now() / 1000)) ?? headers;
      faults.disturb(HEALING_MS + 120_000);
    }
    return { ...answer, headers, body };
  }

  #stale(zoneId: string, body: string): string {
    const { faults, clock } = this.#around;
    const earlier = this.#earlier.get(zoneId);
    if (!earlier || clock.now() - earlier.at > STALE_MS || !faults.strikes('stale from Okta', zoneId)) return body;
    return withFields(body, { gateways: earlier.gateways });
  }

  /** Somebody has changed the zone while it was written, and the answer already shows that. */
  #otherStatus(zoneId: string, body: string): string {
    const { faults } = this.#around;
    if (!faults.strikes('other status in an answer', zoneId)) return body;
    const edit = this.#someEdit('other status in an answer', 2);
    this.#edit(zoneId, edit, this.#bounds.answerNoticedMs);
    return withFields(body, edit);
  }

  #someEdit(fault: 'edit in mid-pass' | 'other status in an answer', kinds: number): ZoneEdit {
    const n = this.#around.faults.whole(fault, 1, 9);
    const edits: ZoneEdit[] = [
      ...[{ status: 'INACTIVE' } as const, { usage: 'BLOCKLIST' } as const],
      ...[{ addGateways: [`198.51.100.${n}`] }, { proxies: [`192.0.2.${n + 200}`] }],
    ];
    return edits[n % kinds] ?? {};
  }

  /** @param noticedMs how long it may go unseen */
  #edit(zoneId: string, edit: ZoneEdit, noticedMs: number): void {
    const { faults, clock } = this.#around;
    this.#okta.editZone(zoneId, edit);
    this.#changed(zoneId);
    faults.disturb(noticedMs + HEALING_MS);
    if (!('status' in edit || 'usage' in edit)) return;
    // Mostly it is put back; else it stays so.
    if (faults.whole('edit in mid-pass', 1, 3) === 1) return;
    clock.after(faults.whole('edit in mid-pass', 5_000, 240_000), () => {
      this.#okta.editZone(zoneId, { status: 'ACTIVE', usage: 'POLICY' });
      this.#changed(zoneId);
      faults.disturb(noticedMs + HEALING_MS);
    });
  }
}

/** @returns half an answer as it is */
function withFields(body: string, fields: object): string {
  try {
    return JSON.stringify({ ...JSON.parse(body), ...fields });
  } catch {
    return body;
  }
}
