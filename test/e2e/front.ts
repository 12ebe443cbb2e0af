import { createServer } from 'node:http';

export interface Front {
  /** The webhook under an address like that of a deployed API: its answers name paths below it. */
  readonly url: string;
  close(): void;
}

/**
 * The emulator answers below a path that its answers leave out. The agent's script asks nobody outside of the address that it
 * was given, so it gets one without that path. An address of another form is its own front.
 */
export async function frontOf(webhookUrl: string): Promise<Front> {
  const [, base, path] = /^(.*\/_aws\/execute-api\/[^/]+\/\$default)(\/.*)$/.exec(webhookUrl) ?? [];
  if (base === undefined) return { url: webhookUrl, close: () => {} };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      ['host', 'connection', 'content-length', 'expect'].includes(name)
        ? []
        : [[name, String(value)] as [string, string]],
    );
    const { method = 'GET', url } = request;
    const body = method === 'GET' ? {} : { body: Buffer.concat(chunks) };
    try {
      const answer = await fetch(`${base}${url}`, { method, headers, ...body });
      const kept = ['content-type', 'location', 'retry-after', 'date', 'preference-applied'];
      const named = kept.flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name) ?? '']] : []));
      response.writeHead(answer.status, Object.fromEntries(named)).end(Buffer.from(await answer.arrayBuffer()));
    } catch {
      response.writeHead(502).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}${path}`, close: () => void server.close() };
}
