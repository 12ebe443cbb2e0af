import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as v from 'valibot';
import { signWebhook } from '../../lib/webhook/webhook-signature.ts';
import { outcomeEvent } from '../../local/webhook-server.ts';
import type { Deployments } from './deployment.ts';
import type { Note } from './faults.ts';
import { entryFor } from './gateways.ts';
import { LetIn } from './inside.ts';
import type { AclModel } from './model.ts';
import type { Monitor, WatchedAcl } from './monitor.ts';
import type { EventAction } from './plan.ts';
import type { Surroundings } from './sources.ts';
import { StatusCheck } from './status-check.ts';
import type { World } from './world.ts';

const answerSchema = v.looseObject({
  status: v.string(),
  ended: v.optional(v.number()),
  heldBy: v.optional(v.number()),
  alwaysAllowed: v.optional(v.boolean()),
  overtakenBy: v.optional(v.string()),
});
const problemSchema = v.looseObject({ code: v.string() });
type Told = v.InferOutput<typeof answerSchema>;

/** An event that was accepted, and where its outcome is asked for. */
export interface Accepted {
  readonly event: EventAction;
  /** When it happened, in milliseconds since the epoch. */
  readonly timestamp: number;
  readonly location: string;
  readonly key: Buffer;
  readonly bodyHash: string;
}

/** By what an outcome says has overtaken the event: of which type that was, where it says so. */
const TYPES: Readonly<Record<string, EventAction['type']>> = {
  'a later flush': 'access.flushed',
  'a later revoke': 'access.revoked',
  'later grants': 'access.granted',
};
/** So often somebody asks who is told that nothing is known yet. */
const MOST_QUESTIONS = 6;
/** Whoever is told of a grant that ends within this time asks again when it has. */
const SOON_MS = 60_000;
/** Clocks differ, and what is over may be in for a while. */
const A_WHILE_MS = 10_000;

/** Asks for the outcomes of events, and judges what is told by what Okta has shown last at that moment. */
export class Asker {
  asked = 0;
  readonly #world: World;
  readonly #monitor: Monitor;
  readonly #acls: readonly WatchedAcl[];
  readonly #deployments: Deployments;
  readonly #around: Surroundings;
  readonly #note: Note;
  readonly #status: StatusCheck;

  constructor(
    world: World,
    monitor: Monitor,
    acls: readonly WatchedAcl[],
    deployments: Deployments,
    around: Surroundings,
    note: Note,
  ) {
    this.#world = world;
    this.#monitor = monitor;
    this.#acls = acls;
    this.#deployments = deployments;
    this.#around = around;
    this.#note = note;
    this.#status = new StatusCheck(world, monitor, deployments, around);
  }

  /** @param wait in seconds */
  async ask(accepted: Accepted, wait: number): Promise<void> {
    const { clock, faults, random } = this.#around;
    this.asked += 1;
    faults.struck('outcome asked for');
    for (let question = 1; question <= MOST_QUESTIONS; question += 1) {
      const began = clock.now();
      const answer = await this.#get(accepted, wait);
      const status = answer?.statusCode ?? 500;
      const body = String(answer?.body ?? '');
      await this.#status.look(accepted.event.acl);
      this.#note?.(`OUTCOME ${accepted.event.webhookId}: ${status} ${body}`);
      if (status === 502 || (status !== 202 && status < 500)) {
        const wrong = status === 502 ? this.#judgeFailure(body) : this.#judge(accepted, began, status, body);
        const { webhookId, type } = accepted.event;
        if (wrong)
          this.#monitor.broken('outcomes are true', `${webhookId} ${type}: ${wrong}, told ${body.slice(0, 200)}`);
        const endsInMs = accepted.timestamp + accepted.event.durationSeconds * 1000 - clock.now();
        if (type !== 'access.granted' || endsInMs < 0 || endsInMs > SOON_MS) return;
        // Asked once more when the grant is over.
        await clock.sleep(endsInMs + 1);
      } else await clock.sleep(random.whole(500, 5_000));
    }
  }

