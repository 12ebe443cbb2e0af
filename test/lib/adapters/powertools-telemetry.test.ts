import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../../../lib/version.ts';

/** The real adapter, in a process of its own as on Lambda: what it writes (Lambda logs standard error too). */
function emitted(statements: string): Record<string, unknown>[] {
  const adapter = join(import.meta.dirname, '../../../lib/adapters/powertools-telemetry.ts');
  const script = `import { powertoolsTelemetry as t } from ${JSON.stringify(adapter)};\n${statements}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    encoding: 'utf8',
    env: {
      ...{ PATH: process.env.PATH, POWERTOOLS_SERVICE_NAME: 'KnocknocOkta', AWS_LAMBDA_FUNCTION_NAME: 'zone' },
      _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0',
    },
  });
  const lines = `${stdout}${stderr}`.trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}

describe('what an error leaves on AWS', () => {
  it('is one log line with its code and one metric for it, for every code of an invocation', () => {
    const lines = emitted(`t.begin({ awsRequestId: 'r1' });
t.error('OKTA001', 'Okta answered 401', { acl: 'a' });
t.error('ZONE007', 'changed', { acl: 'b' });`);
    expect(lines.filter(({ code }) => code)).toMatchObject([
      {
        level: 'ERROR',
        code: 'OKTA001',
        detail: 'Okta answered 401',
        acl: 'a',
        awsRequestId: 'r1',
        service: 'KnocknocOkta',
      },
      { code: 'ZONE007', acl: 'b' },
    ]);
    const metrics = lines.filter(({ _aws }) => _aws);
    expect(metrics).toMatchObject([
      {
        ...{ service: 'KnocknocOkta', Code: 'OKTA001', Errors: 1 },
        _aws: { CloudWatchMetrics: [{ Namespace: 'KnocknocOkta', Metrics: [{ Name: 'Errors', Unit: 'Count' }] }] },
      },
      { Code: 'ZONE007', Errors: 1 },
    ]);
    expect(JSON.stringify(metrics[0])).toMatch(/"Dimensions":\[\["(service","Code|Code","service)"\]\]/);
  });

  it('says in every log line which version wrote it, also after a new invocation has begun', () => {
    const lines = emitted("t.begin({}); t.info('one'); t.begin({}); t.warn('two'); t.error('OKTA001', 'three');");
    expect(lines.filter(({ level }) => level).map(({ version }) => version)).toEqual([VERSION, VERSION, VERSION]);
  });

  it('holds nothing that nobody asked for, since each byte of a line is paid for', () => {
    const [line = {}] = emitted("t.begin({ awsRequestId: 'r1' }); t.info('one', { acl: 'a' });");
    const names = ['level', 'message', 'timestamp', 'service', 'version', 'awsRequestId', 'acl'];
    expect(Object.keys(line).sort()).toEqual(names.sort());
  });

  it('forgets the fields of the invocation before', () => {
    const lines = emitted(`t.begin({ awsRequestId: 'r1', old: 'x' }); t.info('one');
t.begin({ awsRequestId: 'r2' }); t.info('two', { n: 2 }); t.metric('ClockSkewSeconds', 'Seconds', 31);`);
    expect(lines[1]).toMatchObject({ level: 'INFO', message: 'two', n: 2, awsRequestId: 'r2' });
    expect(lines[1]).not.toHaveProperty('old');
    expect(lines[2]).toMatchObject({ ClockSkewSeconds: 31 });
  });
});
