import { ALGORITHMS } from './jwt.ts';

/** Why a request for a token, or a call with one, is refused. Texts are those of Okta's table of OAuth errors. */
export class OAuthRefusal extends Error {
  override readonly name = 'OAuthRefusal';
  readonly status: number;
  readonly error: string;
  /** The scope that is needed. */
  readonly scope: string | undefined;

  constructor(status: number, error: string, description: string, scope?: string) {
    super(description);
    this.status = status;
    this.error = error;
    this.scope = scope;
  }
}

/** The answer of the token endpoint. */
export function tokenError({ error, message }: OAuthRefusal): unknown {
  return { error, error_description: message };
}

/** The header of an answer of the API, whose body is empty; in the form that was recorded of Okta. */
export function challenge({ error, message, scope = 'okta.networkZones.read' }: OAuthRefusal, path: string): string {
  const parts = [
    `algs="${ALGORITHMS.join(' ')}"`,
    'authorization_uri="http://simulator.okta.example/oauth2/v1/authorize"',
    'realm="http://simulator.okta.example"',
    `scope="${scope}"`,
    `error="${error}"`,
    `error_description="${message}"`,
    `resource="${path}"`,
  ];
  return `DPoP ${parts.join(', ')}`;
}
