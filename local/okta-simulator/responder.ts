import { errorBody, errorForStatus, type OktaError } from './errors.ts';
import type { Fault, Quota, SimOutcome } from './types.ts';

export type Answer = Extract<SimOutcome, { kind: 'answer' }>;

/** What the concurrency limit suggests as the time to wait: no promise that there will be room then. */
const CONCURRENCY_RESET_SECONDS = 5;

/** Puts the headers of every Okta answer on what is answered: rate limit, date, request id (developer docs). */
export class Responder {
  #count = 0;

  json(status: number, body: unknown, quota: Quota, now: number, extra: Readonly<Record<string, string>> = {}): Answer {
    const text = body === undefined ? '' : JSON.stringify(body);
    return this.#answer(status, text, quota, now, extra);
  }

  error(error: OktaError, quota: Quota, now: number): Answer {
    const errorId = this.#id('oae');
    const mark = error.invented ? INVENTED : {};
    return this.#answer(error.status, errorBody(error, errorId), quota, now, mark);
  }

  /** The answer of a `status` fault. The page is what something in between sends, so it has none of Okta's headers. */
  fault(fault: Extract<Fault, { status: number }>, zoneId: string | null, quota: Quota, now: number): Answer {
    const { status, body = 'json', text } = fault;
    if (text !== undefined) return this.#answer(status, text, quota, now, INVENTED);
    if (body === 'empty' || status === 204 || status === 304) return this.#answer(status, '', quota, now, INVENTED);
    if (body === 'json') {
      // A 429 says in its headers that nothing is left.
      const shown = status === 429 ? { ...quota, remaining: 0 } : quota;
      return this.error(errorForStatus(status, zoneId), shown, now);
    }
    const html = `<!DOCTYPE html>\n<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>\n`;
    const headers = { date: new Date(now).toUTCString(), 'content-type': 'text/html; charset=utf-8', ...INVENTED };
    return { kind: 'answer', status, headers, body: html };
  }

  #answer(status: number, body: string, quota: Quota, now: number, extra: Readonly<Record<string, string>>): Answer {
    const headers = {
      date: new Date(now).toUTCString(),
      ...(body === '' ? {} : { 'content-type': 'application/json' }),
      'x-okta-request-id': this.#id('req'),
      'x-rate-limit-limit': String(quota.limit),
      'x-rate-limit-remaining': String(quota.remaining),
      'x-rate-limit-reset': String(quota.reset),
      ...extra,
    };
    return { kind: 'answer', status, headers, body };
  }

  #id(prefix: string): string {
    this.#count += 1;
    return `${prefix}${String(this.#count).padStart(20, '0')}`;
  }
}

const INVENTED = { 'x-simulator-invented': 'true' } as const;

/** What a 429 for too many calls at once shows: zero, zero, and an estimate (developer docs). */
export function concurrencyQuota(now: number): Quota {
  return { limit: 0, remaining: 0, reset: Math.floor(now / 1000) + CONCURRENCY_RESET_SECONDS };
}
