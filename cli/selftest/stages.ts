import { GrantBook } from '../../lib/grants/grant-book.ts';
import { isListed, readLists } from '../../lib/zones/zone-lists.ts';
import { ZoneStates } from '../../lib/zones/zone-states.ts';
import type { Surroundings } from '../command.ts';
import { deliver, heals, outcomeOf, saysOutcome } from '../deliver.ts';
import { type Told, toldOfOutcome, toldOfPost } from '../event-words.ts';
import { EXIT } from '../exit-codes.ts';
import { AT_RECEIPT } from '../own-sender.ts';
import type { Target } from '../target.ts';
import type { WebhookAnswer, WebhookEndpoint } from '../webhook-client.ts';

/** What a self-test measures, in its order. */
export const STAGES = ['accepted', 'stored', 'written', 'confirmed', 'gone'] as const;
export type Stage = (typeof STAGES)[number];

/** A stage that was reached: after how long, in milliseconds from the event that it belongs to; or why it was not. */
export type StageResult =
  | { readonly stage: Stage; readonly ms: number }
  | { readonly stage: Stage; readonly failed: string; readonly advice: string };

export interface Probe {
  readonly acl: string;
  readonly ip: string;
  readonly endpoint: WebhookEndpoint;
  /** How long each of the two events may take, in seconds. */
  readonly timeout: number;
}

const GRANT_ID = 'selftest';
/** The grant ends by itself where nothing else could end it. */
const LIFETIME_S = 120;
const LOOK_EVERY_MS = 100;
/** Questions for the outcome while nothing is written. */
const ASK_EVERY_MS = 1_000;
const ADVICE = '`npm run zone -- doctor` checks each link. The grant ends by itself within two minutes.';

/** Lets the address in, and says when each stage was reached; ends at the first that was not. */
export async function* letIn(probe: Probe, target: Target, here: Surroundings): AsyncGenerator<StageResult> {
  const { acl, ip, timeout } = probe;
  const began = here.clock.now();
  const reached = (stage: Stage) => ({ stage, ms: here.clock.now() - began });
  const end = began + 1000 * timeout;
  const data = { acl, ip, grantId: GRANT_ID, user: GRANT_ID, durationSeconds: LIFETIME_S };
  const posted = await post('access.granted', data, probe, here);
  if ('told' in posted) return yield failed('accepted', posted.told);
  yield reached('accepted');
  const book = new GrantBook(target.table, target.config, { error: () => {} });
  const isStored = async () => (await book.live(acl, here.clock.now())).some((one) => one.ip === ip);
  if (!(await happens(isStored, end, here))) return yield late('stored', timeout);
  yield reached('stored');
  const asked = { command: 'grant', ip, waited: timeout } as const;
  for (let ask = here.clock.now() + ASK_EVERY_MS; ; ask += ASK_EVERY_MS) {
    if (await happens(() => isInZone(probe, target), Math.min(ask, end), here)) break;
    // Nothing is written where that can't be: a zone that is full, or that Okta keeps from us.
    const outcome = await posted.outcome(0);
    const isHopeless = outcome !== undefined && saysOutcome(outcome) && outcome.status !== 200 && !heals(outcome);
    if (isHopeless || here.clock.now() >= end || here.stop.aborted) {
      return yield failed('written', toldOfOutcome(outcome, asked));
    }
  }
  yield reached('written');
  const told = toldOfOutcome(await posted.outcome(secondsTo(end, here)), asked);
  yield told.exit === EXIT.fine ? reached('confirmed') : failed('confirmed', told);
}

/** Takes it out again: gone is it once the outcome says so and no list has it. */
export async function putOut(probe: Probe, target: Target, here: Surroundings): Promise<StageResult> {
  const { acl, ip, timeout } = probe;
  const began = here.clock.now();
  const end = began + 1000 * timeout;
  const posted = await post('access.revoked', { acl, ip, grantId: GRANT_ID }, probe, here);
  if ('told' in posted) return failed('gone', posted.told);
  const asked = { command: 'revoke', ip, grantId: GRANT_ID, waited: timeout } as const;
  const told = toldOfOutcome(await posted.outcome(timeout), asked);
  if (told.exit !== EXIT.fine) return failed('gone', told);
  const isGone = async () => !(await isInZone(probe, target));
  return (await happens(isGone, end, here)) ? { stage: 'gone', ms: here.clock.now() - began } : late('gone', timeout);
}

type Posted = { readonly told: Told } | { readonly outcome: (seconds: number) => Promise<WebhookAnswer | undefined> };

async function post(
  type: string,
  data: Readonly<Record<string, unknown>>,
  { endpoint }: Probe,
  { clock, newId, stop }: Surroundings,
): Promise<Posted> {
  const delivery = { endpoint, clock, stop, id: `selftest_${newId()}` };
  const posted = await deliver({ type, timestamp: AT_RECEIPT, data }, delivery);
  const told = toldOfPost(posted);
  if (told.exit !== EXIT.fine) return { told };
  return { outcome: (seconds) => outcomeOf(posted, seconds, delivery) };
}

/** By the lists that Okta has confirmed. */
async function isInZone({ acl, ip }: Probe, { table, config }: Target): Promise<boolean> {
  const states = new ZoneStates(table);
  const state = await states.get(acl);
  return isListed(ip, await readLists(acl, config.acls[acl]?.zoneIds ?? [], state, states.items), state);
}

async function happens(check: () => Promise<boolean>, end: number, { clock, stop }: Surroundings): Promise<boolean> {
  for (;;) {
    if (await check()) return true;
    if (clock.now() >= end || stop.aborted) return false;
    await clock.sleep(LOOK_EVERY_MS);
  }
}

function secondsTo(end: number, { clock }: Surroundings): number {
  return Math.max(1, Math.ceil((end - clock.now()) / 1000));
}

function late(stage: Stage, timeout: number): StageResult {
  return { stage, failed: `not within ${timeout} s`, advice: ADVICE };
}

function failed(stage: Stage, { line, advice = ADVICE }: Told): StageResult {
  return { stage, failed: line, advice };
}
