import { GrantBook } from '../../lib/grants/grant-book.ts';
import { CliFailure } from '../cli-failure.ts';
import type { Surroundings } from '../command.ts';
import { explain } from '../explain.ts';
import { ownSender } from '../own-sender.ts';
import type { Target } from '../target.ts';
import { freeAddress } from './free-address.ts';
import { takeTurn } from './once-a-minute.ts';
import { letIn, putOut, type StageResult } from './stages.ts';

/** Who is told how a self-test goes. */
export interface SelftestListener {
  begins(ip: string): void;
  stage(result: StageResult): void;
}

/**
 * Lets a documentation address in and takes it out again.
 * @param timeout seconds for each of its two events
 * @returns the address
 * @throws {CliFailure} where it can't begin, or breaks off
 */
export async function runSelftest(
  acl: string,
  timeout: number,
  target: Target,
  here: Surroundings,
  listener: SelftestListener,
): Promise<string> {
  const { clock } = here;
  const endpoint = await ownSender(target, acl);
  const book = new GrantBook(target.table, target.config, { error: () => {} });
  const ip = freeAddress(acl, target.config, await book.live(acl, clock.now()));
  await takeTurn(target.table, clock.now(), here.newId());
  const probe = { acl, ip, endpoint, timeout };
  listener.begins(ip);
  let first: StageResult | undefined;
  let broken: unknown;
  try {
    for await (const result of letIn(probe, target, here)) {
      first ??= result;
      listener.stage(result);
    }
  } catch (error) {
    broken = error;
  }
  // Whatever became of the grant: it must not stay. Where nobody has accepted it, it is not there.
  if (broken !== undefined || (first && 'ms' in first)) {
    const out = await putOut(probe, target, here).catch((error: unknown): StageResult => {
      const { message, advice = 'The grant ends by itself within two minutes.' } = explain(error);
      return { stage: 'gone', failed: message, advice };
    });
    listener.stage(out);
  }
  if (broken !== undefined) {
    const { message, advice } = explain(broken);
    throw new CliFailure(message, advice, { cause: broken });
  }
  return ip;
}
