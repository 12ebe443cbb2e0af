import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createHandler } from '../../functions/gatekeeper.ts';
import { blockOf } from '../../lib/addresses/address-block.ts';
import { lambdaContext } from '../../local/stand-ins/aws-events.ts';
import { logTelemetry } from '../../local/stand-ins/log-telemetry.ts';
import { configOf } from '../helpers/events.ts';

const context = lambdaContext('gatekeeper', 'request-1', () => 5_000);
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vi.resetModules();
});

/** What an HTTP API sends its authorizer (payload format 2.0). */
function asked(sourceIp: string): APIGatewayRequestAuthorizerEventV2 {
  const http = { method: 'POST', path: '/webhook', protocol: 'HTTP/1.1', sourceIp, userAgent: 'curl' };
  return {
    ...{ version: '2.0', type: 'REQUEST', routeArn: 'arn:route', identitySource: [sourceIp], cookies: [] },
    ...{ routeKey: 'POST /webhook', rawPath: '/webhook', rawQueryString: '', stageVariables: {} },
    // What a client says of where it comes from counts for nothing.
    headers: { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' },
    requestContext: {
      ...{ accountId: '111122223333', apiId: 'api', domainName: 'api', domainPrefix: 'api', http },
      ...{ requestId: 'r', routeKey: 'POST /webhook', stage: '$default', time: '', timeEpoch: 0 },
    },
  } as APIGatewayRequestAuthorizerEventV2;
}

function gatekeeper(networks: readonly string[]) {
  const lines: Record<string, unknown>[] = [];
  const telemetry = logTelemetry(
    'gatekeeper',
    () => 0,
    (line) => lines.push({ ...line }),
  );
  const handler = createHandler(() => ({ networks: networks.map(blockOf), telemetry }));
  return { lines, ask: (sourceIp: string) => handler(asked(sourceIp), context) };
}

describe('the gatekeeper', () => {
  it('lets in who comes from a listed network, without a word', async () => {
    const { ask, lines } = gatekeeper(['203.0.113.0/24']);
    expect(await ask('203.0.113.7')).toEqual({ isAuthorized: true });
    expect(lines.filter(({ level }) => level === 'WARN')).toEqual([]);
  });

  it('refuses everybody else, and says once who it was', async () => {
    const { ask, lines } = gatekeeper(['203.0.113.0/24']);
    expect(await ask('198.51.100.7')).toEqual({ isAuthorized: false });
    expect(lines.filter(({ level }) => level === 'WARN')).toMatchObject([
      { message: 'source refused', sourceIp: '198.51.100.7' },
    ]);
  });

  it('refuses what is no address', async () => {
    expect(await gatekeeper(['203.0.113.0/24']).ask('')).toEqual({ isAuthorized: false });
  });

  it('as it is deployed has the networks of its configuration', async () => {
    vi.resetModules();
    vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
    vi.stubGlobal('KNOCKNOC_CONFIG', configOf({ allowFrom: ['203.0.113.0/24', '2001:db8::/32'] }));
    const { handler } = await import('../../functions/gatekeeper.ts');
    const answers = ['203.0.113.7', '2001:db8::7', '198.51.100.7'].map((ip) => handler(asked(ip), context));
    expect(await Promise.all(answers)).toEqual([true, true, false].map((isAuthorized) => ({ isAuthorized })));
  });
});
