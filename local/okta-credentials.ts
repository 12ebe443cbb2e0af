import { generateKeyPairSync } from 'node:crypto';
import type { SimulatorControl } from './okta-simulator/control-client.ts';
import { type ServiceAppSeed, ZONE_SCOPES } from './okta-simulator/oauth/apps.ts';
import type { OktaSimulatorOptions } from './okta-simulator/simulator.ts';

/** What a system on this machine signs in to the simulated Okta with. */
export interface LocalCredentials {
  /** What an administrator calls it. */
  readonly name: 'API token' | 'service app';
  /** As the secret holds it. */
  readonly text: string;
  /** All that the simulator takes from the start. */
  readonly known: Pick<OktaSimulatorOptions, 'token' | 'apps'>;
  /** An administrator takes them back: Okta refuses them from now on. */
  revoke(okta: SimulatorControl): Promise<void>;
  /** Okta takes them, again or for the first time. */
  allow(okta: SimulatorControl): Promise<void>;
}

export function apiToken(token: string): LocalCredentials {
  return {
    ...{ name: 'API token', text: token, known: { token } },
    revoke: (okta) => okta.revokeToken(token),
    allow: (okta) => okta.setToken(token, 'ORG_ADMIN'),
  };
}

/** With a new key, for reading and writing zones and for reading policies. */
export function serviceApp(clientId = '0oa1localSERVICEapp0'): LocalCredentials {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = 'local';
  const keys = [{ kid, jwk: publicKey.export({ format: 'jwk' }) }];
  const seed: ServiceAppSeed = { keys, scopes: [...ZONE_SCOPES, 'okta.policies.read'] };
  const privatePem = privateKey.export({ format: 'pem', type: 'pkcs8' });
  return {
    name: 'service app',
    text: JSON.stringify({ clientId, kid, privateKey: privatePem }),
    known: { apps: { [clientId]: seed } },
    revoke: (okta) => okta.setApp(clientId, { ...seed, status: 'INACTIVE' }),
    allow: (okta) => okta.setApp(clientId, seed),
  };
}