  async #get({ event, location, key }: Accepted, wait: number): Promise<APIGatewayProxyStructuredResultV2 | undefined> {
    const [id, timestamp] = [event.webhookId, String(Math.floor(this.#around.clock.now() / 1000))];
    const headers = {
      ...{ 'webhook-id': id, 'webhook-timestamp': timestamp, prefer: `wait=${wait}` },
      'webhook-signature': signWebhook(key, { id, timestamp, body: new Uint8Array() }),
    };
    try {
      return await this.#world.outcome.invoke(outcomeEvent(location, headers));
    } catch {
      return undefined; // The function died.
    }
  }

  /** @returns what is wrong with an answer; undefined: nothing */
  #judge(accepted: Accepted, began: number, status: number, body: string): string | undefined {
    const { event, bodyHash } = accepted;
    const { clock, faults } = this.#around;
    const acl = this.#acls.find(({ name }) => name === event.acl);
    if (!acl) return undefined;
    const isSecond = acl.model.hadAnother(event.webhookId, bodyHash);
    // Nobody knows an ACL that is not configured, nor does a key speak for it.
    const isUnknown = status === 404 || status === 401;
    if (isUnknown && !this.#deployments.hasLong(event.acl, clock.now())) return undefined;
    if (status === 409 && isSecond) {
      faults.struck('another event of this id');
      return undefined;
    }
    const told = v.safeParse(answerSchema, parsed(body));
    if (status !== 200 || !told.success) return `it is answered ${status}`;
    if (isSecond) return 'another event had its id';
    if (told.output.status === 'expired') return this.#judgeExpired(accepted);
    if (told.output.status !== 'applied') return 'there is no such status';
    faults.struck('applied is told');
    if (told.output.overtakenBy !== undefined)
      return this.#judgeOvertaken(accepted, told.output.overtakenBy, acl.model);
    return this.#isTrue(accepted, told.output, acl, began) ? undefined : 'it is not applied';
  }

  #judgeExpired({ event, timestamp }: Accepted): string | undefined {
    const { clock, faults } = this.#around;
    faults.struck('expired is told');
    const isOver = timestamp + event.durationSeconds * 1000 <= clock.now() + A_WHILE_MS;
    return event.type === 'access.granted' && isOver ? undefined : 'it is not expired';
  }

  #judgeOvertaken({ event, timestamp }: Accepted, by: string, model: AclModel): string | undefined {
    this.#around.faults.struck('overtaken is told');
    return model.hasOtherSince(event.webhookId, timestamp, TYPES[by]) ? undefined : 'no such event is later';
  }

  #isTrue({ event }: Accepted, told: Told, { name, model }: WatchedAcl, began: number): boolean {
    const { clock } = this.#around;
    const now = clock.now();
    const { ipv6, sentinel } = this.#deployments.current;
    // While a deploy goes on, another configuration may have answered.
    const always = LetIn.by(this.#deployments.known(name).flatMap((acl) => acl.always));
    const shown = (such: (lists: readonly LetIn[]) => boolean) =>
      this.#deployments.known(name).some(({ zoneIds }) => this.#monitor.shown.wereOnce(zoneIds, began, now, such));
    if (event.type === 'access.flushed') {
      const covered = new Set(model.endedBefore(began - A_WHILE_MS, event.webhookId));
      // Somebody else in the same network may hold its entry.
      const neighbours = [...model.ips.keys()].filter((ip) => !covered.has(ip)).map((ip) => entryFor(ip, ipv6));
      const held = new Set([...neighbours, sentinel]);
      const others = [...covered].map((ip) => entryFor(ip, ipv6)).filter((one) => !always.has(one) && !held.has(one));
      return shown((lists) => others.every((entry) => !lists.some((letIn) => letIn.has(entry))));
    }
    const entry = entryFor(event.ip, ipv6);
    if (event.type === 'access.granted') return shown((lists) => lists.some((letIn) => letIn.has(entry)));
    if (told.alwaysAllowed) return always.has(entry);
    if ((told.heldBy ?? 0) > 0) return model.wasHeldSince(event.ip, began - A_WHILE_MS, ipv6);
    return shown((lists) => !lists.some((letIn) => letIn.has(entry)));
  }

  /** What is told as a failure, a function has said. */
  #judgeFailure(body: string): string | undefined {
    this.#around.faults.struck('failure is told');
    const told = v.safeParse(problemSchema, parsed(body));
    if (!told.success) return 'it names no code';
    return this.#monitor.hasSaid(told.output.code) ? undefined : 'nobody has said this code';
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
