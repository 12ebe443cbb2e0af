import { describeLine } from '../console.ts';
import { describeExpectation, describeStep } from './describe-step.ts';
import { formatMoment } from './duration.ts';
import { type Answer, type Unmet, unmet } from './expectations.ts';
import { perform } from './perform.ts';
import type { Scenario, Step } from './scenario.ts';
import { Timeline } from './timeline.ts';
import { World } from './world.ts';

export interface Failure extends Unmet {
  /** In the file: `steps[3].expect.gateways`. */
  readonly path: string;
  /** Milliseconds from the start. */
  readonly at: number;
}

export interface Played {
  readonly timeline: readonly string[];
  readonly failures: readonly Failure[];
  /** How many expectations there were. */
  readonly expectations: number;
}

type Expect = Extract<Step, { kind: 'expect' }>;

const MINUTE_MS = 60_000;

/**
 * Plays a scenario from its start to its last step, or to the last moment up to which something is expected.
 * @throws {ScenarioError} where a step asks for what can't be done
 */
export async function play(scenario: Scenario): Promise<Played> {
  const failures: Failure[] = [];
  let watched: { readonly step: Expect; readonly until: number }[] = [];
  const world: World = new World(scenario, {
    line: (line) => {
      const described = describeLine(line);
      if (described) timeline.add(described.title, described.text, described.title);
    },
    call: ({ method, path, outcome, tookMs }) => {
      const zone = path.replace('/api/v1/zones/', '');
      timeline.add('Okta', `${method} ${zone} ${outcome} after ${tookMs} ms`, `${method} ${outcome}`);
    },
    event: (label, text) => timeline.add(label, text, text),
    settled: () => {
      if (watched.length > 0) look();
    },
  });
  const timeline = new Timeline(() => world.now);
  const told = (name: string, answer: Answer) =>
    timeline.add('answer', `${name}: ${answer.status} ${JSON.stringify(answer.body)}`);

  const said = (label: string, text: string) => {
    const [first = '', ...others] = text.split('\n');
    timeline.add(label, first);
    for (const line of others) timeline.more(line);
  };
  let next = 0;
  let lookedAt = -1;
  const end = Math.max(0, ...scenario.steps.flatMap((step) => [step.at, untilOf(step)]));
  for (let moment = 0; moment <= end; ) {
    await world.runUntil(moment);
    for (let step = scenario.steps[next]; step && step.at === moment; step = scenario.steps[next]) {
      next += 1;
      if (step.note !== undefined) timeline.add('—', step.note);
      if (step.kind === 'expect') begin(step);
      else {
        const [label, text] = describeStep(step);
        if (label !== '') timeline.add(label, text);
        const remark = await perform(step, { world, scenario, told, said });
        world.changed();
        if (remark !== undefined) timeline.more(remark);
      }
      await world.runUntil(moment);
    }
    if (moment % MINUTE_MS === 0) world.tick();
    await world.runUntil(moment);
    moment = Math.min(
      scenario.steps[next]?.at ?? Number.POSITIVE_INFINITY,
      (Math.floor(moment / MINUTE_MS) + 1) * MINUTE_MS,
    );
  }
  await world.runUntil(end);
  for (const { step } of watched) held(step);
  for (const each of world.unspent()) timeline.add('never came', each);
  const expectations = scenario.steps.filter(({ kind }) => kind === 'expect').length;
  return { timeline: timeline.lines(), failures, expectations };

  function begin(step: Expect): void {
    if (!check(step)) return;
    const until = untilOf(step);
    if (until > step.at) watched.push({ step, until });
    else held(step);
  }

  /** What must hold throughout is looked at whenever something may have changed. */
  function look(): void {
    const timeAlone = watched.some(({ step, until }) => step.expect.table !== undefined || world.now > until);
    if (world.version === lookedAt && !timeAlone) return;
    lookedAt = world.version;
    for (const { step, until } of watched) if (world.now > until) held(step);
    watched = watched.filter(({ step, until }) => world.now <= until && check(step));
  }

  function check(step: Expect): boolean {
    const found = unmet(step.expect, world);
    if (found.length === 0) return true;
    timeline.add('✘ expected', describeExpectation(step));
    for (const each of found) {
      const failure = { ...each, path: `steps[${step.index}].expect.${each.key}`, at: world.now };
      failures.push(failure);
      timeline.more(`${failure.path}: expected ${each.expected}; found ${each.found}`);
    }
    return false;
  }

  function held(step: Expect): void {
    const until = untilOf(step);
    const throughout = until > step.at ? ` (from ${formatMoment(step.at)} to ${formatMoment(until)})` : '';
    timeline.add('✔ expected', `${describeExpectation(step)}${throughout}`);
  }
}

function untilOf(step: Step): number {
  return step.kind === 'expect' ? Math.max(step.at, step.until ?? 0, step.expect.until ?? 0) : step.at;
}
