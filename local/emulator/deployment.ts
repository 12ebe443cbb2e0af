import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RawConfig } from '../settings.ts';
import { run } from './child-process.ts';
import { ACCOUNT, cdkEnvironment, REGION } from './environment.ts';

/** Where and with what the CDK's command line runs. */
export interface CdkRun {
  /** The program. */
  readonly cdk: string;
  /** The folder of the project whose app is synthesised. */
  readonly project: string;
  /** For the configuration, the synthesised app and all else that it writes. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

const QUIET = ['--no-notices', '--no-color'];

/** Synthesises the app with this configuration. Needs no emulator, and costs the most time of all steps. */
export async function synthesise({ cdk, project, directory, signal }: CdkRun, config: RawConfig): Promise<void> {
  const file = join(directory, 'config.json');
  await writeFile(file, JSON.stringify(config, undefined, 2));
  // The app's command is that of `cdk.json` but for `npx`, which takes a second to find the same program.
  const app = ['--app', 'node cdk/app.ts', '--context', `config=${file}`, '--output', assembly(directory), '--quiet'];
  // Nothing of it goes to AWS; an address that nobody listens on makes sure.
  const env = cdkEnvironment(directory, 'http://127.0.0.1:9');
  await run('cdk synth', cdk, ['synth', ...app, ...QUIET], { cwd: project, env, signal });
}

/** Prepares the emulator's account for the CDK. */
export async function bootstrap({ cdk, directory, signal }: CdkRun, endpoint: string): Promise<void> {
  const env = cdkEnvironment(directory, endpoint);
  const account = `aws://${ACCOUNT}/${REGION}`;
  // Not in the root, where it would run the app first.
  await run('cdk bootstrap', cdk, ['bootstrap', account, ...QUIET], { cwd: directory, env, signal });
}

/** Deploys what was synthesised. @returns the stack's outputs */
export async function deploy({ cdk, directory, signal }: CdkRun, endpoint: string): Promise<Record<string, string>> {
  const file = join(directory, 'outputs.json');
  const options = ['--app', assembly(directory), '--all', '--require-approval', 'never', '--outputs-file', file];
  const env = cdkEnvironment(directory, endpoint);
  await run('cdk deploy', cdk, ['deploy', ...options, ...QUIET], { cwd: directory, env, signal });
  const stacks: Record<string, Record<string, string>> = JSON.parse(await readFile(file, 'utf8'));
  return Object.assign({}, ...Object.values(stacks));
}

interface Template {
  readonly Resources: Record<
    string,
    {
      readonly Type: string;
      readonly Properties?: { readonly LoggingConfig?: { readonly LogGroup?: { readonly Ref?: string } } };
    }
  >;
}

/** Logical ids of the log groups that the synthesised functions write to. */
export async function functionLogGroups(directory: string): Promise<string[]> {
  const manifest: { artifacts: Record<string, { type: string; properties?: { templateFile?: string } }> } = JSON.parse(
    await readFile(join(assembly(directory), 'manifest.json'), 'utf8'),
  );
  const stacks = Object.values(manifest.artifacts).filter(({ type }) => type === 'aws:cloudformation:stack');
  const templates = stacks.flatMap(({ properties }) => properties?.templateFile ?? []);
  const groups = templates.map(async (file) => {
    const template: Template = JSON.parse(await readFile(join(assembly(directory), file), 'utf8'));
    const functions = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
    return functions.flatMap(({ Properties }) => Properties?.LoggingConfig?.LogGroup?.Ref ?? []);
  });
  return (await Promise.all(groups)).flat();
}

function assembly(directory: string): string {
  return join(directory, 'assembly');
}
