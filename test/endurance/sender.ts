import { setTimeout as sleep } from 'node:timers/promises';
import { askOutcome, NoAnswer, outcomeUrl, post, sendEvent, type WebhookAnswer } from '../../cli/webhook-client.ts';
import type { QueuedEvent } from '../../lib/grants/queue-message.ts';
import type { RunningSystem } from '../../local/running-system.ts';
import { liveAfter } from '../helpers/grant-model.ts';
import type { Random } from '../simulation/random.ts';

/** Like somebody's data in a request that is refused: it may stand nowhere afterwards. */
export const BODY_MARK = 'marked-body-4c1d7e';

interface Accepted {
  readonly event: QueuedEvent;
  readonly answer: WebhookAnswer;
}

/** One sender: good events one after the other, so that what is right in the end is known; and bad ones among them. */
export class Sender {
  /** What was answered to events, and to those who asked for their outcomes. */
  readonly answers = new Map<number, number>();
  readonly told = new Map<number, number>();
  readonly accepted: Accepted[] = [];
  unanswered = 0;
  readonly #acls: readonly string[];
  readonly #system: RunningSystem;
  readonly #random: Random;
  #count = 0;

  constructor(system: RunningSystem, acls: readonly string[], random: Random) {
    this.#system = system;
    this.#random = random;
    this.#acls = acls;
  }

  async sendOne(): Promise<void> {
    if (this.#random.chance(0.15)) await this.#sendBad();
    else await this.#sendGood();
  }

  /** Asks what became of an event that was accepted some time ago. */
  async askOne(): Promise<void> {
    const some = this.accepted[this.#random.whole(0, this.accepted.length - 1)];
    if (some) count(this.told, await this.outcome(some));
  }

  /** Who must be in, by what was accepted alone. @param now milliseconds since the epoch */
  ips(acl: string, now: number): string[] {
    const events = this.accepted.map(({ event }) => event).filter((event) => event.acl === acl);
    return [...new Set(Object.keys(liveAfter(events, now)).map((name) => name.slice(0, name.indexOf('#'))))];
  }

  outcome({ event: { webhookId: id }, answer }: Accepted): Promise<WebhookAnswer> {
    const url = outcomeUrl(this.#system, answer);
    if (url === undefined) throw new Error(`the answer to ${id} names no outcome`);
    return askOutcome(this.#system, url, { id, now: Date.now() });
  }

  async #sendGood(): Promise<void> {
    const random = this.#random;
    const acl = this.#acls[random.whole(0, this.#acls.length - 1)] ?? '';
    // Every other address: neighbours are written as one network where a zone is full.
    const ip = `203.0.113.${random.whole(0, 60) * 2 + 1}`;
    const grantId = random.pick(['a', 'b', 'c']);
    const durationSeconds = random.whole(20, 900);
    const now = Date.now();
    const kind = random.next();
    const [type, whose]: [QueuedEvent['type'], Pick<QueuedEvent, 'ip' | 'grantId'>] =
      kind < 0.6
        ? ['access.granted', { ip, grantId }]
        : kind < 0.8
          ? ['access.revoked', { ip, grantId }]
          : kind < 0.97
            ? ['access.revoked', { ip }]
            : ['access.flushed', {}];
    const isGrant = type === 'access.granted';
    const user = `person-${random.whole(1, 99)}@example.com`;
    const data = { acl, ...whose, ...(isGrant && { durationSeconds, user }) };
    const body = { type, timestamp: new Date(now).toISOString(), data };
    this.#count += 1;
    const id = `endurance_${now}_${this.#count}`;
    const answer = await this.#sendUntilAnswered(body, id);
    if (answer.status !== 202) return;
    const ends = isGrant ? { expiresAt: now + durationSeconds * 1_000 } : {};
    const event = { type, acl, ...whose, ...ends, webhookId: id, timestamp: BigInt(now) * 1_000_000n };
    this.accepted.push({ event, answer });
    // The same again, as a sender does that lost the answer.
    if (random.chance(0.05)) count(this.answers, await sendEvent(this.#system, body, { id, now: Date.now() }));
  }

  /** An event without an answer may be stored: it is sent again until that is known. */
  async #sendUntilAnswered(body: object, id: string): Promise<WebhookAnswer> {
    for (;;) {
      try {
        const answer = await sendEvent(this.#system, body, { id, now: Date.now() });
        count(this.answers, answer);
        if (answer.status !== 429 && answer.status < 500) return answer;
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        this.unanswered += 1;
      }
      await sleep(1_000);
    }
  }

  async #sendBad(): Promise<void> {
    const random = this.#random;
    const [acl = ''] = this.#acls;
    const good = { type: 'access.granted', timestamp: new Date().toISOString(), data: { acl, ip: '198.51.100.1' } };
    const bad: readonly [object | string, ...(object | string)[]] = [
      { ...good, data: { ...good.data, ip: `10.0.0.1 ${BODY_MARK}` } },
      { ...good, data: { ...good.data, acl: BODY_MARK } },
      { ...good, timestamp: BODY_MARK },
      { ...good, type: BODY_MARK },
      `{"type":"${BODY_MARK}`,
      { ...good, note: BODY_MARK.repeat(30_000) },
    ];
    const what = random.pick(bad);
    if (random.chance(0.3)) {
      const headers = { ...this.#system.webhookHeaders, 'webhook-id': 'x', 'webhook-signature': `v1,${BODY_MARK}` };
      count(this.answers, await post(this.#system.webhookUrl, headers, JSON.stringify(what)));
    } else {
      count(this.answers, await sendEvent(this.#system, what, { id: `bad_${Date.now()}`, now: Date.now() }));
    }
  }
}

function count(counts: Map<number, number>, { status }: WebhookAnswer): void {
  counts.set(status, (counts.get(status) ?? 0) + 1);
}
