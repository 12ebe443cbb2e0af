import { OPERATOR_COMMAND } from '../../cdk/operator-command.ts';
import { type Config, listedAcls } from '../../lib/config.ts';
import { VERSION } from '../../lib/version.ts';

/** What a template asks for, by the names of its parameters. */
type Asked = Readonly<Record<string, { readonly Description: string; readonly Default?: string }>>;

/**
 * What stands beside the template, for whoever deploys it.
 * @param keyPrefix where the code lies in the bucket
 * @param asked what the template asks for; undefined where the configuration says it all
 */
export function templateReadme(config: Config, keyPrefix: string, asked?: Asked): string {
  const { okta, acls } = config;
  const lists = listedAcls(config);
  const stackName = asked ? 'KnocknocOkta' : config.stackName;
  const values = needed(asked ?? {}).map(([name]) => ` \\\n    "${name}=$${name}"`);
  return `# Knocknoc's Okta zones ${VERSION}${asked ? '' : `, for ${okta.domain}`}

${
  asked
    ? FOR_ANYBODY
    : `Made from one configuration: ACL ${Object.keys(acls).join(', ')} of the org ${okta.domain}. Another configuration is another
template.`
} To deploy it you need the AWS command line, with credentials and a region, but no Node.js and no CDK.

## First, in Okta

Each zone must be there: Security > Networks > Add Zone > IP Zone, with the gateway \`192.0.2.0/32\` and no proxies. Use a new
one: with the first event its list becomes this system's. Its id begins with \`nzo\`; only Okta's API shows it
(\`/api/v1/zones\`).

## Deploy

\`BUCKET\` is a bucket of yours in the region of the stack. Nothing secret goes there.${asked ? askedText(asked) : ''}

\`\`\`sh
aws s3 cp code "s3://$BUCKET/${keyPrefix}" --recursive
aws cloudformation deploy --stack-name ${stackName} --template-file template.json --s3-bucket "$BUCKET" \\
  --parameter-overrides "CodeBucket=$BUCKET"${values.join('')} ${asked ? '\\\n  ' : ''}--capabilities CAPABILITY_IAM
aws cloudformation describe-stacks --stack-name ${stackName} --query 'Stacks[0].Outputs' --output table
\`\`\`

With \`--no-execute-changeset\` the second command shows what would change and changes nothing. Deploy a later or an earlier
version with the same commands, from its own folder: the people who are let in are no part of the template and stay in.

## Let it sign in to Okta

\`SECRET\` is the output \`OktaCredentialsArn\`, \`token.txt\` a file with the API token and nothing else:

\`\`\`sh
aws secretsmanager put-secret-value --secret-id "$SECRET" --secret-string file://token.txt
\`\`\`
${lists.length === 0 ? '' : listText(lists)}
## Let Knocknoc send

\`knocknoc-okta.sh\` runs beside Knocknoc's agent, with the name of the ACL as an argument. In its environment
\`KNOCKNOC_OKTA_URL\` is the output \`WebhookUrl\`, and \`KNOCKNOC_OKTA_SECRET\` the key: \`current\` in what this prints, where
\`SECRET\` is now the output \`WebhookSecretArn\`:

\`\`\`sh
aws secretsmanager get-secret-value --secret-id "$SECRET" --query SecretString --output text
\`\`\`

## Before you rely on it

1. **Let a policy refer to the zone**, or it protects nothing: in Okta, the rule of the app lets in who is in the zone, and the
   catch-all rule denies. Keep a way in for administrators that does not depend on it.
2. ${config.alarmEmail === undefined ? 'Subscribe somebody to the topics of the alarms (the outputs end in `TopicArn`).' : 'Confirm the two mails from AWS, or no alarm arrives.'}
   At first these are on: \`ZONE006\` until credentials are stored, \`tick-missing\` and \`zone-not-verified\` until the first
   tick${lists.length === 0 ? '' : ', `LIST004` and `list-not-read` until URL and key of the lists are stored'}, and with any of them \`access-does-not-work\`.
3. Log in as a test user: their IP is in the zone, and after logout it is gone.

\`docs/\` has all documents; \`docs/errors.md\` says what to do about each alarm. Alarms and the dashboard name commands that
begin with \`${OPERATOR_COMMAND}\`. That is the command line of this project: it works from any machine with Node.js that has
the project's sources or its package, on this stack by \`--stack\` and \`--region\`. It also makes the key of a service app,
which Okta recommends over a token (\`docs/okta.md\`).

**Before you remove the stack, empty its zones** (\`docs/operations.md\`): who is in them would stay in.
`;
}

const FOR_ANYBODY = `It serves one ACL, and asks for what concerns you alone. All other settings are as in a configuration that leaves them
out: for others, somebody with Node.js makes a template from a configuration (\`npm run package -- -c config=FILE\`).`;

function askedText(asked: Asked): string {
  const rows = needed(asked).map(([name, { Description }]) => `| \`${name}\` | ${Description} |`);
  return ` Set these
variables too:

| variable | what it is |
|---|---|
${rows.join('\n')}

Another name of the stack does as well; it has 29 characters at most. If the deploy fails with
"UnreservedConcurrentExecution", the account's quota is too small for a reservation: add \`ReservedConcurrency=false\` to the
second command.`;
}

/** What has no default. */
function needed(asked: Asked) {
  return Object.entries(asked).filter(([, { Default }]) => Default === undefined);
}

function listText(lists: readonly string[]): string {
  const value = Object.fromEntries(lists.map((acl) => [acl, { url: 'https://…', username: 'apikey', key: '…' }]));
  return `
## Tell it where Knocknoc's list is

\`SECRET\` is the output \`AllowlistSecretArn\`, \`lists.json\` a file with this, filled in:

\`\`\`json
${JSON.stringify(value, undefined, 2)}
\`\`\`

\`\`\`sh
aws secretsmanager put-secret-value --secret-id "$SECRET" --secret-string file://lists.json
\`\`\`
`;
}
