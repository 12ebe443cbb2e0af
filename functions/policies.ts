import middy from '@middy/core';
import { fetchHttp } from '../lib/adapters/fetch-http.ts';
import { powertoolsTelemetry } from '../lib/adapters/powertools-telemetry.ts';
import { secretsManagerSecret } from '../lib/adapters/secrets-manager-secret.ts';
import { systemClock } from '../lib/adapters/system-clock.ts';
import { bundledConfig } from '../lib/bundled-config.ts';
import { CachedSecret } from '../lib/cached-secret.ts';
import { environmentVariable, lazy } from '../lib/environment.ts';
import { guardedTelemetry } from '../lib/guarded-telemetry.ts';
import { KnownSecrets } from '../lib/known-secrets.ts';
import { ENV } from '../lib/names.ts';
import { checkPolicies, type PolicyCheckDeps } from '../lib/okta/check-policies.ts';
import { POLICY_SCOPE, ZONE_SCOPES } from '../lib/okta/service-app.ts';
import { OktaSignIn } from '../lib/okta/sign-in.ts';
import { clientKeys } from './client-keys.ts';
import { observe } from './observe.ts';

/** Once a day, where the configuration asks for it: do sign-on policies refer to the zones so that these decide anything? */
export function createHandler(deps: () => PolicyCheckDeps) {
  return middy<unknown, void>()
    .use(observe(() => deps().telemetry))
    .handler(async () => checkPolicies(deps()));
}

export const handler = createHandler(
  lazy(() => {
    const secrets = new KnownSecrets();
    const config = bundledConfig();
    const options = { scopes: [...ZONE_SCOPES, POLICY_SCOPE], keys: clientKeys() };
    return {
      config,
      clock: systemClock,
      http: fetchHttp,
      signIn: new OktaSignIn(fetchHttp, config.okta.baseUrl, systemClock.now, options),
      oktaCredentials: new CachedSecret(
        secretsManagerSecret(environmentVariable(process.env, ENV.oktaCredentialsArn)),
        systemClock,
        secrets,
      ),
      telemetry: guardedTelemetry(powertoolsTelemetry, secrets),
    };
  }),
);
