import { type BenchTable, rounded } from './bench-result.ts';
import { fixedPrices } from './bill.ts';
import { deployedStack } from './deployed-stack.ts';
import prices from './prices.json' with { type: 'json' };

const HOURS = 730;
const ACL = { zoneIds: ['nzo1'], allowlist: {} };
/** What is asked for by the configuration, and adds to the stack; and how many custom metrics it sends all the time. */
const CONFIGURED: Readonly<Record<string, readonly [changes: object, customMetrics: number]>> = {
  '`allowFrom`: the gatekeeper': [{ allowFrom: ['203.0.113.0/24'] }, 0],
  '`okta.checkPolicies`: the daily check': [{ okta: { domain: 'acme.okta.com', checkPolicies: true } }, 0],
  '`alarmOnChangesPerHour`: its alarm, and its metric where IPs come and go all day': [
    { alarmOnChangesPerHour: 100 },
    1,
  ],
  '`allowlist`: secret, alarms and metric, for any number of ACLs': [{ acls: { 'okta-prod': ACL } }, 1],
};

/** What a month costs more with each part that not everybody has: by the template where it is a part of the stack. */
export function optionalParts(): BenchTable {
  const { perMonth, perHour } = prices;
  const fixed = (changes: object, customMetrics = 0) =>
    fixedPrices(deployedStack(changes), customMetrics).reduce((sum, { dollars }) => sum + dollars, 0);
  const usual = fixed({});
  const rows: [string, number][] = [
    ...Object.entries(CONFIGURED).map(([name, part]): [string, number] => [name, fixed(...part) - usual]),
    ['`okta.clientKey: "kms"`: one key', perMonth.kmsKey],
    ['`kmsKeyArn`: the key, where it is made for this', perMonth.kmsKey],
    [
      'a network with a fixed address: one NAT gateway and its address',
      HOURS * (perHour.natGateway + perHour.publicAddress),
    ],
    ['the dashboard, where the account has more than three', perMonth.dashboard],
  ];
  return {
    title: 'Optional parts, a month each (US dollars)',
    columns: ['part', 'dollars'],
    rows: rows.map(([name, dollars]) => [name, rounded(dollars, 2)]),
    note:
      'Beyond this each is paid by use: requests to KMS, traffic through the NAT gateway, and the reads of a list: ' +
      'the next table.',
  };
}
