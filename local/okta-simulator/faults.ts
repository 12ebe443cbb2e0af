import type { ActiveFault, Fault, FaultRequest } from './types.ts';

/** The faults waiting for calls to strike, in the order they were asked for. */
export class Faults {
  #active: { -readonly [Key in keyof ActiveFault]: ActiveFault[Key] }[] = [];
  #lastId = 0;

  add(request: FaultRequest): ActiveFault {
    this.#lastId += 1;
    const fault = { ...request, id: this.#lastId, remaining: request.count };
    this.#active.push(fault);
    return { ...fault };
  }

  /** Uses up one count of the oldest fault that matches the call. */
  take(method: string, zoneId: string | null): Fault | undefined {
    const found = this.#active.find(
      (fault) =>
        (fault.method === undefined || fault.method === method) &&
        (fault.zoneId === undefined || fault.zoneId === zoneId),
    );
    if (found === undefined) return undefined;
    found.remaining -= 1;
    this.#active = this.#active.filter((fault) => fault.remaining > 0);
    return found.fault;
  }

  list(): ActiveFault[] {
    return this.#active.map((fault) => ({ ...fault }));
  }

  clear(): void {
    this.#active = [];
  }
}

/** A word for the kind of a fault, for the journal and the page. */
export function faultKind(fault: Fault): string {
  if ('status' in fault) return `status ${fault.status}`;
  if ('drop' in fault) return `drop ${fault.drop}`;
  if ('delayMs' in fault) return `delay ${fault.delayMs} ms`;
  return Object.keys(fault)[0] ?? 'fault';
}
