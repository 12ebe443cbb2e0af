import { hash } from 'node:crypto';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { signWebhook } from '../../lib/webhook/webhook-signature.ts';
import { apiEvent } from '../../local/webhook-server.ts';
import { Asker } from './asker.ts';
import type { Deployments } from './deployment.ts';
import type { Note } from './faults.ts';
import type { Monitor, WatchedAcl } from './monitor.ts';
import type { EventAction } from './plan.ts';
import type { Surroundings } from './sources.ts';
import { APART, KEYS, type World } from './world.ts';

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
  readonly #asker: Asker;
  /** The first ACL has keys of its own. */
  readonly #ownKeys: boolean;
  readonly #ids = new Set<string>();
  readonly #asked = new Set<string>();
  #latest = 0;

  constructor(
    world: World,
    monitor: Monitor,
    acls: readonly WatchedAcl[],
    deployments: Deployments,
    around: Surroundings,
    note: Note,
    ownKeys: boolean,
  ) {
    this.#ownKeys = ownKeys;
    this.#asker = new Asker(world, monitor, acls, deployments, around, note);
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
    const isOthers = [...this.#ids].some((id) => id.endsWith(` ${event.webhookId}`) && !id.startsWith(`${acl} `));
    if (isOthers) faults.struck('an id that two ACLs have');
    if (this.#ids.has(`${acl} ${event.webhookId}`)) faults.struck('duplicate event');
    if (timestamp < this.#latest) faults.struck('reordered event');
    if (ageMs > 0) faults.struck('delayed event');
    this.#ids.add(`${acl} ${event.webhookId}`);
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
    if (status === 202 && !delivery.event.isKeyWrong) this.#ask(delivery, String(answer?.headers?.location ?? ''));
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
      'webhook-signature': signWebhook(this.#keyFor(event), { id, timestamp, body: bytes }),
    };
    try {
      return await this.#world.webhook.invoke(apiEvent('/webhook', headers, bytes));
    } catch {
      return undefined; // The HTTP API answers 500 for a function that died.
    }
  }

  /** Once for each event, whatever was delivered again. */
  #ask({ event, timestamp, body }: Delivery, location: string): void {
    const name = `${event.acl} ${event.webhookId} ${body}`;
    if (event.wait === undefined || this.#asked.has(name)) return;
    this.#asked.add(name);
    const bodyHash = hash('sha256', body, 'base64url');
    const accepted = { event, timestamp, location, bodyHash, key: this.#keyFor(event) };
    void this.#asker.ask(accepted, event.wait);
  }

  /** The key that speaks for an event's ACL; or, where that is the point of it, for another. */
  #keyFor({ acl, isKeyWrong }: EventAction): Buffer {
    const isOwn = this.#ownKeys && acl === APART;
    return isOwn !== (isKeyWrong === true) ? KEYS.own : KEYS.all;
  }

  #judge({ event, timestamp }: Delivery, began: number, status: number, body: string): void {
    const { clock, faults } = this.#around;
    if (event.isKeyWrong) {
      faults.struck('key of another ACL');
      const detail = `${event.acl}: ${status} to a key of another`;
      if (status !== 401 && status !== 404) this.#monitor.broken('a key speaks for its own ACL', detail);
      return;
    }
    if (this.#ownKeys && event.acl === APART) faults.struck('event with a key of its own');
    const ends = timestamp + event.durationSeconds * 1000;
    if (status === 422 && event.type === 'access.granted' && ends <= began + 3_000) return;
    // Nobody knows an ACL that is not configured, nor does a key speak for it.
    if ((status === 404 || status === 401) && !this.#deployments.hasLong(event.acl, clock.now())) return;
    if (status !== 202) {
      this.#monitor.broken('answers to the sender', `${event.webhookId}: ${status} ${body}`);
      return;
    }
    const model = this.#acls.find(({ name }) => name === event.acl)?.model;
    if (!model?.knows(event.webhookId)) {
      this.#monitor.broken('answers to the sender', `${event.webhookId} is accepted, but not on the queue`);
    }
  }
}
