import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchHttp } from '../../../lib/adapters/fetch-http.ts';
import { whyNoAnswer } from '../../../lib/okta/no-answer.ts';
import { type CertificateOptions, selfSigned } from '../../helpers/certificate.ts';

const TRUSTED = getCACertificates('default');
const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  setDefaultCACertificates(TRUSTED);
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** @returns its port */
async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function why(url: string, timeoutMs = 20_000): Promise<string> {
  try {
    const { status } = await fetchHttp({ method: 'GET', url, headers: {}, timeoutMs });
    return `answered ${status}`;
  } catch (error) {
    return whyNoAnswer(error, timeoutMs);
  }
}

/** A server with a certificate of its own, which this process trusts if told to. */
async function secure(options: CertificateOptions, trusted: boolean): Promise<string> {
  const identity = selfSigned(options);
  if (trusted) setDefaultCACertificates([...TRUSTED, identity.cert]);
  return `https://localhost:${await listening(createHttpsServer(identity, (_, response) => response.end('ok')))}/`;
}

describe('why there is no answer, from the network itself', () => {
  it('is a name that nobody knows', async () => {
    expect(await why('https://nothing.invalid/')).toMatch(/DNS/);
  });

  it('is a port on which nobody listens', async () => {
    const server = createTcpServer();
    const port = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await why(`http://127.0.0.1:${port}/`)).toBe('the connection was refused (ECONNREFUSED)');
  });

  it('is a connection that is cut off: before the answer, in the handshake, and in the middle of the body', async () => {
    const cutting = await listening(createTcpServer((socket) => socket.destroy()));
    expect(await why(`http://127.0.0.1:${cutting}/`)).toMatch(/^the connection was cut off/);
    expect(await why(`https://127.0.0.1:${cutting}/`)).toMatch(/^the connection was cut off/);
    const half = createHttpServer((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    expect(await why(`http://127.0.0.1:${await listening(half)}/`)).toMatch(/^the connection was cut off/);
  });

  it('is the time: before the answer, and in the middle of the body', async () => {
    const silent = await listening(createHttpServer(() => {}));
    expect(await why(`http://127.0.0.1:${silent}/`, 50)).toBe('no whole answer within 0.05 s');
    const stalling = await listening(createHttpServer((_, response) => response.writeHead(200).write('half')));
    expect(await why(`http://127.0.0.1:${stalling}/`, 300)).toBe('no whole answer within 0.3 s');
  });

  it('is something that speaks no HTTP, or no TLS', async () => {
    const other = await listening(createTcpServer((socket) => socket.end('220 mail.example ESMTP\r\n')));
    expect(await why(`http://127.0.0.1:${other}/`)).toBe('what answers does not speak HTTP');
    expect(await why(`https://127.0.0.1:${other}/`)).toMatch(/^no TLS connection could be made/);
  });

  it('is the certificate: nobody’s, an old one, one for later, another host’s', async () => {
    const day = 86_400_000;
    expect(await why(await secure({}, true))).toBe('answered 200');
    expect(await why(await secure({}, false))).toMatch(/^the certificate is self-signed/);
    expect(await why(await secure({ notBefore: 0, notAfter: day }, true))).toMatch(/^the certificate has expired/);
    expect(await why(await secure({ notBefore: Date.now() + day }, true))).toMatch(/^the certificate is not valid yet/);
    expect(await why(await secure({ host: 'other.example' }, true))).toMatch(
      /^the certificate is for another host name/,
    );
  });
});
