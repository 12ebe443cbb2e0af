import type { ErrorCode } from '../../lib/error-codes.ts';
import { firstStep } from '../advice.ts';
import { type FlowFacts, flowText, LogTooLong, troubleOfFlow } from '../flow.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

const LINK = 'events';
const READ_LOG = 'Read docs/errors.md#events-not-applied: the log of the grants function, and its trigger.';

/** More was posted in the last minute than can be counted. */
export function floodLink(): Finding {
  const mend =
    'Somebody sends very many requests: their addresses are in the log of the webhook (`sourceIp`). `allowFrom` keeps them out.';
  return warning(LINK, new LogTooLong().message, mend);
}

/** Whether events arrive and are applied. */
export function flowLink(flow: FlowFacts, appliedAt: number | undefined, now: number): Finding {
  const text = flowText(flow, appliedAt, now);
  const trouble = troubleOfFlow(flow, appliedAt, now);
  switch (trouble?.kind) {
    case undefined:
      return ok(LINK, text);
    case 'not applied':
      return failure(LINK, `accepted, and not applied: ${text}`, READ_LOG);
    case 'not applied yet':
      return warning(
        LINK,
        `accepted, and not applied yet: ${text}`,
        `Run \`npm run zone -- doctor\` again in two minutes. If it still waits: ${READ_LOG}`,
      );
    case 'refused': {
      const say = trouble.isCertain ? failure : warning;
      return say(LINK, `refused, and none is accepted: ${text}`, stepOf(trouble.code, flow), trouble.code);
    }
    case 'partly refused':
      return warning(LINK, `some are refused: ${text}`, stepOf(trouble.code, flow), trouble.code);
  }
}

function stepOf(code: ErrorCode, { refused }: FlowFacts): string {
  const others = refused.length > 1 ? ' `npm run zone -- history` has a step for each code.' : '';
  return `${firstStep(code)}${others}`;
}
