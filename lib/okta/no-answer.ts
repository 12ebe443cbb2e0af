/** What a code of Node.js, its HTTP client or OpenSSL means to whoever must mend it. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name is not known (DNS)',
  EAI_AGAIN: 'the name server does not answer (DNS)',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut off',
  EPIPE: 'the connection was cut off',
  UND_ERR_SOCKET: 'the connection was cut off',
  ETIMEDOUT: 'no connection in time',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'no whole answer in time',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the network',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet (or this clock is slow)',
  CERT_REVOKED: 'the certificate was revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is signed by an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate is signed by an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate is signed by an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is signed by an authority that is not trusted here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host name',
  EPROTO: 'no TLS connection could be made',
};
/** A chain of causes is seldom longer, and might be a ring. */
const DEEPEST = 8;

/**
 * Why a call got no answer. The HTTP client says "fetch failed" to everything; what happened stands in its causes.
 * @param timeoutMs how long the call was waited for, in milliseconds
 */
export function whyNoAnswer(error: unknown, timeoutMs: number): string {
  const chain = causesOf(error);
  if (chain.some(({ name }) => name === 'TimeoutError')) return `no whole answer within ${timeoutMs / 1000} s`;
  const refusal = chain.map(({ message }) => /proxy response.*?\((\d{3})\)/i.exec(message)?.[1]).find(Boolean);
  if (refusal) return `the proxy refused the connection (its answer: ${refusal})`;
  if (chain.some(({ name }) => name === 'HTTPParserError')) return 'what answers does not speak HTTP';
  for (const code of chain.map(codeOf)) {
    const meaning = MEANINGS[code] ?? (/^ERR_(SSL|TLS)_/.test(code) ? MEANINGS.EPROTO : undefined);
    if (meaning) return `${meaning} (${code})`;
  }
  return chain.at(-1)?.message || 'unknown';
}

/** The error, what caused it, what caused that. Of several that caused one together, the first. */
function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let next = error; next instanceof Error && chain.length < DEEPEST; ) {
    chain.push(next);
    next = next.cause ?? (next instanceof AggregateError ? next.errors[0] : undefined);
  }
  return chain;
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
