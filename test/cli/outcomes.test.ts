import { beforeAll, describe, expect, it } from 'vitest';
import type { Target } from '../../cli/target.ts';
import {
  ACCEPTED,
  accepts,
  answers,
  type Behaviour,
  BUSY,
  drops,
  PENDING,
  refuses,
  startRecordingServer,
} from '../agent/recording-server.ts';
import { ALICE, CliWorld } from './cli-world.ts';
import { Pauses } from './pauses.ts';
import { typed } from './typed.ts';

const COMMANDS = { grant: `grant --ip ${ALICE}`, revoke: `revoke --ip ${ALICE}`, flush: 'flush --yes' } as const;
type Command = keyof typeof COMMANDS;
const CALLER = 'arn:aws:sts::123456789012:assumed-role/Operator/alice';

describe('what grant, revoke and flush say', () => {
  let target: Target;
  beforeAll(async () => {
    target = { ...(await (await CliWorld.start()).target()), caller: async () => CALLER };
  });

  async function run(line: string, behaviours: readonly [Behaviour, ...Behaviour[]], about: Partial<Target> = {}) {
    const { posts, received, url } = await startRecordingServer(...behaviours);
    const there = { ...target, webhook: { url, headers: {} }, ...about };
    const clock = new Pauses();
    return { ...(await typed(line, async () => there, {}, { clock })), posts: posts(), received };
  }

  it.each<[Command, string, Readonly<Record<string, unknown>>, number, string]>([
    ['grant', '', { heldBy: 1 }, 0, `✔ applied: ${ALICE} is in`],
    [
      ...(['grant', '', { heldBy: 1, overtakenBy: 'a later event on the same grant' }] as const),
      ...([0, `✔ applied: ${ALICE} is in; overtaken by a later event on the same grant`] as const),
    ],
    [
      ...(['grant', '', { heldBy: 0, alwaysAllowed: true, overtakenBy: 'a later flush' }] as const),
      ...([0, `✔ applied: ${ALICE} is in, and always allowed; overtaken by a later flush`] as const),
    ],
    [
      ...(['grant', '', { heldBy: 0, overtakenBy: 'a later revoke' }] as const),
      ...([2, `✘ applied, but ${ALICE} is not in; overtaken by a later revoke`] as const),
    ],
    ['revoke', '', { ended: 2, heldBy: 0 }, 0, `✔ applied, 2 grants ended: ${ALICE} is not in`],
    ['revoke', '', { ended: 0, heldBy: 0 }, 1, `! applied, 0 grants ended: there was none; ${ALICE} is not in`],
    [
      ...(['revoke', '--grant-id s1', { ended: 1, heldBy: 2 }] as const),
      ...([0, `✔ applied, 1 grant ended: ${ALICE} is still in, held by 2 grants`] as const),
    ],
    [
      ...(['revoke', '--grant-id s2', { ended: 0, heldBy: 1 }] as const),
      ...([1, `! applied, 0 grants ended, but ${ALICE} is still in, held by 1 grant`] as const),
    ],
    [
      ...(['revoke', '', { ended: 1, heldBy: 1, overtakenBy: 'later grants' }] as const),
      ...([
        1,
        `! applied, 1 grant ended, but ${ALICE} is still in, held by 1 grant; overtaken by later grants`,
      ] as const),
    ],
    [
      ...(['revoke', '', { ended: 1, heldBy: 0, alwaysAllowed: true }] as const),
      ...([
        1,
        `! applied, 1 grant ended, but ${ALICE} is still in: it is always allowed by the configuration`,
      ] as const),
    ],
    ['flush', '', { ended: 3 }, 0, '✔ applied, 3 grants ended: nobody is in who was in before'],
    ['flush', '', { ended: 0 }, 0, '✔ applied, 0 grants ended: nobody is in who was in before'],
    [
      ...(['flush', '', { ended: 0, overtakenBy: 'a later flush' }] as const),
      ...([0, '✔ applied, 0 grants ended; overtaken by a later flush: nobody is in who was in before'] as const),
    ],
    [
      ...(['flush', '', { ended: 1, overtakenBy: 'later grants' }] as const),
      ...([1, '! applied, 1 grant ended, but some are still in; overtaken by later grants'] as const),
    ],
  ])('%s %s, with %j', async (command, more, outcome, code, first) => {
    const applied = answers(200, { status: 'applied', ...outcome });
    const ran = await run(`${COMMANDS[command]} ${more} --wait`, [ACCEPTED, PENDING, applied]);
    expect({ code: ran.code, first: ran.out.split('\n')[0] }).toEqual({ code, first });
    expect(ran.posts).toHaveLength(1);
    const json = await run(`${COMMANDS[command]} ${more} --wait --json`, [ACCEPTED, applied]);
    expect(json.code).toBe(code);
    const id = json.posts[0]?.headers['webhook-id'];
    expect(JSON.parse(json.out)).toMatchObject({ status: 200, body: { id, status: 'applied', ...outcome } });
  });

  it.each<[number, Behaviour, RegExp]>([
    [1, answers(200, { status: 'expired' }), /^! the grant is over already\n/],
    [1, PENDING, /^! accepted, but Okta has not confirmed it within 20 s\n.*\n {2}→ .*status/],
    [2, refuses(404, 'HOOK009', 'no event of this id is known'), /^✘ 404 HOOK009: no event of this id is known\n/],
    [2, refuses(409, 'HOOK003', 'another event had this id'), /^✘ 409 HOOK003: another event had this id\n/],
    [
      2,
      refuses(502, 'OKTA001', 'Okta refuses it'),
      /^✘ 502 OKTA001: Okta refuses it\n.*\n {2}→ .*docs\/errors\.md#okta001/,
    ],
    [2, refuses(502, 'STORE001', 'set aside'), /^✘ 502 STORE001: set aside\n/],
    [2, refuses(502, 'ZONE003', 'Okta is away'), /^✘ 502 ZONE003: Okta is away\n/],
    [1, BUSY, /^! accepted, but nobody says what became of it \(the last answer: 503\)\n/],
    [1, answers(404, { message: 'Not Found' }), /nobody says what became of it \(the last answer: 404\)\n/],
    [1, drops, /^! accepted, but nobody says what became of it\n/],
  ])('%i for what is known when the time is up', async (code, outcome, said) => {
    const ran = await run(`${COMMANDS.revoke} --wait`, [ACCEPTED, outcome]);
    expect(ran.out).toMatch(said);
    expect(ran.code).toBe(code);
    expect(ran.posts).toHaveLength(1);
  });

  it('says that nobody can be asked where the place of the outcome is not the webhook', async () => {
    const ran = await run(`${COMMANDS.revoke} --wait`, [accepts(() => 'https://other.example/webhook/events/a/b')]);
    expect(ran).toMatchObject({ code: 1, out: expect.stringContaining('nobody says what became of it') });
    expect(ran.received).toHaveLength(1);
  });

  it('tries again while the webhook is busy, and says that it is not known to be stored', async () => {
    const stored = await run(COMMANDS.flush, [BUSY, drops, answers(429, {}), ACCEPTED]);
    expect(stored).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^✔ accepted: it is on the queue\n {2}event zone_/),
    });
    expect(new Set(stored.posts.map(({ body, headers }) => `${headers['webhook-id']} ${body}`)).size).toBe(1);
    const busy = await run(COMMANDS.flush, [BUSY]);
    expect(busy).toMatchObject({
      code: 2,
      out: expect.stringMatching(/503 HOOK007.*\n {2}→ It is not known to be stored/),
    });
    const nobody = await run(COMMANDS.flush, [drops]);
    expect(nobody).toMatchObject({ code: 2, out: '', notes: expect.stringContaining('may be stored or not') });
  });

  it.each<[string, string, readonly [Behaviour, ...Behaviour[]]]>([
    ['posts no event again', COMMANDS.flush, [BUSY]],
    ['posts no event again that nobody answers', COMMANDS.flush, [drops]],
    ['asks for no outcome again', `${COMMANDS.flush} --wait`, [ACCEPTED, PENDING]],
  ])('%s after Ctrl-C, and ends as one that was interrupted', async (_, line, behaviours) => {
    const { url, received } = await startRecordingServer(...behaviours);
    const stop = new AbortController();
    const clock = { now: () => Date.now(), sleep: async () => stop.abort() };
    const there = async () => ({ ...target, webhook: { url, headers: {} } });
    expect((await typed(line, there, {}, { clock, stop: stop.signal })).code).toBe(130);
    expect(received).toHaveLength(behaviours.length);
  });

  it('carries the time of its receipt, whatever the clock here says, and who runs it', async () => {
    const { posts } = await run(COMMANDS.flush, [ACCEPTED]);
    expect(JSON.parse(posts[0]?.body ?? '{}')).toMatchObject({ timestamp: '9999-12-31T23:59:59Z' });
    expect(posts[0]?.headers['x-sent-by']).toBe(CALLER);
    const unknown = await run(COMMANDS.flush, [ACCEPTED], { caller: async () => undefined });
    expect(unknown.code).toBe(0);
    expect(unknown.posts[0]?.headers).not.toHaveProperty('x-sent-by');
  });
});
