import { readAclStatus } from '../acl-status.ts';
import { type Finding, failure, ok } from '../doctor/finding.ts';
import { ago } from '../moments.ts';
import { runSelftest } from '../selftest/run-selftest.ts';
import type { StageResult } from '../selftest/stages.ts';
import type { DoStep } from './setup-step.ts';

const STEP = 'test';

/** A test grant gets into the zone and out of it again, unless events have come through already. */
export const testStep: DoStep = async ({ acl, target, options, here, isNamed }) => {
  const { clock, terminal } = here;
  const { standing, verifiedAt } = await readAclStatus(target, acl, clock.now());
  if (!isNamed && standing === 'right' && verifiedAt !== undefined) {
    return [ok(STEP, `events have come through; the zone was seen right ${ago(Date.parse(verifiedAt), clock.now())}`)];
  }
  const stages: StageResult[] = [];
  const ip = await runSelftest(acl, options.timeout, target, here, {
    begins: (address) => terminal.note(`${address}, which nobody has, goes into the zone and out of it again …`),
    stage: (result) => void stages.push(result),
  });
  const failed = stages.flatMap((stage) => ('failed' in stage ? [stage] : []));
  if (failed.length > 0)
    return failed.map(({ stage, failed: why, advice }) => failure(STEP, `${stage}: ${why}`, advice));
  return [passed(ip, stages)];
};

function passed(ip: string, stages: readonly StageResult[]): Finding {
  const seconds = (name: StageResult['stage']) => {
    const found = stages.find(({ stage }) => stage === name);
    return found && 'ms' in found ? (found.ms / 1000).toFixed(1) : '?';
  };
  return ok(
    STEP,
    `${ip} was in the zone after ${seconds('confirmed')} s, and out of it ${seconds('gone')} s after its end`,
  );
}
