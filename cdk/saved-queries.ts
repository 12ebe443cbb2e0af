import { Stack } from 'aws-cdk-lib';
import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { AUDIT } from '../lib/names.ts';
import type { ServiceFunction } from './service-function.ts';

/** Stand in the queries where whoever runs one writes the IP or id in question. */
export const EXAMPLE_IP = '203.0.113.7';
export const EXAMPLE_WEBHOOK_ID = 'msg_1';

/** Actions after which a grant is there, or is not there any more. */
const TURNS = [AUDIT.granted, AUDIT.revoked, AUDIT.ended, AUDIT.expired];

/** Queries for CloudWatch Logs Insights, by the name under which they are saved. */
export const SAVED_QUERIES: Readonly<Record<string, readonly string[]>> = {
  'What happened to this IP': [
    `# Write the IP in both places of ${EXAMPLE_IP} (an IPv6 address has /128 in the second).`,
    'fields @timestamp, action, acl, ip, grantId, user, cause, webhookId, zoneId, fromMillis(expiresAt) as until',
    `| filter ip = '${EXAMPLE_IP}' or @message like '"${EXAMPLE_IP}/32"'`,
    '| sort @timestamp asc',
    '| limit 1000',
  ],
  'Who is in the zone and why': [
    '# Look back as far as the longest grant lives (maxGrantMinutes).',
    `filter action in [${TURNS.map((action) => `'${action}'`).join(', ')}]`,
    '| stats latest(action) as state, latest(user) as person, latest(expiresAt) as expires, latest(webhookId) as because, max(@timestamp) as since by acl, ip, grantId',
    `| filter state = '${AUDIT.granted}'`,
    '| sort acl asc, ip asc',
    '| limit 1000',
  ],
  'Failures by code': [
    'filter ispresent(code)',
    '| stats count(*) as times, max(@timestamp) as last, latest(detail) as example by code, acl, zoneId',
    '| sort times desc',
  ],
  "One event's path": [
    `# Write the webhook-id in both places of ${EXAMPLE_WEBHOOK_ID}; keep the spaces around the second.`,
    'fields @timestamp, action, code, acl, ip, grantId, user, cause, zoneId, before, after, position, detail',
    `| filter webhookId = '${EXAMPLE_WEBHOOK_ID}' or webhookIds like ' ${EXAMPLE_WEBHOOK_ID} '`,
    '| sort @timestamp asc',
    '| limit 1000',
  ],
};

/** What people ask the log, saved in CloudWatch under the stack's name, over the log groups of all functions. */
export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, props: { readonly functions: readonly ServiceFunction[] }) {
    super(scope, id);
    for (const [name, lines] of Object.entries(SAVED_QUERIES)) {
      new CfnQueryDefinition(this, name.replaceAll(/\W/g, ''), {
        name: `${Stack.of(this).stackName}/${name}`,
        queryString: lines.join('\n'),
        logGroupNames: props.functions.map(({ logGroup }) => logGroup.logGroupName),
      });
    }
  }
}
