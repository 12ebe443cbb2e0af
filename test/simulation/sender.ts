import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { parseWebhookSecret } from '../../lib/webhook/webhook-secret.ts';
import { signWebhook } from '../../lib/webhook/webhook-signature.ts';
import { apiEvent } from '../../local/webhook-server.ts';
import type { Deployments } from './deployment.ts';
import type { Note } from './faults.ts';
import { entryFor } from './gateways.ts';
import { LetIn, viewOf } from './inside.ts';
import type { Monitor, WatchedAcl } from './monitor.ts';
import type { EventAction } from './plan.ts';
import type { Surroundings } from './sources.ts';
import { WEBHOOK_SECRET, type World } from './world.ts';

const KEY = parseWebhookSecret(WEBHOOK_SECRET).keys[0]?.bytes ?? Buffer.alloc(0);

interface Delivery {
  readonly event: EventAction;
  readonly timestamp: number;
  readonly body: string;
}

/** Knocknoc: posts events, again where the answer says so, and checks what it is answered. */
export class Sender {
  sent = 0;
  readonly #world: World;
  readonly #monitor: Monitor;
  readonly #acls: readonly WatchedAcl[];
  readonly #deployments: Deployments;
  readonly #around: Surroundings;
  readonly #note: Note;
  readonly #ids = new Set<string>();
  #latest = 0;

  constructor(
    world: World,
    monitor: Monitor,
    acls: readonly WatchedAcl[],
    deployments: Deployments,
    around: Surroundings,
    note: Note,
  ) {
    this.#world = world;
    this.#deployments = deployments;
    this.#monitor = monitor;
    this.#acls = acls;
    this.#around = around;
    this.#note = note;
  }

  send(event: EventAction): void {
    const { clock, faults } = this.#around;
    const { type, acl, ip, grantId, ageMs, durationSeconds } = event;
    const timestamp = clock.now() - ageMs;
    this.sent += 1;
    if (this.#ids.has(event.webhookId)) faults.struck('duplicate event');
    if (timestamp < this.#latest) faults.struck('reordered event');
    if (ageMs > 0) faults.struck('delayed event');
    this.#ids.add(event.webhookId);
    this.#latest = Math.max(this.#latest, timestamp);
    const data = {
      acl,
      ...(type !== 'access.flushed' && { ip }),
      ...(type !== 'access.flushed' && grantId !== undefined && { grantId }),
      ...(type === 'access.granted' && { durationSeconds }),
    };
    const body = JSON.stringify({ type, timestamp: new Date(timestamp).toISOString(), data });
    void this.#deliver({ event, timestamp, body }, 1);
  }

  async #deliver(delivery: Delivery, attempt: number): Promise<void> {
    const { clock, faults, random } = this.#around;
    const began = clock.now();
    const answer = await this.#post(delivery);
    const status = answer?.statusCode ?? 500;
    this.#note?.(`ANSWER ${delivery.event.webhookId}: ${status}`);
    if (status < 500) this.#judge(delivery, began, status, String(answer?.body ?? ''));
    // An answer that was lost on its way looks like none to the sender.
    const lost = faults.strikes('retried by the sender');
    if ((status !== 500 && status !== 503 && !lost) || attempt === 8) return;
    if (!lost) faults.struck('retried by the sender');
    await clock.sleep(random.whole(500, 15_000));
    await this.#deliver(delivery, attempt + 1);
  }

  async #post({ event, body }: Delivery): Promise<APIGatewayProxyStructuredResultV2 | undefined> {
    const [id, timestamp] = [event.webhookId, String(Math.floor(this.#around.clock.now() / 1000))];
    const bytes = Buffer.from(body);
    const headers = {
      ...{ 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': timestamp },
      'webhook-signature': signWebhook(KEY, { id, timestamp, body: bytes }),
      ...(event.wait !== undefined && { prefer: `wait=${event.wait}` }),
    };
    try {
      return await this.#world.webhook.invoke(apiEvent('/webhook', headers, bytes));
    } catch {
      return undefined; // The HTTP API answers 500 for a function that died.
    }
  }

  #judge({ event, timestamp }: Delivery, began: number, status: number, body: string): void {
    const { clock } = this.#around;
    const ends = timestamp + event.durationSeconds * 1000;
    if (status === 422 && event.type === 'access.granted' && ends <= began + 3_000) return;
    // Nobody knows an ACL that is not configured.
    if (status === 404 && !this.#deployments.hasLong(event.acl, clock.now())) return;
    if (status !== 200 && status !== 202) {
      this.#monitor.broken('answers to the sender', `${event.webhookId}: ${status} ${body}`);
      return;
    }
    const model = this.#acls.find(({ name }) => name === event.acl)?.model;
    if (!model?.knows(event.webhookId)) {
      this.#monitor.broken('answers to the sender', `${event.webhookId} is accepted, but not on the queue`);
    }
    if (status === 200 && !body.includes('overtakenBy')) this.#judgeApplied(event, began);
  }

  /** `applied` is said only when the zone reflects the event; what was accepted since may not show yet. */
  #judgeApplied(event: EventAction, began: number): void {
    const { faults, clock } = this.#around;
    const acl = this.#acls.find(({ name }) => name === event.acl);
    const presence = acl?.model.ips.get(event.ip);
    if (!acl || !presence || faults.disturbedUntil > began) return;
    const { simulator } = this.#world.okta;
    const entry = entryFor(event.ip, this.#deployments.current.ipv6);
    const { zoneIds, always } = this.#deployments.acl(acl.name) ?? { zoneIds: [], always: [] };
    if (LetIn.by(always).has(entry)) return;
    const isIn = zoneIds.some((zoneId) =>
      LetIn.by((viewOf(simulator, zoneId)?.gateways ?? []).map(({ value }) => value)).has(entry),
    );
    const now = clock.now();
    if (event.type === 'access.granted' && presence.until > now + 1_000 && presence.since <= began && !isIn) {
      this.#monitor.broken('answers to the sender', `${event.webhookId} is not applied, but said to be`);
    }
    // What ended by itself only just before may still be in.
    const gone = Math.max(presence.until, presence.ended) + 6_000;
    if (event.type !== 'access.granted' && gone < began && isIn) {
      this.#monitor.broken('answers to the sender', `${event.webhookId} is not applied, but said to be`);
    }
  }
}
