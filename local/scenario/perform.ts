import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { WEBHOOK_PATH } from '../../lib/names.ts';
import { handleControl } from '../okta-simulator/control.ts';
import { adoptAsOperator } from './adopt.ts';
import type { Answer } from './expectations.ts';
import { isRecord } from './named-fields.ts';
import type { Scenario, Step } from './scenario.ts';
import { ScenarioError } from './scenario-error.ts';
import { type Post, questionOf, requestOf } from './sender.ts';
import { WEBHOOK_KEY, type World } from './world.ts';

/** What a function that died leads to at the HTTP API. */
const FUNCTION_DIED: Answer = { status: 500, body: { message: 'Internal Server Error' } };

type Performed = Exclude<Step, { kind: 'expect' }>;

export interface Stage {
  readonly world: World;
  readonly scenario: Scenario;
  /** Told of an answer once it is there. */
  readonly told: (name: string, answer: Answer) => void;
  /** Told of what a person sees of it. */
  readonly said: (label: string, text: string) => void;
}

/**
 * Carries out one step, without waiting for what follows from it.
 * @returns a remark for the timeline, where there is something to say
 * @throws {ScenarioError} where the step asks for what can't be done
 */
export async function perform(step: Performed, { world, scenario, told, said }: Stage): Promise<string | undefined> {
  const { functions } = world;
  const arrived = (name: string, answer: Answer) => {
    world.answered(name, answer);
    told(name, answer);
  };
  switch (step.kind) {
    case 'post': {
      const id = step.id ?? `post-${step.index}`;
      const name = step.as ?? id;
      const event = requestOf(step, world.clock.now(), id, WEBHOOK_KEY);
      world.answers.set(name, 'none yet');
      const answered = functions.webhook(event).then(answerOf, () => FUNCTION_DIED);
      world.posts.set(id, { post: step, answered });
      void answered.then((answer) => arrived(name, answer));
      return;
    }
    case 'outcome': {
      const name = step.as ?? `outcome-${step.index}`;
      world.answers.set(name, 'none yet');
      void ask(step, world).then((answer) => arrived(name, answer));
      return;
    }
    case 'okta':
      control(step, world);
      return;
    case 'knocknoc': {
      const { acl } = step.knocknoc;
      if ('list' in step.knocknoc) world.knocknoc.publish(acl, step.knocknoc.list);
      else world.knocknoc.answerWith(acl, step.knocknoc.status);
      return;
    }
    case 'secret':
      if (step.secret.okta !== undefined) world.oktaCredentials.text = step.secret.okta ?? undefined;
      if (step.secret.webhook !== undefined) world.webhookSecret.text = step.secret.webhook ?? undefined;
      if (step.secret.allowlist !== undefined) world.allowlistSecret.text = step.secret.allowlist ?? undefined;
      return;
    case 'deploy': {
      const config = scenario.deploys.get(step.index);
      if (config) world.deploy(config);
      return;
    }
    case 'adopt':
      void adoptAsOperator(step.adopt, world, (line) => said('adopt', line));
      return;
    case 'queue': {
      const body = typeof step.queue === 'string' ? step.queue : JSON.stringify(step.queue);
      await functions.events.send({ body, deduplicationId: `step-${step.index}` });
      return;
    }
    case 'row':
      await functions.table.write([{ put: step.row }]);
      return;
    case 'table':
      world.tableFaults.add(step.table, world.clock.now());
      return;
    case 'lose':
      if (step.lose === 'timer') functions.timers.messagesToLose += 1;
      else if (step.lose === 'tick') functions.ticksToLose += 1;
      else functions.stream.batchesToLose += 1;
      return;
    case 'crash':
      if (functions.crash(step.crash.function, step.crash.at) > 0 || step.crash.at !== 'now') return;
      return 'nothing of it was running, so nothing has crashed';
    case 'pause':
      return;
  }
}

/** Asks for the outcome of a post, once that is answered, at the address that it was given. */
async function ask({ outcome, wait }: Extract<Step, { kind: 'outcome' }>, world: World): Promise<Answer> {
  const posted = world.posts.get(outcome);
  if (!posted) throw new Error(`nothing was posted as ${outcome}`);
  const { body, location } = await posted.answered;
  // A sender that gives no id is told one; a post that was refused has no outcome, and nobody knows its event.
  const id = isRecord(body) && typeof body.id === 'string' ? body.id : outcome;
  const address = location ?? `${WEBHOOK_PATH}/events/${aclOf(posted.post)}/${id}`;
  const question = questionOf(posted.post, address, id, wait, world.clock.now(), WEBHOOK_KEY);
  return world.functions.outcome(question).then(answerOf, () => FUNCTION_DIED);
}

function aclOf({ post }: Post): string {
  return isRecord(post) && isRecord(post.data) && typeof post.data.acl === 'string' ? post.data.acl : 'none';
}

function control({ index, okta }: Extract<Step, { kind: 'okta' }>, world: World): void {
  const [method = '', path = ''] = okta.request.split(' ');
  const body = okta.body === undefined ? '' : JSON.stringify(okta.body);
  const answer = handleControl(world.okta, { method, path, body });
  if (answer.status < 400) return;
  throw new ScenarioError([
    { path: `steps[${index}].okta`, message: `the simulator answers ${answer.status} ${answer.body}` },
  ]);
}

function answerOf({ statusCode = 0, body = '', headers = {} }: APIGatewayProxyStructuredResultV2): Answer {
  const { location } = headers;
  const answer = { status: statusCode, ...(location !== undefined && { location: String(location) }) };
  try {
    return { ...answer, body: body === '' ? undefined : JSON.parse(body) };
  } catch {
    return { ...answer, body }; // Not JSON: the text itself is what there is to look at.
  }
}
