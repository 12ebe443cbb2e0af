import middy from '@middy/core';
import type { APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerResult } from 'aws-lambda';
import { powertoolsTelemetry } from '../lib/adapters/powertools-telemetry.ts';
import { type Block, blockOf } from '../lib/addresses/address-block.ts';
import { isAllowedSource } from '../lib/addresses/allowed-source.ts';
import { bundledConfig } from '../lib/bundled-config.ts';
import { lazy } from '../lib/environment.ts';
import { guardedTelemetry } from '../lib/guarded-telemetry.ts';
import { KnownSecrets } from '../lib/known-secrets.ts';
import type { Telemetry } from '../lib/ports.ts';
import { observe } from './observe.ts';

export interface GatekeeperDeps {
  /** The configuration's `allowFrom`. */
  readonly networks: readonly Block[];
  readonly telemetry: Telemetry;
}

/**
 * Asked by the API before a request gets any further, once an hour for each address: may requests come from there?
 * The API answers 403 where not, and 500 where this fails: nobody gets in by that.
 */
export function createHandler(deps: () => GatekeeperDeps) {
  return middy<APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerResult>()
    .use(observe(() => deps().telemetry))
    .handler(async ({ requestContext }) => {
      const { networks, telemetry } = deps();
      const { sourceIp } = requestContext.http;
      const isAuthorized = isAllowedSource(sourceIp, networks);
      if (!isAuthorized) telemetry.warn('source refused', { sourceIp });
      return { isAuthorized };
    });
}

export const handler = createHandler(
  lazy(() => ({
    networks: bundledConfig().allowFrom.map(blockOf),
    telemetry: guardedTelemetry(powertoolsTelemetry, new KnownSecrets()),
  })),
);
