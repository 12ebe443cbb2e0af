import { keyFor, parseWebhookSecret } from '../../lib/webhook/webhook-secret.ts';
import { firstStep } from '../advice.ts';
import type { Surroundings } from '../command.ts';
import { codeOf, fieldsOf } from '../problem.ts';
import type { Target } from '../target.ts';
import { harmless } from '../terminal.ts';
import { sendEvent, type WebhookAnswer } from '../webhook-client.ts';
import { type Finding, failure, ok, skipped, warning } from './finding.ts';
import { secretLinks } from './webhook-secret-links.ts';

const ANSWERS = 'webhook';

export interface WebhookSeen {
  readonly findings: readonly Finding[];
  /** By how many milliseconds the webhook is ahead of this machine's clock, where it says that this one is wrong; otherwise 0. */
  readonly aheadBy: number;
}

/**
 * The secret, and whether the webhook answers and knows it: by a ping, which is judged like an event, changes nothing and
 * leaves no error.
 */
export async function webhookLinks(target: Target, here: Surroundings): Promise<WebhookSeen> {
  const [current, before] = await Promise.all([
    target.webhookSecret.version('current'),
    target.webhookSecret.version('previous'),
  ]);
  const secret = secretLinks(current, before, target.config, here.clock.now());
  const known = parseWebhookSecret(current?.text ?? '');
  const acl = Object.keys(target.config.acls).find((one) => keyFor(one, known) !== undefined) ?? '';
  const key = keyFor(acl, known);
  if (!key) {
    const unchecked = skipped(ANSWERS, 'not checked, because there is no key that speaks for an ACL');
    return { findings: [...secret, unchecked], aheadBy: 0 };
  }
  const now = here.clock.now();
  const { url: webhookUrl, headers: webhookHeaders } = target.webhook;
  const endpoint = { webhookUrl, webhookHeaders, webhookSecret: key.bytes.toString('base64') };
  const ping = { type: 'access.ping', timestamp: new Date(now).toISOString(), data: { acl } };
  try {
    const answer = await sendEvent(endpoint, ping, { id: `doctor_${here.newId()}`, now });
    const there = Date.parse(answer.headers.date ?? '');
    const isWrong = codeOf(answer.body) === 'HOOK002' && !Number.isNaN(there);
    return { findings: [...secret, judge(answer, webhookUrl)], aheadBy: isWrong ? there - now : 0 };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const mend = 'Check that the API of the stack exists, and that this machine can reach it.';
    const silent = failure(ANSWERS, `${webhookUrl} does not answer: ${harmless(reason)}`, mend);
    return { findings: [...secret, silent], aheadBy: 0 };
  }
}

function judge(answer: WebhookAnswer, url: string): Finding {
  const code = codeOf(answer.body);
  const { status, detail: said } = fieldsOf(answer.body);
  if (answer.status === 200 && status === 'pong') return ok(ANSWERS, `${url} answers and knows the key`);
  if (code === 'HOOK002') {
    // The signature was good: it is this machine that asked.
    const detail = `${url} answers and knows the key, but not this machine's time: ${harmless(String(said))}`;
    return warning(ANSWERS, detail, "Put this machine's clock right. The senders have clocks of their own.", code);
  }
  if (code === 'HOOK001') {
    const detail = 'the webhook function does not know the key that is in the secret';
    return failure(
      ANSWERS,
      detail,
      'It reads a changed secret within ten seconds: try again. If this persists, deploy.',
      code,
    );
  }
  if (code) return failure(ANSWERS, `it answers ${answer.status} ${code}`, firstStep(code), code);
  if (answer.status === 403) {
    // API Gateway's own words, said before the webhook function runs.
    const detail = `${url} refuses requests from this machine's address; whether it takes events is not checked`;
    return warning(ANSWERS, detail, 'To check it, run this where events come from, or add the address to `allowFrom`.');
  }
  const mend = 'Read the log of the webhook function, and check the API of the stack.';
  return failure(ANSWERS, `${url} answers ${answer.status}, but not as the webhook does`, mend);
}
