import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';

export interface AwsCall {
  /** The operation, such as `SendMessage`, or method and path of a call to Okta. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly headers: IncomingMessage['headers'];
}
export interface AwsAnswer {
  readonly status?: number;
  readonly body: unknown;
}
export type Answering = (call: AwsCall) => AwsAnswer | undefined;

const GOOD: Readonly<Record<string, unknown>> = {
  SendMessageBatch: { Successful: [], Failed: [] },
  TransactWriteItems: {},
  GetItem: {},
  Sign: { Signature: Buffer.from('signature').toString('base64') },
  Query: { Items: [], Count: 0, ScannedCount: 0 },
};

/** What AWS answers where all is well. */
export function goodAnswer({ operation, input }: AwsCall): AwsAnswer {
  if (operation !== 'SendMessage') return { body: GOOD[operation] ?? {} };
  // The client compares the digest with what it has sent.
  const MD5OfMessageBody = createHash('md5').update(String(input.MessageBody)).digest('hex');
  return { body: { MessageId: 'm', SequenceNumber: '18849496460467696128', MD5OfMessageBody } };
}

/** AWS's JSON protocols, and Okta and Knocknoc beside them, on one port: every call is remembered and answered as if all were well. */
export async function startFakeAws(answering: Answering = () => undefined) {
  const calls: AwsCall[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const target = String(request.headers['x-amz-target'] ?? `.${request.method} ${request.url}`);
    const operation = target.slice(target.indexOf('.') + 1);
    const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded';
    const input = isForm ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text || '{}');
    const call = { operation, input, headers: request.headers };
    calls.push(call);
    const { status = 200, body } = answering(call) ?? goodAnswer(call);
    response
      .writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
      .end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  return {
    url,
    calls,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
