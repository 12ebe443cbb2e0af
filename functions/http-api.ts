import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { HttpAnswer } from '../lib/refusal.ts';
import type { RequestSource } from '../lib/webhook/authenticate-webhook.ts';

/**
 * What a request was sent to, without a query. An HTTP API says in a header of its own by which protocol it came; where
 * that is not known (an emulator's), it is the path alone, which means the same to whoever has sent it.
 */
export function urlOf({ headers, rawPath, requestContext }: APIGatewayProxyEventV2): string {
  const protocol = headers['x-forwarded-proto'];
  if ((protocol !== 'https' && protocol !== 'http') || !requestContext?.domainName) return rawPath;
  return `${protocol}://${requestContext.domainName}${rawPath}`;
}

/** Where a request came from. */
export function sourceOf({ requestContext }: APIGatewayProxyEventV2): RequestSource {
  const { requestId, http } = requestContext ?? {};
  return { sourceIp: http?.sourceIp, requestId };
}

export function httpResult({ status, headers, body }: HttpAnswer): APIGatewayProxyStructuredResultV2 {
  return { statusCode: status, headers: { ...headers }, body };
}
