import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import type { Config } from '../lib/config.ts';
import { CONFIGURATION_METADATA, VERSION_METADATA } from '../lib/names.ts';
import { type AwsSettings, clientSettings } from './aws-settings.ts';
import { CliFailure } from './cli-failure.ts';
import { namesOfStacks } from './find-stacks.ts';
import { judgeOktaAddress } from './okta-address.ts';

export interface StackResource {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
}

export interface StackDescription {
  readonly name: string;
  readonly status: string;
  readonly region: string;
  /** The number of the AWS account that it is in. */
  readonly account: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly resources: readonly StackResource[];
  /** With which it was deployed, by its template. */
  readonly config: Config;
  /** By which it was deployed. */
  readonly version: string;
  /** When, in milliseconds since the epoch. */
  readonly deployedAt: number;
}

const NOT_TOLD =
  'An older version deployed it, without the configuration in the template. Deploy it again with `npm run cdk -- deploy`, which changes nothing else. If it is not a stack of this project, name the right one with --stack.';

/**
 * The resource of a type whose logical id begins so: CDK makes those of the constructs' names.
 * @throws {CliFailure} where there is none
 */
export function resourceOf({ name, resources }: StackDescription, type: string, prefix: string): string {
  const found = resources.find((resource) => resource.type === type && resource.logicalId.startsWith(prefix));
  if (found) return found.physicalId;
  throw new CliFailure(`the stack ${name} has no ${type} ${prefix}…`, 'Deploy it again with `npm run cdk -- deploy`.');
}

/** The dead-letter queue of the events, by its logical id. */
export const EVENTS_DEAD_LETTERS = 'GrantsEventsDeadLetters';

/**
 * @param named by its name or its ARN
 * @throws {CliFailure} where there is no such stack, or it does not tell its configuration
 */
export async function readStack(named: string, settings: AwsSettings): Promise<StackDescription> {
  const client = new CloudFormationClient(clientSettings(settings));
  try {
    const region = await client.config.region();
    const { parameters, ...stack } = await describe(client, named, region);
    const { name } = stack;
    const [template, resources] = await Promise.all([
      client.send(new GetTemplateCommand({ StackName: name, TemplateStage: 'Original' })),
      listResources(client, name),
    ]);
    const metadata = metadataOf(template.TemplateBody ?? '');
    // As the stack wrote it: it was checked then, and every default is filled in.
    const config = filledIn(metadata[CONFIGURATION_METADATA], { ...parameters, 'AWS::StackName': name });
    if (!config) throw new CliFailure(`the stack ${name} does not tell its configuration`, NOT_TOLD);
    judgeOktaAddress(config, `the stack ${name}`);
    return { region, resources, config, version: String(metadata[VERSION_METADATA] ?? 'unknown'), ...stack };
  } finally {
    client.destroy();
  }
}

async function describe(client: CloudFormationClient, name: string, region: string) {
  const { Stacks = [] } = await client
    .send(new DescribeStacksCommand({ StackName: name }))
    .catch(async (error: unknown) => {
      const missing =
        error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message);
      if (!missing) throw error;
      // It only helps: not everybody may look through all stacks.
      const others = await namesOfStacks(client).catch(() => []);
      const there = others.length === 0 ? '' : ` Of this project there is: ${others.join(', ')}.`;
      const advice = `Name it with --stack, its region with --region (or AWS_REGION), and its account with AWS_PROFILE.${there}`;
      throw new CliFailure(`there is no stack ${name} in ${region}`, advice, { cause: error });
    });
  const outputs = (Stacks[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]);
  const { StackId = '', StackStatus = 'unknown', CreationTime, LastUpdatedTime = CreationTime } = Stacks[0] ?? {};
  // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID
  const account = StackId.split(':')[4] ?? 'unknown';
  const deployedAt = LastUpdatedTime?.getTime() ?? 0;
  const parameters = Object.fromEntries(
    (Stacks[0]?.Parameters ?? []).map(({ ParameterKey = '', ParameterValue = '' }) => [ParameterKey, ParameterValue]),
  );
  // It may have been named by its ARN, which no alarm begins with.
  const called = Stacks[0]?.StackName ?? name;
  return { name: called, status: StackStatus, account, outputs: Object.fromEntries(outputs), parameters, deployedAt };
}

/**
 * A template that asks has names in its configuration (`scripts/build/asked.ts`), such as `{{Acl}}`; commas part zones, and
 * what is true or false is no text.
 * @param values of the stack's parameters
 */
export function filledIn(config: unknown, values: Readonly<Record<string, string>>): Config | undefined {
  if (config === undefined) return undefined;
  const json = JSON.stringify(config).replace('"{{ReservedConcurrency}}"', '{{ReservedConcurrency}}');
  const text = json.replace(/\{\{([\w:]+)\}\}/g, (all, name: string) => {
    const value = values[name] ?? all;
    return name === 'ZoneIds' ? value.replaceAll(',', '","') : value;
  });
  return JSON.parse(text);
}

async function listResources(client: CloudFormationClient, name: string): Promise<StackResource[]> {
  const resources: StackResource[] = [];
  for await (const page of paginateListStackResources({ client }, { StackName: name })) {
    for (const resource of page.StackResourceSummaries ?? []) {
      const { LogicalResourceId = '', PhysicalResourceId = '', ResourceType = '' } = resource;
      resources.push({ logicalId: LogicalResourceId, physicalId: PhysicalResourceId, type: ResourceType });
    }
  }
  return resources;
}

function metadataOf(template: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(template).Metadata ?? {};
  } catch {
    return {}; // The CDK always writes JSON: this is no stack of ours.
  }
}
