import type { Algorithm } from '../ports.ts';

/** Bytes of each of the two numbers, by the size of the curve (RFC 7518, section 3.4). */
const SIZES: Readonly<Partial<Record<Algorithm, number>>> = { ES256: 32, ES384: 48, ES512: 66 };
const SEQUENCE = 0x30;
const INTEGER = 0x02;

/**
 * A signature as JOSE has it. Of an EC key others give a DER sequence of two integers, each as short as it can be and with
 * a zero before what would be negative; JOSE wants them one after the other, each as long as the curve's numbers are.
 * @throws {Error} where an EC signature is not what it should be
 */
export function joseSignature(signature: Uint8Array, alg: Algorithm): Uint8Array {
  const size = SIZES[alg];
  if (size === undefined) return signature;
  const outer = element(signature, 0, SEQUENCE);
  const first = element(outer.content, 0, INTEGER);
  const second = element(outer.content, first.end, INTEGER);
  if (outer.end !== signature.length || second.end !== outer.content.length) throw unreadable();
  return Buffer.concat([padded(first.content, size), padded(second.content, size)]);
}

function element(bytes: Uint8Array, at: number, tag: number) {
  const [found, length = 0, long = 0] = bytes.subarray(at, at + 3);
  // Of P-521 the sequence is longer than 127 bytes: its length has a byte of its own then.
  const [begins, size] = length === 0x81 ? [at + 3, long] : [at + 2, length];
  const content = bytes.subarray(begins, begins + size);
  if (found !== tag || length > 0x81 || content.length !== size) throw unreadable();
  return { content, end: begins + size };
}

function padded(integer: Uint8Array, size: number): Uint8Array {
  const digits = integer.subarray(integer.findIndex((byte) => byte !== 0));
  if (integer.length === 0 || digits.length > size) throw unreadable();
  return Buffer.concat([Buffer.alloc(size - digits.length), digits]);
}

function unreadable(): Error {
  return new Error('the signature is no DER sequence of two integers that fit the curve');
}
