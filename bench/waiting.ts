import { signedHeaders } from '../cli/webhook-client.ts';
import { parseConfig } from '../config/load.ts';
import type { FunctionName } from '../local/stand-ins/outside-call.ts';
import { apiEvent, outcomeEvent } from '../local/webhook-server.ts';
import { ACL, VirtualSystem, WEBHOOK_KEY, ZONE } from '../test/helpers/virtual-system.ts';
import { type Bench, rounded } from './bench-result.ts';
import { slowDown } from './bursts.ts';

interface Case {
  /** Runs that the account may have at once. */
  readonly quota: number;
  /** As the stack reserves them; undefined: all functions share the quota. */
  readonly reserved?: Readonly<Record<FunctionName, number>>;
  readonly loginsPerSecond: number;
  /** What a call to Okta takes, in milliseconds. */
  readonly oktaMs: number;
}

const RESERVED = { webhook: 25, outcome: 46, grants: 3, expiry: 5, zone: 2, allowlist: 4 } as const;
const CASES: readonly Case[] = [
  { quota: 10, loginsPerSecond: 6, oktaMs: 250 },
  { quota: 10, loginsPerSecond: 6, oktaMs: 5_000 },
  { quota: 1_000, reserved: RESERVED, loginsPerSecond: 6, oktaMs: 250 },
  { quota: 1_000, reserved: RESERVED, loginsPerSecond: 6, oktaMs: 5_000 },
  { quota: 1_000, reserved: RESERVED, loginsPerSecond: 41.5, oktaMs: 5_000 },
];
const MINUTE_MS = 60_000;
const WAIT_MS = 15_000;
/** A run takes this long beside its calls, in milliseconds. */
const OWN_MS = 20;
const [WRITE_MS, POLLER_MS] = [10, 1_000];
/** The API's throttle of each route. */
const THROTTLE = { perSecond: 150, atOnce: 300 };
/** A sender gives up on a post after so many tries. */
const TRIES = 10;

interface Told {
  accepted: number;
  refusedPosts: number;
  questions: number;
  refusedQuestions: number;
  applied: number;
  pending: number;
  other: number;
  peak: number;
}

/** Whether those who wait for outcomes keep anything from those who post, in accounts with few runs and with many. */
export const run: Bench = async (progress) => {
  const rows: (string | number)[][] = [];
  let lost = 0;
  let refusedWithRoom = 0;
  for (const each of CASES) {
    const { quota, loginsPerSecond, oktaMs, reserved } = each;
    const count = Math.round(loginsPerSecond * 60);
    progress(`a quota of ${quota}, ${count} logins, ${oktaMs} ms a call to Okta`);
    const told = await play(each, count);
    lost += count - told.accepted;
    if (reserved) refusedWithRoom += told.refusedPosts;
    rows.push([
      quota.toLocaleString('en-US'),
      loginsPerSecond,
      oktaMs,
      `${told.accepted} of ${count}`,
      told.refusedPosts,
      told.applied,
      told.pending + told.other,
      rounded(told.questions / count, 1),
      told.refusedQuestions,
      told.peak,
    ]);
  }
  return {
    tables: [
      {
        title: 'Senders that wait for outcomes',
        columns: [
          ...['quota', 'logins a second', 'ms a call to Okta', 'accepted', 'posts refused'],
          ...['told applied', 'told pending', 'questions a login', 'questions refused', 'most runs at once'],
        ],
        rows,
        note: `A minute of logins; each sender posts until it is accepted and asks then what became of it, for ${WAIT_MS / 1_000} s. The production handlers on a virtual clock, Lambda's limits and the API's throttle around them. A quota of 10 leaves nothing to reserve (\`reservedConcurrency: false\`): all functions share it, and nobody is let wait. A request that is refused (429, 503) is made again after 2 s. Whoever is told pending is in as soon as Okta has confirmed it.`,
      },
    ],
    goals: [
      { what: 'events of those who wait that are not accepted', measured: lost, atMost: 0 },
      { what: 'posts that are refused where runs are reserved', measured: refusedWithRoom, atMost: 0 },
    ],
  };
};

