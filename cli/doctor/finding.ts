import type { ErrorCode } from '../../lib/error-codes.ts';
import { firstStep } from '../advice.ts';
import { duration } from '../moments.ts';
import type { Refusal } from '../rehearsal/rehearse.ts';

/** What was found of one link of the chain. `skipped`: it could not be checked because of another one, or does not exist here. */
export interface Finding {
  readonly link: string;
  readonly level: 'ok' | 'warning' | 'failure' | 'skipped';
  readonly detail: string;
  readonly code?: ErrorCode;
  /** What to do about it. */
  readonly mend?: string;
}

export function ok(link: string, detail: string): Finding {
  return { link, level: 'ok', detail };
}

export function skipped(link: string, detail: string): Finding {
  return { link, level: 'skipped', detail };
}

export function warning(link: string, detail: string, mend: string, code?: ErrorCode): Finding {
  return { link, level: 'warning', detail, mend, ...(code && { code }) };
}

export function failure(link: string, detail: string, mend: string, code?: ErrorCode): Finding {
  return { link, level: 'failure', detail, mend, ...(code && { code }) };
}

/** How bad a code is, that Okta's refusal or the last rebuild has: a rest that Okta asked for is over by itself. */
export function levelOf(code: ErrorCode): 'warning' | 'failure' {
  return code === 'OKTA005' ? 'warning' : 'failure';
}

/** A link that Okta's answer says is broken, or that has to wait. */
export function refusedByOkta(link: string, { code, message, retryInMs }: Refusal): Finding {
  const wait = retryInMs === undefined ? '' : ` (for another ${duration(retryInMs)})`;
  return { link, level: levelOf(code), detail: `${message}${wait}`, mend: firstStep(code), code };
}
