import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Deployment } from './deployment.ts';
import type { ServiceFunction } from './service-function.ts';

/**
 * Made with the resource itself, since the construct for secrets always generates a value, which the
 * zone function could not tell from a token.
 *
 * Both secrets go with the stack, whatever `retainData` says: a webhook key is worth nothing without
 * its URL, which a new stack does not get back, and an Okta token must not outlive its use in a
 * place that nobody looks at.
 */
export class Secrets extends Construct {
  readonly webhookSecretArn: string;
  readonly oktaCredentialsArn: string;

  constructor(scope: Construct, id: string, { deployment: { key } }: { readonly deployment: Deployment }) {
    super(scope, id);
    const encryption = key && { kmsKeyId: key.keyArn };
    const webhook = new CfnSecret(this, 'Webhook', {
      ...encryption,
      description: 'HMAC keys of the webhook: JSON with "current" and, while they are exchanged, "previous", in base64',
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'current',
        // Letters and digits, a multiple of four of them: valid base64 as it is, for a key of 48 bytes.
        passwordLength: 64,
        excludePunctuation: true,
        // The same again, for places that know only this property.
        excludeCharacters: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
        includeSpace: false,
      },
    });
    // Empty until a person puts the credentials in.
    const token = new CfnSecret(this, 'OktaToken', {
      ...encryption,
      description: 'Okta credentials: an API token (SSWS), or a service app as JSON; empty until set by hand',
    });
    for (const secret of [webhook, token]) secret.applyRemovalPolicy(RemovalPolicy.DESTROY);
    this.webhookSecretArn = webhook.attrId;
    this.oktaCredentialsArn = token.attrId;
    Validations.of(webhook).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'Knocknoc holds the other copy: a rotation that it does not learn of would lock its events out. It is rotated by hand with two valid keys.',
    });
    Validations.of(token).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'Only an administrator can make a token or register a key at Okta, so no rotation function can get a new one.',
    });
  }
}

/** Where the lists of Knocknoc are, and their keys. Like the others it goes with the stack. @returns its ARN */
export function makeAllowlistSecret(scope: Construct, { key }: Deployment): string {
  const secret = new CfnSecret(scope, 'Secret', {
    ...(key && { kmsKeyId: key.keyArn }),
    description: 'URL and key of the list of each ACL, as JSON; empty until set by hand',
  });
  secret.applyRemovalPolicy(RemovalPolicy.DESTROY);
  Validations.of(secret).acknowledge({
    id: 'AwsSolutions-SMG4',
    reason: 'Only an administrator can make an API key at Knocknoc, so no rotation function can get a new one.',
  });
  return secret.attrId;
}

/** Lets a function read one secret's value. */
export function allowReading(fn: ServiceFunction, secretArn: string): void {
  fn.allow(['secretsmanager:GetSecretValue'], secretArn);
}
