import { describe, expect, it } from 'vitest';
import { endingWith, GOOD, MARK } from '../corpus/bad-request.ts';
import { OTHER_ACLS_KEY, VirtualSystem } from '../helpers/virtual-system.ts';
import { describeFigures, fuzz } from './fuzz.ts';
import { judge } from './judge.ts';

/** `npm run fuzz` runs a hundred thousand. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 1_000);

describe('whatever is posted', () => {
  it('is accepted, or refused with a code that fits its status; it changes nothing then, and shows in no log', async () => {
    const figures = await fuzz(RUNS, 1 + (Math.floor(Date.now() / 1000) % 1_000_000));
    if (figures.failure) throw new Error(describeFigures(figures));
    const counts = [...figures.outcomes.values()].flatMap((each) => [...each]);
    const sum = (accepted: boolean) =>
      counts.reduce((total, [outcome, n]) => total + (outcome.endsWith('accepted') === accepted ? n : 0), 0);
    expect(sum(false)).toBeGreaterThan(RUNS / 2);
    expect(sum(true)).toBeGreaterThan(0);
  });

  it('is the same for the same seed', async () => {
    expect(await fuzz(50, 7)).toEqual(await fuzz(50, 7));
  });

  it.each([
    ['an error of ours', 'no request causes a 5xx', { statusCode: 500, body: '{}' }],
    ['a forged request that is taken', 'nothing is accepted that is not signed', { statusCode: 202, body: '{}' }],
    ['a code that does not fit', 'a refusal has a status and a code', { statusCode: 400, body: '{"code":"HOOK001"}' }],
  ])('would be noticed: %s', async (_, rule, answer) => {
    const system = new VirtualSystem();
    system.functions.webhook = async () => answer;
    const forged = { body: GOOD, key: Buffer.alloc(33, 'x').toString('base64') };
    await expect(judge(forged, system)).rejects.toThrow(rule);
  });

  it('would be noticed: a key of another ACL that is taken', async () => {
    const system = new VirtualSystem();
    system.webhookSecret.text = JSON.stringify({ current: OTHER_ACLS_KEY });
    await expect(judge({ body: GOOD, key: OTHER_ACLS_KEY }, system)).rejects.toThrow('not signed by a key of the ACL');
  });

  it('would be noticed: a ping that is queued', async () => {
    const system = new VirtualSystem();
    const webhook = system.functions.webhook.bind(system.functions);
    system.functions.webhook = async (event) => {
      await system.functions.events.send({ body: '{}', deduplicationId: 'ping' });
      return webhook(event);
    };
    const ping = endingWith('access.ping', {});
    await expect(judge({ body: ping }, system)).rejects.toThrow('a ping changes nothing');
    expect(await judge({ body: ping })).toEqual({ status: 200 });
  });

  it('would be noticed: a body in the log', async () => {
    const system = new VirtualSystem();
    system.lines.push({ message: MARK });
    await expect(judge({ body: '{}' }, system)).rejects.toThrow('nothing of the body is in the log');
  });
});
