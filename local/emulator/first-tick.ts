import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ENV } from '../../lib/names.ts';
import type { AwsClientConfig } from './environment.ts';

/** Has the expiry function arm the first reads of lists: the schedule's first tick may be a minute away. */
export async function firstTick(aws: AwsClientConfig, signal: AbortSignal): Promise<void> {
  const client = new LambdaClient(aws);
  try {
    const { Functions = [] } = await client.send(new ListFunctionsCommand({}), { abortSignal: signal });
    const expiry = Functions.find(({ Environment }) => Environment?.Variables?.[ENV.readQueueUrl] !== undefined);
    if (expiry?.FunctionName === undefined) throw new Error('no function arms the reads of lists');
    const tick = { FunctionName: expiry.FunctionName, InvocationType: 'Event', Payload: '{"kind":"tick"}' } as const;
    await client.send(new InvokeCommand(tick), { abortSignal: signal });
  } finally {
    client.destroy();
  }
}
