import { type Config, listedAcls } from '../../lib/config.ts';
import { VERSION } from '../../lib/version.ts';

/** What stands beside the template, for whoever deploys it. @param keyPrefix where the code lies in the bucket */
export function templateReadme(config: Config, keyPrefix: string): string {
  const { stackName, okta, acls } = config;
  const lists = listedAcls(config);
  return `# Knocknoc's Okta zones ${VERSION}, for ${okta.domain}

Made from one configuration: ACL ${Object.keys(acls).join(', ')} of the org ${okta.domain}. Another configuration is another
template. To deploy it you need the AWS command line, with credentials and a region, but no Node.js and no CDK.

## Deploy

\`BUCKET\` is a bucket of yours in the region of the stack. Nothing secret goes there.

\`\`\`sh
aws s3 cp code "s3://$BUCKET/${keyPrefix}" --recursive
aws cloudformation deploy --stack-name ${stackName} --template-file template.json --s3-bucket "$BUCKET" \\
  --parameter-overrides "CodeBucket=$BUCKET" --capabilities CAPABILITY_IAM
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
`;
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
