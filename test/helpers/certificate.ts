import { generateKeyPairSync, sign } from 'node:crypto';

/** What a certificate of a test is to be like; good for localhost where nothing is said. */
export interface CertificateOptions {
  readonly host?: string;
  /** Milliseconds since the epoch. */
  readonly notBefore?: number;
  readonly notAfter?: number;
}

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = oid('1.2.840.10045.4.3.2');

/** A key and a self-signed certificate (X.509, DER in PEM), made on the spot so that no key lies in the repository. */
export function selfSigned({
  host = 'localhost',
  notBefore = Date.now() - DAY_MS,
  notAfter = Date.now() + DAY_MS,
}: CertificateOptions = {}): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(oid('2.5.4.3'), tagged(0x0c, Buffer.from(host)))));
  const names = sequence(tagged(0x82, Buffer.from(host)));
  const extensions = sequence(sequence(oid('2.5.29.17'), tagged(0x04, names)));
  const signed = sequence(
    tagged(0xa0, integer(2)),
    integer(1 + Math.floor(Math.random() * 0x7fff)),
    sequence(ECDSA_WITH_SHA256),
    name,
    sequence(time(notBefore), time(notAfter)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, extensions),
  );
  const signature = sign('sha256', signed, privateKey);
  const der = sequence(signed, sequence(ECDSA_WITH_SHA256), tagged(0x03, Buffer.concat([Buffer.of(0), signature])));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`,
  };
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function set(...parts: readonly Buffer[]): Buffer {
  return tagged(0x31, Buffer.concat(parts));
}

/** @param value below 2^15 */
function integer(value: number): Buffer {
  return tagged(0x02, value < 0x80 ? Buffer.of(value) : Buffer.of(value >> 8, value & 0xff));
}

function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  return tagged(0x18, Buffer.from(text));
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [40 * first + second];
  for (const part of rest) {
    const digits = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return tagged(0x06, Buffer.from(bytes));
}
