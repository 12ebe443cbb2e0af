import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { ZONE_SCOPES } from '../../../local/okta-simulator/oauth/apps.ts';
import type { OktaSimulator } from '../../../local/okta-simulator/simulator.ts';

const CLIENT_ID = '0oa1simulatedAPP0000';

/** The service app of a schedule, as its administrator has it at Okta. */
export class ServiceApp {
  /** As the secret should hold it. */
  text = '';
  readonly #okta: OktaSimulator;
  #key: { readonly kid: string; readonly jwk: JsonWebKey } | undefined;
  #keys = 0;

  constructor(okta: OktaSimulator) {
    this.#okta = okta;
    this.rotate();
  }

  /** Makes a new key. The old one is gone at once, and with it every token. */
  rotate(): void {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#keys += 1;
    const kid = `key-${this.#keys}`;
    this.#key = { kid, jwk: publicKey.export({ format: 'jwk' }) };
    this.text = JSON.stringify({ clientId: CLIENT_ID, kid, privateKey: privateKey.export({ format: 'jwk' }) });
    this.grant(ZONE_SCOPES);
    this.#okta.endAccessTokens();
  }

  /** From now on it has these scopes, where it asks for a token. */
  grant(scopes: readonly string[]): void {
    this.#okta.setApp(CLIENT_ID, { keys: this.#key ? [this.#key] : [], scopes });
  }
}
