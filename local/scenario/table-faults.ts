import type { OutsideCall } from '../stand-ins/outside-call.ts';
import type { TableFaultRequest } from './step-schema.ts';

export type TableFault = TableFaultRequest['fault'];
type TableCall = Extract<OutsideCall, { to: 'table' }>;

/** The faults of the table that wait for calls, in the order they were asked for. */
export class TableFaults {
  readonly #waiting: { readonly request: TableFaultRequest; readonly until: number; remaining: number }[] = [];

  /** @param now milliseconds since the epoch */
  add(request: TableFaultRequest, now: number): void {
    const { for: forMs, times = forMs === undefined ? 1 : Number.POSITIVE_INFINITY } = request;
    const until = forMs === undefined ? Number.POSITIVE_INFINITY : now + forMs;
    this.#waiting.push({ request, until, remaining: times });
  }

  /** Uses up one strike of the oldest fault that matches the call. */
  take(call: TableCall, now: number): TableFault | undefined {
    const found = this.#waiting.find(
      ({ request, until, remaining }) => remaining > 0 && now < until && matches(request, call),
    );
    if (!found) return undefined;
    found.remaining -= 1;
    return found.request.fault;
  }

  /** What was asked for so many calls and has struck none. */
  unspent(): readonly TableFaultRequest[] {
    return this.#waiting.flatMap(({ request, remaining }) => (remaining === (request.times ?? 1) ? [request] : []));
  }
}

function matches(request: TableFaultRequest, call: TableCall): boolean {
  const { function: from, method, acl, item = '' } = request;
  if (from !== undefined && from !== call.from) return false;
  if (method !== undefined && method !== call.method) return false;
  return call.keys.some((key) => {
    // `#` cannot occur in an ACL's name: such a partition is none.
    const isNamed = key.item.startsWith(item) || (key.acl.includes('#') && key.acl.startsWith(item));
    return isNamed && (acl === undefined || key.acl === acl);
  });
}
