import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Deployment } from './deployment.ts';
import type { GrantsTable } from './grants-table.ts';
import { allowReading, type Secrets } from './secrets.ts';
import { ServiceFunction } from './service-function.ts';

export interface OutcomeTellerProps {
  readonly deployment: Deployment;
  readonly secrets: Secrets;
  readonly table: GrantsTable;
}

/** The function that tells senders what became of their events. It changes nothing. */
export class OutcomeTeller extends Construct {
  readonly function: ServiceFunction;

  constructor(scope: Construct, id: string, { deployment, secrets, table }: OutcomeTellerProps) {
    super(scope, id);
    this.function = new ServiceFunction(this, 'Outcome', {
      deployment,
      name: 'outcome',
      description: 'Tells a sender what became of one of its events',
      // The API gives up after 30 s; the function must be the first to speak.
      timeout: Duration.seconds(29),
      environment: { tableName: table.table.tableName, webhookSecretArn: secrets.webhookSecretArn },
      severity: 'can wait',
      failures: 3,
      impact: 'Senders do not learn what became of their events. The events themselves take effect.',
    });
    allowReading(this.function, secrets.webhookSecretArn);
    table.allow(this.function, 'GetItem', 'Query');
  }
}
