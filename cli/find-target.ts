import { existsSync } from 'node:fs';
import { readJsonFile } from '../config/json-file.ts';
import { ConfigError, loadConfig } from '../config/load.ts';
import type { AwsSettings } from './aws-settings.ts';
import { CliFailure, usageFailure } from './cli-failure.ts';
import { credentialsFailure } from './credentials-failure.ts';
import type { ConfigFile } from './doctor/configuration-link.ts';
import type { FoundStacks } from './find-stacks.ts';
import { localTarget, noLocalRun } from './local-run/local-target.ts';
import { findRun, RUN_FILE, type RunDescription } from './local-run/run-file.ts';
import { proxySettings } from './proxies.ts';
import type { Target } from './target.ts';

/** How a person names the system that is meant. */
export interface TargetOptions {
  readonly stack?: string;
  readonly region?: string;
  readonly endpointUrl?: string;
  readonly local: boolean;
  readonly config?: string;
  /** Where nobody names a stack: look for those that are there, and let a person choose. */
  readonly search?: boolean;
}

const DEFAULT_CONFIG = 'config.json';
/** That of a stack which nobody names. */
export const DEFAULT_STACK = 'KnocknocOkta';

/** The running system that is meant: a deployed stack, or the local run. @throws {CliFailure} */
export async function findTarget(
  options: TargetOptions,
  environment: NodeJS.ProcessEnv,
  runFile = RUN_FILE,
): Promise<Target> {
  if (options.local) {
    const others = { '--stack': options.stack, '--region': options.region, '--endpoint-url': options.endpointUrl };
    const [other] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
    if (other) throw usageFailure(`--local cannot be combined with ${other}: it finds the local run by itself`);
    return findLocal(runFile);
  }
  // Loaded only when asked for: a local run needs none of the clients.
  const { stackTarget } = await import('./stack-target.ts');
  const name = options.stack ?? stackNameOf(options.config) ?? DEFAULT_STACK;
  return withReason(environment, () => stackTarget(name, settingsOf(options, environment)));
}

/** The stacks that a person could mean who names none. @throws {CliFailure} */
export async function findStacks(options: TargetOptions, environment: NodeJS.ProcessEnv): Promise<FoundStacks> {
  const { stacksOfAccount } = await import('./find-stacks.ts');
  const wanted = stackNameOf(options.config);
  const found = await withReason(environment, () => stacksOfAccount(settingsOf(options, environment)));
  return { ...found, ...(wanted !== undefined && { wanted }) };
}

function settingsOf({ region, endpointUrl }: TargetOptions, environment: NodeJS.ProcessEnv): AwsSettings {
  const endpoint = endpointUrl ?? environment.AWS_ENDPOINT_URL;
  return {
    ...(region !== undefined && { region }),
    ...(endpoint && { endpoint }),
    proxies: proxySettings(environment),
  };
}

/** Whatever is done: where the AWS credentials are no good, it says which and why. */
async function withReason<T>(environment: NodeJS.ProcessEnv, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw (await credentialsFailure(error, environment)) ?? error;
  }
}

async function findLocal(runFile: string): Promise<Target> {
  const run = await findRun(runFile);
  if (!run) throw noLocalRun();
  return runTarget(run).catch((error: unknown) => {
    throw isRefused(error) ? noLocalRun(error) : error;
  });
}

/** A local run, as its operator meets it. */
export async function runTarget(run: RunDescription): Promise<Target> {
  if (run.kind === 'embedded') return localTarget(run.operator);
  // Loaded only when asked for: an embedded run needs none of the clients.
  const { stackTarget } = await import('./stack-target.ts');
  const { region, endpoint, credentials, stackName } = run;
  return stackTarget(stackName, { region, endpoint, credentials });
}

/** Nobody listens there any more: a run that was killed could not take its file away. */
function isRefused(error: unknown): boolean {
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.some((one) => one instanceof Error && 'code' in one && one.code === 'ECONNREFUSED');
}

/** The configuration file of this folder or, where it was named, another one; undefined where there is none. */
export function findConfigFile(path: string | undefined): ConfigFile | undefined {
  const file = path ?? DEFAULT_CONFIG;
  if (path === undefined && !existsSync(file)) return undefined;
  try {
    return { path: file, config: loadConfig(file) };
  } catch (error) {
    if (error instanceof ConfigError) return { path: file, problem: error.message };
    throw error;
  }
}

/**
 * By the configuration file, which need not be good otherwise: only its name for the stack counts here.
 * @returns undefined where there is no file
 */
function stackNameOf(path: string | undefined): string | undefined {
  if (path === undefined && !existsSync(DEFAULT_CONFIG)) return undefined;
  const file = readJsonFile(path ?? DEFAULT_CONFIG);
  if (!('value' in file)) {
    const reason = file.problems.map(({ message }) => message).join('; ');
    throw new CliFailure(`${path ?? DEFAULT_CONFIG}: ${reason}`, 'Correct the file, or name the stack with --stack.');
  }
  const { value } = file;
  const name: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'stackName') : undefined;
  return typeof name === 'string' ? name : DEFAULT_STACK;
}
