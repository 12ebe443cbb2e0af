import { CloudFormationClient, paginateDescribeStacks } from '@aws-sdk/client-cloudformation';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type AwsSettings, clientSettings } from './aws-settings.ts';

/** The stacks of this project that are deployed in one account and region. */
export interface FoundStacks {
  /** Region and account, for a person. */
  readonly where: string;
  readonly names: readonly string[];
  /** The one that the configuration file names; absent where there is no file. */
  readonly wanted?: string;
}

/** Outputs that no stack but this project's has together. */
const SIGNS = ['WebhookUrl', 'OktaCredentialsArn', 'GrantsTableName'];

/** Looks through the stacks of the account, in its region. */
export async function stacksOfAccount(settings: AwsSettings): Promise<FoundStacks> {
  const client = new CloudFormationClient(clientSettings(settings));
  const sts = new STSClient(clientSettings(settings));
  try {
    const { Account = 'unknown' } = await sts.send(new GetCallerIdentityCommand({}));
    const names = await namesOfStacks(client);
    return { where: `${await client.config.region()}, account ${Account}`, names };
  } finally {
    client.destroy();
    sts.destroy();
  }
}

/** Those of this project, of all in the client's account and region. */
export async function namesOfStacks(client: CloudFormationClient): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) {
    for (const { StackName = '', Outputs = [] } of Stacks) {
      const outputs = Outputs.map(({ OutputKey }) => OutputKey);
      if (SIGNS.every((sign) => outputs.includes(sign))) names.push(StackName);
    }
  }
  return names.toSorted();
}
