import { createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener } from 'node:http';

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

export interface LoopbackServer {
  /** `http://127.0.0.1:{port}` */
  readonly url: string;
  readonly port: number;
  /** Ends everything at once, requests without an answer included. */
  close(): Promise<void>;
}

/** Serves this machine alone. @param port 0 for a free one */
export async function listen(handler: RequestListener, port: number): Promise<LoopbackServer> {
  const server = createServer(handler);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** @returns undefined when it has more bytes than `most` */
export async function readBody(request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Read on to the end all the same: who stops reading cuts the connection before the answer.
    if (size <= most) chunks.push(chunk);
  }
  return size > most ? undefined : Buffer.concat(chunks);
}

/** Web pages of other origins, and names that were made to point here, are from elsewhere. */
export function isFromHere({ host = '', origin }: IncomingHttpHeaders): boolean {
  return LOOPBACK.test(host) && (origin === undefined || origin === `http://${host}`);
}
