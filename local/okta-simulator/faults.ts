import type { ActiveFault, Fault, FaultRequest } from './types.ts';

interface Waiting {
  readonly request: FaultRequest;
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
  toSkip: number;
  remaining: number;
}

/** The faults waiting for calls to strike, in the order they were asked for. */
export class Faults {
  #waiting: Waiting[] = [];
  #lastId = 0;

  /** @param now milliseconds since the epoch */
  add(request: FaultRequest, now: number): ActiveFault {
    const { seconds, skip = 0, count = seconds === undefined ? 1 : Number.POSITIVE_INFINITY } = request;
    this.#lastId += 1;
    const until = seconds === undefined ? Number.POSITIVE_INFINITY : now + seconds * 1000;
    const fault = { request, id: this.#lastId, until, toSkip: skip, remaining: count };
    this.#waiting.push(fault);
    return shown(fault);
  }

  /** Uses up one count of the oldest fault that matches the call. */
  take(method: string, zoneId: string | null, now: number): Fault | undefined {
    this.#drop(now);
    for (const fault of this.#waiting) {
      const { request } = fault;
      if (request.method !== undefined && request.method !== method) continue;
      if (request.zoneId !== undefined && request.zoneId !== zoneId) continue;
      fault.toSkip -= 1;
      if (fault.toSkip >= 0) continue;
      fault.remaining -= 1;
      this.#drop(now);
      return request.fault;
    }
    return undefined;
  }

  list(now: number): ActiveFault[] {
    this.#drop(now);
    return this.#waiting.map(shown);
  }

  clear(): void {
    this.#waiting = [];
  }

  #drop(now: number): void {
    this.#waiting = this.#waiting.filter(({ remaining, until }) => remaining > 0 && now < until);
  }
}

function shown({ request, id, remaining }: Waiting): ActiveFault {
  return { ...request, id, remaining: Number.isFinite(remaining) ? remaining : null };
}

/** A word for the kind of a fault, for the journal and the page. */
export function faultKind(fault: Fault): string {
  if ('status' in fault) return `status ${fault.status}`;
  if ('drop' in fault) return `drop ${fault.drop}`;
  if ('delayMs' in fault) return `delay ${fault.delayMs} ms`;
  return Object.keys(fault).find((key) => key !== 'headers') ?? 'headers';
}
