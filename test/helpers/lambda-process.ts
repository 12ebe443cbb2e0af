import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Config } from '../../lib/config.ts';
import { ENV } from '../../lib/names.ts';
import { COMPILE_CACHE } from './compiled-code.ts';

type Name = 'webhook' | 'outcome' | 'grants' | 'expiry' | 'zone' | 'allowlist';
type Line = Readonly<Record<string, unknown>>;

export interface Invocation {
  /** What each call of the handler gave, or the message of what it threw. */
  readonly results: readonly { readonly answer?: Line; readonly error?: string }[];
  /** All that the function wrote, standard error included, as Lambda would log it. */
  readonly output: string;
  readonly lines: readonly Line[];
}

const MARK = 'RESULT ';

/** What Lambda gives a function in its environment, and what the stack does. AWS is at `awsUrl`. */
export function lambdaEnvironment(name: Name, awsUrl: string) {
  return {
    PATH: process.env.PATH,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL: awsUrl,
    AWS_LAMBDA_FUNCTION_NAME: name,
    [ENV.serviceName]: 'KnocknocOkta',
    [ENV.tableName]: 'grants',
    [ENV.eventsQueueUrl]: `${awsUrl}/0/events.fifo`,
    [ENV.timerQueueUrl]: `${awsUrl}/0/timers`,
    [ENV.deadLetterQueueUrl]: `${awsUrl}/0/dead.fifo`,
    [ENV.webhookSecretArn]: 'arn:webhook',
    [ENV.oktaCredentialsArn]: 'arn:okta',
    [ENV.allowlistSecretArn]: 'arn:lists',
    [ENV.readQueueUrl]: `${awsUrl}/0/reads`,
  };
}

/**
 * Runs the exported handler of a function as Lambda does: in a process of its own, with its
 * environment variables and the configuration in its bundle, once for each event. AWS is at `awsUrl`.
 */
export function invoke(name: Name, events: readonly unknown[], awsUrl: string, config: Config): Promise<Invocation> {
  const file = join(import.meta.dirname, `../../functions/${name}.ts`);
  const script = `globalThis.KNOCKNOC_CONFIG = ${JSON.stringify(config)};
const { handler } = await import(${JSON.stringify(file)});
for (const [index, event] of ${JSON.stringify(events)}.entries()) {
  const context = { awsRequestId: 'request-' + index, functionName: 'f', getRemainingTimeInMillis: () => 30_000 };
  const result = await handler(event, context).then((answer) => ({ answer }), (error) => ({ error: String(error) }));
  process.stdout.write('\\n' + ${JSON.stringify(MARK)} + JSON.stringify(result) + '\\n');
}
process.exit(0);`;
  const env = { ...lambdaEnvironment(name, awsUrl), ...COMPILE_CACHE };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { env });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    child.on('error', reject);
    child.on('close', () => {
      const all = output.split('\n').filter((line) => line !== '');
      const results = all.filter((line) => line.startsWith(MARK)).map((line) => JSON.parse(line.slice(MARK.length)));
      const rest = all.filter((line) => !line.startsWith(MARK));
      resolve({
        results,
        output: rest.join('\n'),
        lines: rest.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : [])),
      });
    });
  });
}
