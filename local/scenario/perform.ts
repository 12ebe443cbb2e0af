import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { handleControl } from '../okta-simulator/control.ts';
import { adoptAsOperator } from './adopt.ts';
import type { Answer } from './expectations.ts';
import type { Scenario, Step } from './scenario.ts';
import { ScenarioError } from './scenario-error.ts';
import { requestOf } from './sender.ts';
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
  switch (step.kind) {
    case 'post': {
      const id = step.id ?? `post-${step.index}`;
      const name = step.as ?? id;
      const event = requestOf(step, world.clock.now(), id, WEBHOOK_KEY);
      world.answers.set(name, 'none yet');
      const arrived = (answer: Answer) => {
        world.answered(name, answer);
        told(name, answer);
      };
      functions.webhook(event).then(
        (answer) => arrived(answerOf(answer)),
        () => arrived(FUNCTION_DIED),
      );
      return;
    }
    case 'okta':
      control(step, world);
      return;
    case 'secret':
      if (step.secret.okta !== undefined) world.oktaToken.text = step.secret.okta ?? undefined;
      if (step.secret.webhook !== undefined) world.webhookSecret.text = step.secret.webhook ?? undefined;
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

function control({ index, okta }: Extract<Step, { kind: 'okta' }>, world: World): void {
  const [method = '', path = ''] = okta.request.split(' ');
  const body = okta.body === undefined ? '' : JSON.stringify(okta.body);
  const answer = handleControl(world.okta, { method, path, body });
  if (answer.status < 400) return;
  throw new ScenarioError([
    { path: `steps[${index}].okta`, message: `the simulator answers ${answer.status} ${answer.body}` },
  ]);
}

function answerOf({ statusCode = 0, body = '' }: APIGatewayProxyStructuredResultV2): Answer {
  try {
    return { status: statusCode, body: body === '' ? undefined : JSON.parse(body) };
  } catch {
    return { status: statusCode, body }; // Not JSON: the text itself is what there is to look at.
  }
}
