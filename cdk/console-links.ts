import { Aws, CfnCondition, Fn } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

const DAY_SECONDS = 86_400;

/** The console of CloudWatch in the stack's region, whatever the partition. @param scope gets two conditions */
export function cloudWatchConsole(scope: Construct): string {
  const is = (id: string, partition: string): string => {
    const expression = Fn.conditionEquals(Aws.PARTITION, partition);
    return new CfnCondition(scope, id, { expression }).logicalId;
  };
  const host = Fn.conditionIf(
    is('InChina', 'aws-cn'),
    'console.amazonaws.cn',
    Fn.conditionIf(is('InGovCloud', 'aws-us-gov'), 'console.amazonaws-us-gov.com', 'console.aws.amazon.com'),
  );
  return `https://${host.toString()}/cloudwatch/home?region=${Aws.REGION}`;
}

/**
 * Opens Logs Insights with a query in it, over the last day. AWS documents no such link; this is the form in which the
 * console writes its own. Where it does not take it, it opens without the query.
 * @param console from `cloudWatchConsole`
 * @param logGroupNames made by CloudFormation: letters, digits and hyphens, which stand for themselves
 */
export function insightsLink(console: string, query: string, logGroupNames: readonly string[]): string {
  const source = logGroupNames.map((name) => `~'${name}`).join('');
  const detail =
    `~(end~0~start~-${DAY_SECONDS}~timeType~'RELATIVE~unit~'seconds` +
    `~editorString~'${starred(query)}~isLiveTail~false~source~(${source}))`;
  // Signs that would end the link in Markdown are written twice over, as the console does.
  const signs = detail.replaceAll(/[~()']/g, (sign) => `$25${hex(sign)}`);
  return `${console}#logsV2:logs-insights$3FqueryDetail$3D${signs}`;
}

function starred(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_.-]/g, (sign) => `*${hex(sign)}`);
}

function hex(sign: string): string {
  return sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
}
