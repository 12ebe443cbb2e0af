import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type FunctionName, fromFolder } from '../cdk/function-code.ts';
import { KnocknocOktaStack } from '../cdk/stack.ts';
import cdkJson from '../cdk.json' with { type: 'json' };
import { parseConfig } from '../config/load.ts';

interface FunctionSettings {
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
}

/** What of the stack has a price or sets one, as it stands in the template. */
export interface DeployedStack {
  readonly functions: Readonly<Record<FunctionName, FunctionSettings>>;
  /** The reader of lists, where there is one. */
  readonly allowlist: FunctionSettings | undefined;
  readonly secrets: number;
  readonly alarms: number;
  /** What alarms are paid by: each metric that one of them looks at. */
  readonly alarmMetrics: number;
  /** Alarms on the state of others. */
  readonly compositeAlarms: number;
  /** That the API lets through. */
  readonly requestsPerSecond: number;
  readonly dashboards: number;
  readonly queueMappings: number;
  readonly logGroups: number;
}

/** Synthesises the stack with one ACL; nothing is bundled. @param changes of the configuration */
export function deployedStack(changes: object = {}): DeployedStack {
  const folder = mkdtempSync(join(tmpdir(), 'bench-stack-'));
  try {
    const app = new App({
      analyticsReporting: false,
      outdir: join(folder, 'out'),
      context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] },
    });
    const acls = { 'okta-prod': { zoneIds: ['nzo1'] } };
    const config = parseConfig({ okta: { domain: 'acme.okta.com' }, acls, ...changes });
    const template = Template.fromStack(new KnocknocOktaStack(app, 'Bench', { config, bundles: fromFolder(folder) }));
    const all = (type: string) => Object.entries(template.findResources(type));
    const settingsOf = (id: string): FunctionSettings[] =>
      all('AWS::Lambda::Function')
        .filter(([name]) => name.startsWith(`${id}Function`))
        .map(([, { Properties }]) => ({ memoryMb: Properties.MemorySize, timeoutSeconds: Properties.Timeout }));
    const functionOf = (id: string) => {
      const [only, ...more] = settingsOf(id);
      if (!only || more.length > 0) throw new Error(`not one function begins with ${id}`);
      return only;
    };
    const alarms = all('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
    const looksAt = ({ Metrics = [] }: { Metrics?: readonly { MetricStat?: unknown }[] }) =>
      Math.max(1, Metrics.filter(({ MetricStat }) => MetricStat !== undefined).length);
    return {
      functions: {
        ...{ webhook: functionOf('Webhook'), outcome: functionOf('Outcome'), grants: functionOf('Grants') },
        ...{ expiry: functionOf('Expiry'), zone: functionOf('Zone') },
      },
      allowlist: settingsOf('AllowlistReader')[0],
      secrets: all('AWS::SecretsManager::Secret').length,
      alarms: alarms.length,
      alarmMetrics: alarms.reduce((sum, alarm) => sum + looksAt(alarm), 0),
      compositeAlarms: all('AWS::CloudWatch::CompositeAlarm').length,
      requestsPerSecond: all('AWS::ApiGatewayV2::Stage')[0]?.[1].Properties.DefaultRouteSettings.ThrottlingRateLimit,
      dashboards: all('AWS::CloudWatch::Dashboard').length,
      queueMappings: all('AWS::Lambda::EventSourceMapping').filter(
        ([, { Properties }]) => Properties.FunctionResponseTypes !== undefined && !('StartingPosition' in Properties),
      ).length,
      logGroups: all('AWS::Logs::LogGroup').length,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
