import { AUDIT } from '../../../lib/names.ts';
import type { Fields, HttpClient } from '../../../lib/ports.ts';
import { ACL, VirtualSystem, ZONE } from '../../helpers/virtual-system.ts';
import { Random } from '../random.ts';
import { BadServer } from './bad-server.ts';
import { checkEnded, checkLists, type Ended, type Posted } from './list-check.ts';
import type { ListAction, ListFault, ListPlan } from './list-plan.ts';

export interface ListOutcome {
  /** What is broken, each with its second. */
  readonly broken: readonly string[];
  readonly counts: Readonly<Partial<Record<ListFault, number>>>;
  readonly reads: number;
}

/** Long enough after the last fault: two reads and the way to the zone, and a tick that may have been lost. */
const QUIET_SECONDS = 240;

/**
 * Plays one schedule: the production handlers on a virtual clock, and a Knocknoc that behaves badly.
 * @param between what lies between the reader and the server; for tries in which the reader must be found out
 */
export async function runListSchedule(
  plan: ListPlan,
  between: (http: HttpClient) => HttpClient = (http) => http,
): Promise<ListOutcome> {
  const { seed, pollSeconds, endsGrants, defaultGrantMinutes } = plan;
  const settings = {
    acls: { [ACL]: { zoneIds: [ZONE], defaultGrantMinutes, allowlist: { pollSeconds, endsGrants } } },
  };
  const system = new VirtualSystem(settings);
  const { clock, functions } = system;
  const counts: Partial<Record<ListFault, number>> = {};
  const struck = (fault: ListFault) => {
    counts[fault] = (counts[fault] ?? 0) + 1;
  };
  const server = new BadServer(clock, Random.named(seed, 'server'), struck);
  system.onList = between(server.http);
  const loggedIn = new Set<string>();
  const posted: Posted[] = [];
  const broken = new Set<string>();
  const start = clock.now();
  const second = () => Math.round((clock.now() - start) / 1_000);
  /** A run that died, or ticks that are lost: until then reads may be missing, or their work undone. */
  let disturbedUntil = 0;
  await functions.tick();
  const end = plan.actionSeconds + 1_600 + QUIET_SECONDS;
  let next = 0;
  while (second() < end) {
    for (let action = plan.actions[next]; action && action.at <= second(); action = plan.actions[next]) {
      next += 1;
      await act(action);
    }
    await clock.advance(1_000);
    check();
  }
  for (const ended of endedByReads(system.lines)) {
    for (const one of checkEnded(ended, server.shown, pollSeconds)) said(one);
  }
  const wanted = [...loggedIn].sort().join(' ');
  const found = [...inside()].sort().join(' ');
  const isRight = endsGrants ? found === wanted : [...loggedIn].every((ip) => inside().has(ip));
  if (!isRight) broken.add(`in the end ${found} are in, and logged in are ${wanted}`);
  return { broken: [...broken], counts, reads: server.shown.length };

  async function act({ do: what, ip = '', seconds = 0 }: ListAction): Promise<void> {
    switch (what) {
      case 'log in':
      case 'lost add':
        loggedIn.add(ip);
        server.set(loggedIn);
        if (what === 'lost add') struck(what);
        else if (plan.hasScript) await post('granted', ip);
        return;
      case 'log out':
      case 'lost del':
        loggedIn.delete(ip);
        server.set(loggedIn);
        if (what === 'lost del') struck(what);
        else if (plan.hasScript) await post('revoked', ip);
        return;
      case 'flush by hand':
        struck(what);
        return post('flushed');
      case 'lost tick':
        struck(what);
        functions.ticksToLose += 1;
        return;
      case 'reader dies':
        struck(what);
        functions.crash('allowlist', 'next call');
        disturbedUntil = Math.max(disturbedUntil, clock.now() + 1_000 * (2 * pollSeconds + 10));
        return;
      case 'new code':
        struck(what);
        return system.redeploy({});
      default:
        return server.begin(what, seconds, ip);
    }
  }

  async function post(type: Posted['type'], ip?: string): Promise<void> {
    await system.send(`access.${type}`, ip === undefined ? {} : { ip });
    posted.push({ at: clock.now(), type, ...(ip !== undefined && { ip }) });
  }

  function inside(): ReadonlySet<string> {
    return new Set(system.gateways().flatMap((entry) => (entry === '192.0.2.0/32' ? [] : [entry.replace('/32', '')])));
  }

  /** Once each, with the second at which it was seen first. */
  function said(what: string): void {
    if ([...broken].some((one) => one.endsWith(what))) return;
    broken.add(`${second()} s: ${what}`);
  }

  function check(): void {
    if (clock.now() > disturbedUntil) {
      for (const one of checkLists(plan, server.shown, posted, inside(), clock.now())) said(one);
    }
  }
}

/** What each read has ended, by the audit, with how many grants there were. */
function endedByReads(lines: readonly Fields[]): Ended[] {
  const byRead = new Map<number, string[]>();
  const compared = lines.filter(({ message }) => message === 'the list differs from the grants');
  for (const { webhookId, action, ip } of lines) {
    const [, began] = /^allowlist-(\d+)-/.exec(String(webhookId)) ?? [];
    if (began === undefined || action !== AUDIT.revoked) continue;
    byRead.set(Number(began), [...(byRead.get(Number(began)) ?? []), String(ip)]);
  }
  return [...byRead].map(([began, ips]) => {
    const isOfRead = ({ timestamp }: Fields) => Date.parse(String(timestamp)) >= began;
    return { began, ips, live: Number(compared.find(isOfRead)?.live ?? 0) };
  });
}
