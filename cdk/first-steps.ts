import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { VERSION } from '../lib/version.ts';
import { cloudWatchConsole, insightsLink } from './console-links.ts';
import { forStack } from './operator-command.ts';
import { SAVED_QUERIES } from './saved-queries.ts';
import type { ServiceFunction } from './service-function.ts';

/**
 * What the dashboard says first: Markdown, for somebody who was just woken.
 * @param repository where the project can be read, if anywhere
 */
export function firstSteps(scope: Construct, functions: readonly ServiceFunction[], repository?: string): string {
  const console = cloudWatchConsole(scope);
  const { stackName } = Stack.of(scope);
  const logGroups = functions.map(({ logGroup }) => logGroup.logGroupName);
  const queries = Object.entries(SAVED_QUERIES).map(
    ([name, lines]) => `[${name}](${insightsLink(console, lines.join('\n'), logGroups)})`,
  );
  const runbook =
    repository === undefined
      ? `The runbook, docs/errors.md of version ${VERSION},`
      : `[The runbook of version ${VERSION}](${repository}/blob/v${VERSION}/docs/errors.md)`;
  return [
    '## Access does not work? In this order:',
    '',
    forStack(
      '1. `npm run zone -- doctor` says what is broken and what to do. Without it: click an alarm that is red below; its description says both.',
      scope,
    ),
    `2. ${runbook} has a section for each code and each alarm.`,
    '3. [status.okta.com](https://status.okta.com) says whether Okta has an outage. If it has, wait: the zones stay as they are, and heal by themselves.',
    `4. Ask the log: ${queries.join(' · ')}. They are saved in Logs Insights > Queries, in the folder ${stackName}.`,
    '',
    'You need not repair a zone by hand: once the cause is gone, the next rebuild puts everything right.',
  ].join('\n');
}
