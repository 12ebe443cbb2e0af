import * as v from 'valibot';
import { formatPath, type Path } from '../../config/problems.ts';
import { handleControl } from '../okta-simulator/control.ts';
import { OktaSimulator } from '../okta-simulator/simulator.ts';
import { expectProblems, withSinceInEachCode } from './expect-schema.ts';
import { isRecord } from './named-fields.ts';
import type { Step } from './scenario.ts';
import type { ScenarioProblem } from './scenario-error.ts';
import { problemsOf } from './schema-problems.ts';
import { CONTROL_REQUEST, pauseSchema, STEP_SCHEMAS, type StepKind } from './step-schema.ts';

type Raw = Readonly<Record<string, unknown>>;
interface Read {
  readonly step?: Step;
  readonly problems: readonly ScenarioProblem[];
}

const KINDS = Object.keys(STEP_SCHEMAS) as StepKind[];

/** One entry of `steps`. @param index its place in the file */
export function readStep(raw: Raw, index: number): Read {
  const path: Path = ['steps', index];
  const [kind, other] = KINDS.filter((each) => Object.hasOwn(raw, each));
  if (other !== undefined) {
    return {
      problems: [{ path: formatPath([...path, other]), message: `a step does one thing; this one has ${kind} too` }],
    };
  }
  if (kind === undefined) return readPause(raw, index);
  const prepared = withoutAmbiguity(raw);
  const parsed = v.safeParse(STEP_SCHEMAS[kind], prepared);
  const problems = [...problemsOf(parsed.issues ?? [], path), ...furtherProblems(kind, prepared, path)];
  if (!parsed.success || problems.length > 0) return { problems };
  // The schema was chosen by the kind, so the two belong together.
  return { step: { kind, index, source: raw, ...parsed.output } as Step, problems };
}

function readPause(raw: Raw, index: number): Read {
  const parsed = v.safeParse(pauseSchema, raw);
  if (parsed.success) return { step: { kind: 'pause', index, ...parsed.output }, problems: [] };
  const unknown = problemsOf(parsed.issues, ['steps', index]).filter(({ message }) => message === 'unknown key');
  const missing = { path: formatPath(['steps', index]), message: `does nothing; write one of ${KINDS.join(', ')}` };
  return { problems: unknown.length > 0 ? unknown : [missing] };
}

function withoutAmbiguity(raw: Raw): Raw {
  return isRecord(raw.expect) ? { ...raw, expect: withSinceInEachCode(raw.expect) } : raw;
}

function furtherProblems(kind: StepKind, raw: Raw, path: Path): ScenarioProblem[] {
  if (kind === 'okta' && isRecord(raw.okta)) return controlProblems(raw.okta, [...path, 'okta']);
  if (kind !== 'expect' || !isRecord(raw.expect)) return [];
  return expectProblems(raw.expect).map(({ key, message }) => {
    return { path: formatPath([...path, 'expect', ...(key === undefined ? [] : [key])]), message };
  });
}

/** Tries a request on a simulator that is thrown away: what is wrong whatever state Okta is in, is found at once. */
function controlProblems({ request, body }: Raw, path: Path): ScenarioProblem[] {
  if (typeof request !== 'string' || !CONTROL_REQUEST.test(request)) return [];
  const [method = '', target = ''] = request.split(' ');
  const zoneId = /^\/control\/zones\/([\w-]+)$/.exec(target)?.[1];
  const scratch = new OktaSimulator({ now: () => 0 });
  if (zoneId !== undefined) scratch.seedZone(zoneId);
  const text = body === undefined ? '' : JSON.stringify(body);
  const answer = handleControl(scratch, { method, path: target, body: text });
  const { error = '' } = answer.status < 400 ? {} : (JSON.parse(answer.body) as { error?: string });
  if (answer.status < 400 || error === 'no such token') return [];
  const where = /^body([.[][^:]*)?: /.exec(error);
  const base = formatPath([...path, where ? 'body' : 'request']);
  return [{ path: `${base}${where?.[1] ?? ''}`, message: where ? error.slice(where[0].length) : error }];
}
