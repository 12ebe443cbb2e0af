import { describe, expect, it } from 'vitest';
import { GOOD, MARK } from '../corpus/bad-request.ts';
import { VirtualSystem } from '../helpers/virtual-system.ts';
import { describeFigures, fuzz } from './fuzz.ts';
import { judge } from './judge.ts';

/** `npm run fuzz` runs a hundred thousand. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 2_000);

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
    ['a forged request that is taken', 'nothing is accepted whose signature is wrong', { statusCode: 202, body: '{}' }],
    ['a code that does not fit', 'a refusal has a status and a code', { statusCode: 400, body: '{"code":"HOOK001"}' }],
  ])('would be noticed: %s', async (_, rule, answer) => {
    const system = new VirtualSystem();
    system.functions.webhook = async () => answer;
    const forged = { body: GOOD, key: Buffer.alloc(33, 'x').toString('base64') };
    await expect(judge(forged, system)).rejects.toThrow(rule);
  });

  it('would be noticed: a body in the log', async () => {
    const system = new VirtualSystem();
    system.lines.push({ message: MARK });
    await expect(judge({ body: '{}' }, system)).rejects.toThrow('nothing of the body is in the log');
  });
});
