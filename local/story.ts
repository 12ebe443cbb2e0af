import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sendEvent } from '../cli/webhook-client.ts';
import { heading, say, sayBad, sayGood } from './console.ts';
import { LOCAL } from './local-configuration.ts';
import type { RunningSystem } from './running-system.ts';

/** Longest wait for the zone to show what a step expects. The slowest step waits for the minute schedule. */
const PATIENCE_MS = 150_000;
/** Nobody should think that it hangs. */
const SAY_EVERY_MS = 10_000;
const READ_EVERY_MS = 200;

/** Tells a story step by step, and checks what must follow from each. */
export class Story {
  allHeld = true;
  readonly #system: RunningSystem;
  #step = 0;

  constructor(system: RunningSystem) {
    this.#system = system;
  }

  tell(text: string): void {
    this.#step += 1;
    say(`\n${heading(`${this.#step}. ${text}`)}`);
  }

  async grant(text: string, data: Readonly<Record<string, unknown>>): Promise<void> {
    await this.send(text, 'access.granted', data);
  }

  async send(text: string, type: string, data: Readonly<Record<string, unknown>>): Promise<void> {
    this.tell(text);
    const now = Date.now();
    const event = { type, timestamp: new Date(now).toISOString(), data: { acl: LOCAL.acl, ...data } };
    const answer = await sendEvent(this.#system, event, { id: `demo_${randomUUID()}`, now });
    this.#check(answer.status === 202, 'the webhook answers 202', `it answered ${answer.status} ${answer.body}`);
  }

  async expectZone(ips: readonly string[], words = ips.join(' and ')): Promise<void> {
    const wanted = (ips.length > 0 ? ips.map((ip) => `${ip}/32`) : [LOCAL.sentinel]).sort().join(' ');
    const shown = await this.#until(
      async () =>
        (await this.#system.simulator.zone(LOCAL.zoneId)).gateways
          ?.map(({ value }) => value)
          .sort()
          .join(' '),
      (list) => list === wanted,
    );
    this.#check(shown === wanted, `the zone shows ${words}`, `it shows ${shown}`);
  }

  async expectCode(code: string): Promise<void> {
    const seen = await this.#until(
      async () => (await this.#system.logs()).some((line) => line.code === code),
      (found) => found,
    );
    this.#check(seen, `the log says ${code}`, 'it does not');
  }

  #check(held: boolean, expected: string, otherwise: string): void {
    if (held) {
      sayGood(`expected: ${expected}. It does.`);
    } else {
      this.allHeld = false;
      sayBad(`expected: ${expected}, but ${otherwise}`);
    }
  }

  async #until<T>(read: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
    const began = Date.now();
    for (let said = began; ; await sleep(READ_EVERY_MS)) {
      const value = await read();
      const now = Date.now();
      if (good(value) || now > began + PATIENCE_MS) return value;
      if (now < said + SAY_EVERY_MS) continue;
      said = now;
      say(`  … waiting for ${Math.round((now - began) / 1_000)} s`);
    }
  }
}
