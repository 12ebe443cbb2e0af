import type { AppCredentials } from '../../lib/okta/credentials.ts';
import { POLICY_SCOPE, ZONE_SCOPES } from '../../lib/okta/service-app.ts';
import type { SecretVersion, Target } from '../target.ts';
import { harmless } from '../terminal.ts';

const COMMAND = 'npm run zone -- oauth-key';
const PASTE = 'Save keys in Okta > Add key: paste what stands above (the JSON), Done, Save';

/** What a person does with a key that was made. */
export interface KeySteps {
  /** In its console. */
  readonly atOkta: readonly string[];
  /** How the key is put into use afterwards. */
  readonly afterwards: readonly string[];
}

/** What a person does in Okta with the first key. The names are those of the admin console (docs/okta.md). */
export function forNewApp(kid: string): KeySteps {
  const atOkta = [
    `The private part of ${harmless(kid)} is kept; nobody sees it. In the Okta admin console, as a super administrator:`,
    '  1. Settings > Account: "Public client app admins" is off.',
    '  2. Applications > Applications > Create App Integration > API Services > a name > Save.',
    `  3. General > Client Credentials > Edit > Public key / Private key > ${PASTE}.`,
    '  4. General: "Require DPoP header in token requests" stays on.',
    `  5. Okta API Scopes: grant ${ZONE_SCOPES.join(' and ')}; for doctor also ${POLICY_SCOPE}, if you like.`,
    '  6. Admin roles > Edit assignments > Organization Administrator > Save Changes.',
  ];
  const finish = `  ${COMMAND} --finish --client-id 0oa…`;
  const afterwards = [
    'Then, with the Client ID of the app (General):',
    finish,
    'Until then the credentials in use stay.',
  ];
  return { atOkta, afterwards };
}

/** The same with a key that is to follow another. */
export function forRotation(clientId: string, kid: string): KeySteps {
  const atOkta = [
    `The private part of ${harmless(kid)} is kept; nobody sees it. In the Okta admin console, as a super administrator:`,
    `  1. Applications > Applications > the app with the Client ID ${harmless(clientId)}.`,
    `  2. General > Client Credentials > Edit > ${PASTE}. The key in use stays there, active.`,
  ];
  return { atOkta, afterwards: ['Then:', `  ${COMMAND} --finish`, 'Until then the key in use stays.'] };
}

/** What is left to do once the new key is in use. */
export function afterFinish(
  before: SecretVersion | undefined,
  app: AppCredentials | undefined,
  { kms }: Target,
): readonly string[] {
  const verify = 'npm run zone -- verify';
  if (app) {
    const old = harmless(app.kid);
    const isLast = kms && app.privateKey === undefined;
    return [
      `The old key ${old} stays good at Okta until you end it. In an hour and five minutes, when no token of it is left:`,
      `  1. ${verify}`,
      '  2. In the app, General > Client Credentials > Edit: make the old key inactive, and delete it.',
      ...(isLast ? ['  3. Take its name out of okta.clientKeyNames, and deploy.'] : []),
    ];
  }
  if (!before) return [];
  return [`If an API token was in use: in five minutes run ${verify}, and revoke the token in Okta.`];
}
