/**
 * Okta's error bodies. Where a text is known its source is named; every other text is our own, made in
 * the manner of the known ones, and is answered with the header `x-simulator-invented: true`. A client
 * must not depend on an invented text, nor should it on a known one.
 */

/** An API error on its way to the caller. */
export class OktaError extends Error {
  override readonly name = 'OktaError';
  readonly status: number;
  readonly errorCode: string;
  readonly causes: readonly string[];
  /** The text is not known from Okta. */
  readonly invented: boolean;

  constructor(
    status: number,
    errorCode: string,
    summary: string,
    options: { cause?: string; invented?: boolean } = {},
  ) {
    super(summary);
    this.status = status;
    this.errorCode = errorCode;
    this.causes = options.cause === undefined ? [] : [options.cause];
    this.invented = options.invented ?? false;
  }
}

/** The body, in the key order of recorded answers (fixtures of terraform-provider-okta). */
export function errorBody(error: OktaError, errorId: string): string {
  return JSON.stringify({
    errorCode: error.errorCode,
    errorSummary: error.message,
    errorLink: error.errorCode,
    errorId,
    errorCauses: error.causes.map((errorSummary) => ({ errorSummary })),
  });
}

/** 400 for one field, our own cause. The summary's form is that of Okta's older API reference. */
export function invalidField(field: string, cause: string): OktaError {
  return new OktaError(400, 'E0000001', `Api validation failed: ${field}`, {
    cause: `${field}: ${cause}`,
    invented: true,
  });
}

/** 400 for a bad IP in a gateway range: text of Okta's older API reference. For proxies the same is assumed. */
export function invalidRange(field: string, ip: string, range: string): OktaError {
  return new OktaError(400, 'E0000001', `Api validation failed: ${field}`, {
    cause: `${field}: The IP: ${ip} in the RANGE: ${range} is invalid. Make sure it is a valid IPV4.`,
    invented: field !== 'gateways',
  });
}

/** 400 for a PUT of the exempt zone without its flag: text as quoted in terraform-provider-okta's issues. */
export function exemptZoneUsage(): OktaError {
  return new OktaError(400, 'E0000001', 'Api validation failed: useAsExemptList', {
    cause: 'useAsExemptList: The network zone does not allow usage changes for DefaultExemptIpZone.',
  });
}

/** 400, text of Okta's OpenAPI document. */
export function malformedBody(): OktaError {
  return new OktaError(400, 'E0000003', 'The request body was not well-formed.');
}

/** 400, text of Okta's error code list (developer docs), its two spaces included. */
export function unsupportedMediaType(): OktaError {
  const text = 'Bad request.  Accept and/or Content-Type headers likely do not match supported values.';
  return new OktaError(400, 'E0000021', text);
}

/** 401, text of Okta's OpenAPI document. */
export function invalidToken(): OktaError {
  return new OktaError(401, 'E0000011', 'Invalid token provided');
}

/** 403, text of Okta's OpenAPI document. */
export function accessDenied(): OktaError {
  return new OktaError(403, 'E0000006', 'You do not have permission to perform the requested action');
}

/** 404 for a zone, text as recorded (fixtures of terraform-provider-okta). */
export function zoneNotFound(zoneId: string): OktaError {
  return new OktaError(404, 'E0000007', `Not found: Resource not found: ${zoneId} (NetworkZone)`);
}

/** 404 for a policy, text as recorded (fixtures of terraform-provider-okta). */
export function policyNotFound(id: string): OktaError {
  return new OktaError(404, 'E0000007', `Not found: Resource not found: ${id} (Policy)`);
}

/** 404 for a path that the simulator does not serve. Our own text. */
export function pathNotFound(path: string): OktaError {
  return new OktaError(404, 'E0000007', `Not found: Resource not found: ${path} (path)`, { invented: true });
}

/** 405, text of Okta's error code list (developer docs). */
export function methodNotSupported(): OktaError {
  return new OktaError(405, 'E0000022', 'The endpoint does not support the provided HTTP method');
}

/** 429 of either kind, text of Okta's OpenAPI document. */
export function tooManyRequests(): OktaError {
  return new OktaError(429, 'E0000047', 'API call exceeded rate limit due to too many requests.');
}

/** 500, text as recorded on other endpoints (fixtures of terraform-provider-okta). */
export function internalError(): OktaError {
  return new OktaError(500, 'E0000009', 'Internal Server Error');
}

/** 503, text of Okta's error code list (developer docs). */
export function readOnlyMode(): OktaError {
  return new OktaError(503, 'E0000010', 'Service is in read only mode');
}

/** The error that Okta gives with a status, for faults; statuses without a known body get one of our own. */
export function errorForStatus(status: number, zoneId: string | null): OktaError {
  switch (status) {
    case 400:
      return invalidField('gateways', 'Refused by a fault of the simulator.');
    case 401:
      return invalidToken();
    case 403:
      return accessDenied();
    case 404:
      return zoneNotFound(zoneId ?? 'unknown');
    case 405:
      return methodNotSupported();
    case 429:
      return tooManyRequests();
    case 500:
      return internalError();
    case 503:
      return readOnlyMode();
    default:
      return new OktaError(status, 'E0000009', `Answered ${status} by a fault of the simulator`, { invented: true });
  }
}
