import { parseWebhookSecret } from '../../lib/webhook/webhook-secret.ts';
import { firstStep } from '../advice.ts';
import type { Surroundings } from '../command.ts';
import { codeOf } from '../problem.ts';
import type { Target } from '../target.ts';
import { harmless } from '../terminal.ts';
import { post, signedHeaders, type WebhookAnswer } from '../webhook-client.ts';
import { type Finding, failure, ok, skipped, warning } from './finding.ts';
import { secretLinks } from './webhook-secret-links.ts';

const ANSWERS = 'webhook';
/** Far outside of the tolerance. */
const OLD_S = 3600;

/**
 * The secret, and whether the webhook answers and knows it. It is asked with a signature that is
 * right and an hour old: the refusal says that all up to the clock was in order, and nothing is changed.
 */
export async function webhookLinks(target: Target, here: Surroundings): Promise<Finding[]> {
  const [current, before] = await Promise.all([
    target.webhookSecret.version('current'),
    target.webhookSecret.version('previous'),
  ]);
  const secret = secretLinks(current, before, target.config, here.clock.now());
  const [key] = parseWebhookSecret(current?.text ?? '').keys;
  if (!key) return [...secret, skipped(ANSWERS, 'not checked, because there is no key')];
  const seconds = Math.floor(here.clock.now() / 1000) - OLD_S;
  const headers = { ...target.webhook.headers, 'content-type': 'application/json' };
  const signed = signedHeaders(key.bytes.toString('base64'), `doctor_${here.newId()}`, seconds, '{}');
  try {
    return [...secret, judge(await post(target.webhook.url, { ...headers, ...signed }, '{}'), target.webhook.url)];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const mend = 'Check that the API of the stack exists, and that this machine can reach it.';
    return [...secret, failure(ANSWERS, `${target.webhook.url} does not answer: ${harmless(reason)}`, mend)];
  }
}

function judge(answer: WebhookAnswer, url: string): Finding {
  const code = codeOf(answer.body);
  if (answer.status === 401 && code === 'HOOK002') return ok(ANSWERS, `${url} answers and knows the key`);
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
