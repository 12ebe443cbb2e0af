import { createHash } from 'node:crypto';
import { Duration } from 'aws-cdk-lib';
import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { Construct } from 'constructs';
import type { Deployment } from './deployment.ts';
import { ServiceFunction } from './service-function.ts';

/** The longest that an HTTP API remembers an answer. */
const REMEMBERED = Duration.hours(1);

/**
 * Lets requests in by their source address (`allowFrom`), before any other function runs. The API asks once an hour for
 * each address, of which nobody can send another than the own one.
 */
export class Gatekeeper extends Construct {
  readonly function: ServiceFunction;
  readonly authorizer: IHttpRouteAuthorizer;

  constructor(scope: Construct, id: string, props: { readonly deployment: Deployment }) {
    super(scope, id);
    const { deployment } = props;
    const { allowFrom } = deployment.config;
    this.function = new ServiceFunction(this, 'Gatekeeper', {
      deployment,
      name: 'gatekeeper',
      description: 'Tells the API from which addresses it takes requests',
      timeout: Duration.seconds(5),
      environment: {},
      severity: 'urgent',
      failures: 1,
      impact: 'Knocknoc gets a 500 for its events and must send them again. Until then they have no effect.',
    });
    // What an authorizer has answered is remembered for it. With another list it is another authorizer, so that the
    // list is in effect with the deploy and not an hour later.
    const list = createHash('sha256').update(JSON.stringify(allowFrom)).digest('hex').slice(0, 8);
    this.authorizer = new HttpLambdaAuthorizer(`AllowFrom${list}`, this.function.lambda, {
      identitySource: ['$context.identity.sourceIp'],
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      resultsCacheTtl: REMEMBERED,
    });
  }
}
