import { parseQueuedEvent } from '../../lib/grants/queue-message.ts';
import { microtasks, VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import { Administrator } from './administrator.ts';
import { AuditCheck } from './audit-check.ts';
import { boundsOf, losesWhatItSaw } from './bounds.ts';
import { aclsOf, Deployments, zonesOf } from './deployment.ts';
import { type Fault, Faults, HEALING_MS, type Note } from './faults.ts';
import { isGarbage } from './garbage.ts';
import type { Hooks } from './hooks.ts';
import { HostileOkta } from './hostile-okta.ts';
import { Knocknoc } from './lists/knocknoc.ts';
import { AclModel } from './model.ts';
import { Monitor } from './monitor.ts';
import { countDimensions, seedZones } from './okta-seeds.ts';
import { Operator } from './operator.ts';
import { type Action, deploymentsOf, type Plan, SERVICE_APP } from './plan.ts';
import { Random } from './random.ts';
import { Sender } from './sender.ts';
import type { Violation } from './violation.ts';
import { World } from './world.ts';

export interface Outcome {
  readonly violations: readonly Violation[];
  readonly counts: Readonly<Partial<Record<Fault, number>>>;
  readonly puts: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly trace: readonly string[];
}

const START = Date.UTC(2026, 10, 24, 18, 0, 0);
const MINUTE_MS = 60_000;
const TOKEN = 'token-0';

/** Runs one schedule from its first event until nothing is left to happen. The same plan always ends the same. */
export async function runSchedule(plan: Plan, bug: Hooks | (() => Hooks) = {}, traced = false): Promise<Outcome> {
  const hooks = typeof bug === 'function' ? bug() : bug;
  const clock = new VirtualClock(START, microtasks);
  const trace: string[] = [];
  const planned = deploymentsOf(plan);
  const bounds = boundsOf(plan);
  const { settledMs } = bounds;
  const note: Note = traced
    ? (text) => void trace.push(`${((clock.now() - START) / 1000).toFixed(3)} ${text}`)
    : undefined;
  const faults = new Faults(plan.rates, plan.seed, () => clock.now(), note, bounds.extraMs);
  faults.until = START + plan.actionMs;
  const around = { clock, faults, random: Random.named(plan.seed, 'chance'), slow: plan.slow, oktaMs: plan.oktaMs };
  const isApp = plan.dimensions.includes(SERVICE_APP);
  const okta = new HostileOkta(around, {
    ...{
      token: isApp ? undefined : TOKEN,
      limit: plan.limit,
      allowIpv6: planned.some(({ ipv6 }) => ipv6 !== undefined),
    },
    noticedMs: bounds.noticedMs,
    answerNoticedMs: losesWhatItSaw(plan) ? bounds.noticedMs : 0,
  });
  const acls = aclsOf(planned).map((name) => ({ name, model: new AclModel() }));
  seedZones(okta.simulator, plan);
  countDimensions(plan, faults);
  const deployments = new Deployments(plan.deployment, START);
  const monitor = new Monitor({
    ...{ acls, plan, faults, okta: okta.simulator, now: () => clock.now(), note, start: START },
    ...{ ...bounds, deployments },
    wereTurnedRound: () => faults.counts['lists turned round'] !== undefined && clock.now() < faults.disturbedUntil,
  });
  okta.monitor = monitor;
  const knocknoc =
    plan.world === 'lists'
      ? new Knocknoc({ ...{ plan, acls, around, deployments, monitor, bounds, note } })
      : undefined;
  const edited = plan.actions.some((action) => action.do === 'admin');
  const audit = new AuditCheck(plan, okta.simulator, zonesOf(planned));
  const world: World = new World({
    ...{
      around,
      okta,
      monitor,
      credentials: okta.signIn?.app.text ?? TOKEN,
      oneShard: plan.oneShard,
      hooks,
      note,
      knocknoc,
    },
    ...{ deployment: plan.deployment, table: plan.table, queue: plan.queue, ownKeys: plan.ownKeys },
    audit: (fields) => audit.said(fields),
    coldChance: 0.04,
    queued: (event, sequence, by) => {
      note?.(
        `QUEUED ${event.webhookId} ${event.type} ${event.acl} ${event.ip ?? ''}#${event.grantId ?? ''} until ${((event.expiresAt ?? START) - START) / 1000}`,
      );
      acls.find(({ name }) => name === event.acl)?.model.accept(event, sequence, clock.now());
      knocknoc?.check.queued(event, by);
    },
    applied: (event) => {
      acls.find(({ name }) => name === event.acl)?.model.applied(event, clock.now());
      knocknoc?.check.applied(event);
    },
    code: (code, detail, acl) => {
      monitor.codeIsSaid(code, acl);
      const unlucky = code === 'STORE001' && faults.counts['conflicts in a row'] !== undefined;
      const harmless = code.startsWith('HOOK') || code === 'ZONE005' || plan.codes.includes(code) || unlucky;
      if (plan.weather !== 'storm' && !harmless) monitor.broken('no codes in good weather', `${code} ${detail}`);
      // An update that Okta carries out long after it was given up on looks like somebody else's.
      const late = (faults.counts['timeout and applied late'] ?? 0) > 0;
      if (code === 'ZONE007' && !edited && !late && !plan.codes.includes(code))
        monitor.broken('nothing foreign reported', detail);
    },
  });
  const sender = new Sender(world, monitor, acls, deployments, around, note, plan.ownKeys);
  const administrator = new Administrator(world, planned, around, (zoneId) => monitor.zoneChanged(zoneId));
  const operator = new Operator(world, around, bounds.noticedMs, monitor, deployments);
  for (const action of plan.actions) clock.after(action.at, () => act(action));
  // Whoever puts events back comes again when no fault strikes any more: until then any may fail for good.
  const outages = plan.actions.map((action) => (action.do === 'table out' ? action.at + action.seconds * 1000 : 0));
  const isOver = Math.max(plan.actionMs, ...outages) + MINUTE_MS;
  clock.after(isOver, () => operator.act({ at: isOver, do: 'redrive' }));
  scheduleTicks();

  let end = START + plan.actionMs;
  // A repeated delivery may come long after the rest.
  const lastAction = START + (plan.actions.at(-1)?.at ?? 0);
  for (let now = START; now < end; now += 1_000) {
    await clock.runUntil(now);
    monitor.check();
    knocknoc?.check.check();
    end =
      (knocknoc?.lateMs ?? 0) +
      Math.max(START + plan.actionMs + HEALING_MS + bounds.extraMs, lastAction, faults.disturbedUntil) +
      settledMs +
      5_000;
    while (now + 1_000 >= end && acls.some(({ model }) => model.endsBetween(end - settledMs, end + 2_000)))
      end += 5_000;
  }
  await clock.runUntil(end);
  monitor.checkSettled();
  knocknoc?.check.checkSettled();
  checkNothingIsLeft();
  audit.checkSettled(acls, okta.simulator, (invariant, detail) => monitor.broken(invariant, detail));
  if (audit.lines > 0) faults.counts['line of the audit'] = audit.lines;
  return {
    ...{ violations: monitor.violations, counts: faults.counts, puts: monitor.puts, events: sender.sent },
    ...{ virtualMs: end - START, trace },
  };

  function act(action: Action): void {
    note?.(`ACTION ${JSON.stringify(action)}`);
    if (action.do === 'event') {
      sender.send(action);
      return;
    }
    if (action.do === 'rebuild') {
      faults.struck('rebuild beside another');
      return void world.rebuild(action.acl);
    }
    if (action.do === 'redeploy') {
      const since = world.redeploy(action.deployment, plan.deployMs);
      deployments.deploy(action.deployment, since);
      const isDisturbing = plan.weather === 'storm' || action.change !== undefined;
      faults.struck(action.change ?? 'redeploy', isDisturbing ? since - clock.now() + HEALING_MS : 0);
      monitor.isDeployed(zonesOf([action.deployment]));
      return;
    }
    knocknoc?.act(action);
    administrator.act(action);
    operator.act(action);
  }

  function scheduleTicks(): void {
    const chance = Random.named(plan.seed, 'ticks');
    let last = 0;
    const next = (minute: number) => {
      const at = minute * MINUTE_MS + chance.whole(0, MINUTE_MS - 1);
      clock.after(START + at - clock.now(), () => {
        if (!faults.strikes('lost tick')) {
          if (at - last > 90_000) faults.struck('ticks far apart');
          last = at;
          void world.tick();
        }
        next(minute + 1);
      });
    };
    next(0);
  }

  function checkNothingIsLeft(): void {
    // A list is read on and on: what came of it just now may still be on its way.
    const isNew = (body: string) => {
      const event = parseQueuedEvent(body);
      return event?.source === 'allowlist' && event.timestamp > BigInt(end - settledMs) * 1_000_000n;
    };
    const left = world.fifo.messages.filter(({ body }) => !isNew(body)).length;
    if (left > 0) monitor.broken('nothing left behind', `${left} events are still on the queue`);
    const letters = world.fifo.deadLetters.letters.filter(({ body }) => !isGarbage(body));
    if (letters.length > 0) monitor.broken('nothing left behind', 'an event is in the dead letters');
    for (const { name, zoneIds } of deployments.current.acls) {
      if (okta.simulator.requests(0).some(({ overlapping, zoneId }) => overlapping && zoneIds.includes(zoneId ?? ''))) {
        monitor.broken('5 one write at a time', name);
      }
    }
  }
}