async function play(model: Case, count: number): Promise<Told> {
  const settings = { reservedConcurrency: model.reserved !== undefined };
  const system = new VirtualSystem(settings);
  const acls = { [ACL]: { zoneIds: [ZONE] } };
  const handlers = system.functions.deploy(parseConfig({ okta: { domain: 'acme.okta.com' }, acls, ...settings }));
  await system.grant('203.0.113.7', { durationSeconds: 86_400 });
  await system.clock.advance(70_000);
  system.latencyMs = model.oktaMs;
  slowDown(system, WRITE_MS);
  const told: Told = {
    ...{ accepted: 0, refusedPosts: 0, questions: 0, refusedQuestions: 0 },
    ...{ applied: 0, pending: 0, other: 0, peak: 0 },
  };
  limit(handlers, model, system, told);
  const senders: Promise<void>[] = [];
  const began = system.clock.now();
  for (let sent = 0; sent < count; sent += 1) {
    await system.clock.runUntil(began + (sent * MINUTE_MS) / count);
    senders.push(login(sent, system, told));
  }
  await system.clock.finish(Promise.all(senders));
  return told;
}

/** Puts Lambda's limits before the handlers: what somebody waits for is refused, what is polled for is tried again. */
function limit(handlers: Record<string, unknown>, { quota, reserved }: Case, system: VirtualSystem, told: Told): void {
  const running: Record<string, number> = {};
  let all = 0;
  for (const name of ['webhook', 'outcome', 'grants', 'expiry', 'zone'] as const) {
    const isFree = () => (reserved ? (running[name] ?? 0) < reserved[name] : all < quota);
    handlers[name] = new Proxy(handlers[name] as (...args: unknown[]) => Promise<unknown>, {
      apply: async (handler, self, args) => {
        while (!isFree()) {
          if (name === 'webhook' || name === 'outcome') return { statusCode: 503 };
          await system.clock.sleep(POLLER_MS);
        }
        all += 1;
        running[name] = (running[name] ?? 0) + 1;
        told.peak = Math.max(told.peak, all);
        try {
          await system.clock.sleep(OWN_MS);
          return await Reflect.apply(handler, self, args);
        } finally {
          all -= 1;
          running[name] = (running[name] ?? 0) - 1;
        }
      },
    });
  }
  for (const route of ['webhook', 'outcome'] as const) {
    const throttled = handlers[route] as (...args: unknown[]) => Promise<unknown>;
    let [room, at] = [THROTTLE.atOnce, system.clock.now()];
    handlers[route] = async (...args: unknown[]) => {
      const now = system.clock.now();
      room = Math.min(THROTTLE.atOnce, room + ((now - at) * THROTTLE.perSecond) / 1_000);
      at = now;
      if (room < 1) return { statusCode: 429 };
      room -= 1;
      return throttled(...args);
    };
  }
}

async function login(n: number, system: VirtualSystem, told: Told): Promise<void> {
  const { clock, functions } = system;
  const id = `login-${n}`;
  const signed = (body: string) => signedHeaders(WEBHOOK_KEY, id, Math.floor(clock.now() / 1_000), body);
  // Neighbours, who fit into one zone.
  const data = { acl: ACL, ip: `20.0.${n >> 8}.${n & 255}`, durationSeconds: 86_400 };
  const body = JSON.stringify({ type: 'access.granted', timestamp: new Date(clock.now()).toISOString(), data });
  let location = '';
  for (let attempt = 1; location === ''; attempt += 1) {
    const headers = { 'content-type': 'application/json', ...signed(body) };
    const answer = await functions.webhook(apiEvent('/webhook', headers, Buffer.from(body)));
    if (answer.statusCode === 202) location = String(answer.headers?.location);
    else if (attempt === TRIES) return;
    else {
      told.refusedPosts += 1;
      await clock.sleep(2_000);
    }
  }
  told.accepted += 1;
  for (const until = clock.now() + WAIT_MS; ; ) {
    const prefer = `wait=${Math.max(0, Math.floor((until - clock.now()) / 1_000))}`;
    const { statusCode = 0 } = await functions.outcome(outcomeEvent(location, { ...signed(''), prefer }));
    told.questions += 1;
    if (statusCode === 200) told.applied += 1;
    else if (statusCode !== 202 && statusCode !== 429 && statusCode !== 503) told.other += 1;
    else if (clock.now() + 2_000 <= until) {
      if (statusCode !== 202) told.refusedQuestions += 1;
      await clock.sleep(2_000);
      continue;
    } else told.pending += 1;
    return;
  }
}
