import * as v from 'valibot';
import { ConfigError, parseConfig } from '../../config/load.ts';
import { formatPath, type Path } from '../../config/problems.ts';
import type { Config } from '../../lib/config.ts';
import { ControlInputError, readSeed } from '../okta-simulator/control-input.ts';
import { OktaSimulator } from '../okta-simulator/simulator.ts';
import type { ZoneSeed } from '../okta-simulator/types.ts';
import { isRecord } from './named-fields.ts';
import { readStep } from './read-step.ts';
import type { Scenario, Step } from './scenario.ts';
import { ScenarioError, type ScenarioProblem } from './scenario-error.ts';
import { problemsOf } from './schema-problems.ts';
import { count, record, text } from './values.ts';

/** Okta's usual answer takes this long, and a workforce org lets one token have so many calls a minute. */
const LATENCY_MS = 250;
const LIMIT_PER_MINUTE = 600;

const fileSchema = v.strictObject({
  title: v.exactOptional(text),
  shows: v.exactOptional(text),
  config: record,
  okta: v.exactOptional(
    v.strictObject({
      latencyMs: v.exactOptional(count),
      limitPerMinute: v.exactOptional(count),
      zones: v.exactOptional(v.record(v.string(), record)),
    }),
  ),
  steps: v.array(record, 'must be a list of steps'),
});

/**
 * @param json what stands in the file
 * @param source what the scenario is called where it has no title
 * @throws {ScenarioError} with all problems, each with its path
 */
export function readScenario(json: unknown, source: string): Scenario {
  if (!isRecord(json)) throw new ScenarioError([{ path: '', message: 'must be a JSON object: { … }' }]);
  const file = v.safeParse(fileSchema, json);
  if (!file.success) throw new ScenarioError(problemsOf(file.issues));
  const problems: ScenarioProblem[] = [];
  const steps: Step[] = [];
  for (const [index, raw] of file.output.steps.entries()) {
    const read = readStep(raw, index);
    problems.push(...read.problems);
    if (read.step) steps.push(read.step);
  }
  steps.sort((a, b) => a.at - b.at);
  const config = readConfig(file.output.config, ['config'], problems);
  const deploys = readDeploys(file.output.config, steps, problems);
  const configs = [...(config ? [config] : []), ...deploys.values()];
  problems.push(...unknownAcls(steps, configs), ...unknownPosts(steps));
  const { latencyMs = LATENCY_MS, limitPerMinute = LIMIT_PER_MINUTE, zones } = file.output.okta ?? {};
  const seeds = readZones(zones ?? emptyZonesOf(configs), problems);
  if (!config || problems.length > 0) throw new ScenarioError(problems);
  const { title = source, shows } = file.output;
  return {
    ...{ title, config, deploys, steps },
    ...(shows !== undefined && { shows }),
    okta: { latencyMs, limitPerMinute, zones: seeds, allowIpv6: configs.some(({ allowIpv6 }) => allowIpv6) },
  };
}

function readConfig(json: unknown, path: Path, problems: ScenarioProblem[]): Config | undefined {
  try {
    return parseConfig(json);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const at = formatPath(path);
    problems.push(...error.problems.map((each) => ({ ...each, path: each.path === '' ? at : `${at}.${each.path}` })));
    return undefined;
  }
}

/** What a deploy leaves out at the top stays as it was before. */
function readDeploys(
  first: Readonly<Record<string, unknown>>,
  steps: readonly Step[],
  problems: ScenarioProblem[],
): Map<number, Config> {
  const deploys = new Map<number, Config>();
  let settings = first;
  for (const step of steps) {
    if (step.kind !== 'deploy') continue;
    settings = { ...settings, ...step.deploy };
    const config = readConfig(settings, ['steps', step.index, 'deploy'], problems);
    if (config) deploys.set(step.index, config);
  }
  return deploys;
}

/** ACLs to adopt that no configuration has. */
function unknownAcls(steps: readonly Step[], configs: readonly Config[]): ScenarioProblem[] {
  const acls = new Set(configs.flatMap((config) => Object.keys(config.acls)));
  return steps.flatMap((step) => {
    if (step.kind !== 'adopt' || acls.has(step.adopt)) return [];
    return [{ path: formatPath(['steps', step.index, 'adopt']), message: `no configuration has an ACL ${step.adopt}` }];
  });
}

/** Outcomes that are asked for of what nobody has posted until then. */
function unknownPosts(steps: readonly Step[]): ScenarioProblem[] {
  const posted = new Set<string>();
  return steps.flatMap((step) => {
    if (step.kind === 'post' && step.id !== undefined) posted.add(step.id);
    if (step.kind !== 'outcome' || posted.has(step.outcome)) return [];
    return [
      { path: formatPath(['steps', step.index, 'outcome']), message: `no post before it has the id ${step.outcome}` },
    ];
  });
}

/** Where the file says nothing of Okta's zones, all that are configured are there, and empty. */
function emptyZonesOf(configs: readonly Config[]): Record<string, Record<string, unknown>> {
  const acls = configs.flatMap((config) => Object.values(config.acls));
  return Object.fromEntries(acls.flatMap(({ zoneIds }) => zoneIds.map((id) => [id, {}])));
}

function readZones(
  zones: Readonly<Record<string, Record<string, unknown>>>,
  problems: ScenarioProblem[],
): Record<string, ZoneSeed> {
  const seeds: Record<string, ZoneSeed> = {};
  const scratch = new OktaSimulator({ now: () => 0 });
  for (const [id, json] of Object.entries(zones)) {
    const path = formatPath(['okta', 'zones', id]);
    try {
      const seed = readSeed(json, path);
      scratch.seedZone(id, seed);
      seeds[id] = seed;
    } catch (error) {
      if (error instanceof ControlInputError) problems.push(pathed(error.message));
      else if (error instanceof RangeError) problems.push({ path, message: error.message });
      else throw error;
    }
  }
  return seeds;
}

/** The simulator's messages begin with the path. */
function pathed(message: string): ScenarioProblem {
  const at = message.indexOf(': ');
  return { path: message.slice(0, at), message: message.slice(at + 2) };
}
