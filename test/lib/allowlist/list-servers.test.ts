import { createServer, type Server, type Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchHttp } from '../../../lib/adapters/fetch-http.ts';
import { KnownList } from '../../../lib/allowlist/known-list.ts';
import { ListFailure } from '../../../lib/allowlist/list-failure.ts';
import { CachedSecret } from '../../../lib/cached-secret.ts';
import { MemorySecret } from '../../../local/stand-ins/memory-secret.ts';
import { NOW } from '../../helpers/events.ts';

const [ACL, A, B] = ['okta-prod', '203.0.113.7', '203.0.113.8'];
const LIST = `${A}\n${B}\n`;
const SPACE = 4 * 1024 * 1024;

/** What goes over the wire, byte by byte; then the connection is closed. */
type Wire = string | Uint8Array;
const answer = (status: string, headers: readonly string[], body: Wire = ''): Uint8Array =>
  Buffer.concat([
    Buffer.from([`HTTP/1.1 ${status}`, 'connection: close', ...headers, '', ''].join('\r\n')),
    Buffer.from(body),
  ]);
const whole = (headers: readonly string[], body: Wire, status = '200 OK') =>
  answer(status, [...headers, `content-length: ${Buffer.from(body).length}`], body);
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const CHUNKED = ['transfer-encoding: chunked'];
const GZIP = ['content-encoding: gzip'];
const to = (host: string) => [`location: http://${host}/other`];

let server: Server;
let wire: Wire = '';
let requests: string[] = [];
let port = 0;

beforeAll(async () => {
  server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', (request) => {
      requests.push(request.toString());
      socket.end(Buffer.from(wire));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(() => server.close());

/** What a reader makes of it: the IPs, or the code. */
async function read(sent: Wire): Promise<readonly string[] | string> {
  wire = sent;
  requests = [];
  const text = JSON.stringify({ [ACL]: { url: `http://127.0.0.1:${port}/edl/1`, key: 'key-of-the-list' } });
  const secret = new CachedSecret(new MemorySecret(text), { now: () => NOW, sleep: async () => {} });
  const config = { allowPrivate: false, allowIpv6: false };
  try {
    return [...(await new KnownList(ACL, { config, http: fetchHttp, secret }).read(NOW)).ips];
  } catch (error) {
    if (error instanceof ListFailure) return error.code;
    throw error;
  }
}

describe('a list over the wire', () => {
  it.each<[string, Wire]>([
    ['with a length', whole([], LIST)],
    [
      'in chunks that cut an entry',
      answer('200 OK', CHUNKED, `${chunk('203.0.1')}${chunk('13.7\n203.0.113.8')}0\r\n\r\n`),
    ],
    ['until the connection closes', answer('200 OK', [], LIST)],
    ['of HTTP/1.0', `HTTP/1.0 200 OK\r\n\r\n${LIST}`],
    ['after early hints', `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${Buffer.from(whole([], LIST))}`],
    ['packed with gzip', whole(GZIP, gzipSync(LIST))],
    ['packed with Brotli', whole(['content-encoding: br'], brotliCompressSync(LIST))],
    ['packed and in chunks of one byte', answer('200 OK', [...GZIP, ...CHUNKED], inBytes(gzipSync(LIST)))],
    ['said to be HTML', whole(['content-type: text/html; charset=utf-8'], LIST)],
    ['said to be JSON', whole(['content-type: application/json'], LIST)],
    ['said to be a file', whole(['content-type: application/octet-stream', 'content-disposition: attachment'], LIST)],
    ['said to be in an encoding that has these bytes', whole(['content-type: text/plain; charset=iso-8859-1'], LIST)],
    ['with a byte order mark', whole([], `\ufeff${LIST}`)],
    [
      'with bytes that are no UTF-8 in a comment',
      whole([], Buffer.concat([Buffer.from('# M\xfcller\n', 'latin1'), Buffer.from(LIST)])),
    ],
    ['with status 203', whole([], LIST, '203 Non-Authoritative Information')],
    ['with status 206', whole([], LIST, '206 Partial Content')],
    ['with status 299', whole([], LIST, '299 Own')],
    [
      'with a reset cookie and a location that nobody asked for',
      whole(['set-cookie: a=b', ...to('else.example')], LIST),
    ],
    ['as large as it may be, packed small', whole(GZIP, gzipSync(LIST + ' '.repeat(SPACE - LIST.length)))],
  ])('is taken %s', async (_, sent) => {
    expect(await read(sent)).toEqual([A, B]);
  });

  it.each<[string, Wire]>([
    ['of no bytes', whole([], '')],
    ['of no bytes, in chunks', answer('200 OK', CHUNKED, '0\r\n\r\n')],
    ['with status 204', answer('204 No Content', [])],
    ['of nothing, packed', whole(GZIP, gzipSync(''))],
  ])('is empty: %s', async (_, sent) => {
    expect(await read(sent)).toEqual([]);
  });

  it.each<[string, string, Wire]>([
    ['LIST001', 'in chunks that never end', answer('200 OK', CHUNKED, chunk(LIST))],
    ['LIST001', 'shorter than its length', answer('200 OK', [`content-length: ${LIST.length + 1}`], LIST)],
    ['LIST001', 'said to be packed, and plain', whole(GZIP, LIST)],
    ['LIST001', 'of no HTTP', LIST],
    ['LIST001', 'of nothing', ''],
    ['LIST001', 'of half a header', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['LIST001', 'with two lengths', answer('200 OK', ['content-length: 3', 'content-length: 28'], LIST)],
    ['LIST001', 'in answer to an older one that nobody has', answer('304 Not Modified', ['etag: "1"'])],
    ['LIST001', 'with status 300', whole([], LIST, '300 Multiple Choices')],
    ['LIST001', 'with status 404', whole([], LIST, '404 Not Found')],
    ['LIST001', 'with status 500', whole([], LIST, '500 Internal Server Error')],
    ['LIST002', 'with status 401', whole(['www-authenticate: Basic realm="x"'], LIST, '401 Unauthorized')],
    ['LIST002', 'with status 403', whole([], LIST, '403 Forbidden')],
    ['LIST003', 'in UTF-16', whole([], Buffer.from(`\ufeff${LIST}`, 'utf16le'))],
    ['LIST003', 'larger than 4 MiB', whole([], LIST + ' '.repeat(SPACE))],
    ['LIST003', 'larger than 4 MiB once unpacked', whole(GZIP, gzipSync(LIST + ' '.repeat(SPACE)))],
    ['LIST003', 'packed twice', whole(GZIP, gzipSync(gzipSync(LIST)))],
  ])('is %s where it comes %s', async (code, _, sent) => {
    expect(await read(sent)).toBe(code);
  });

  it('is asked for unpacked, since nobody says of a packed one that it was cut off', async () => {
    await read(whole([], LIST));
    expect(requests.join()).toMatch(/^accept-encoding: identity\r$/im);
  });

  it.each([301, 302, 303, 307, 308])('is asked for nowhere else with status %i', async (status) => {
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
      expect(await read(whole(to(host), LIST, `${status} Elsewhere`))).toBe('LIST001');
      expect(requests).toHaveLength(1);
    }
  });
});

function inBytes(bytes: Uint8Array): Uint8Array {
  const chunks = [...bytes].flatMap((byte) => [Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]);
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}
