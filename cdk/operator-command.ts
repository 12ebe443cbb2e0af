import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** What texts for operators call the command line. */
const HERE = 'npm run zone --';
/** What it is called where this runs: from the sources, or as an installed package. */
export const OPERATOR_COMMAND = import.meta.url.endsWith('.ts') ? HERE : 'npx knocknoc-okta-zone';

/** Whoever reads it in a mail or on the dashboard has one system in mind: its commands name the stack and the region. */
export function forStack(text: string, scope: Construct): string {
  const { stackName, region } = Stack.of(scope);
  return text.replaceAll(`${HERE} `, `${OPERATOR_COMMAND} --stack ${stackName} --region ${region} `);
}
