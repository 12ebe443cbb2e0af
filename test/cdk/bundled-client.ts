import { SQSClient } from '@aws-sdk/client-sqs';

/** A function with one AWS client, to be bundled: tells the credentials that the client would sign with. */
export async function handler(): Promise<unknown> {
  return new SQSClient({ region: 'eu-central-1' }).config.credentials();
}
