import { type BenchTable, rounded } from './bench-result.ts';
import { DAYS, fixedPrices, POLL_SECONDS, POLLERS } from './bill.ts';
import { deployedStack } from './deployed-stack.ts';
import prices from './prices.json' with { type: 'json' };

const HOURS = 730;
/** The default of `pollSeconds`, and what a read of the list is taken to last. */
const [POLL_LIST_SECONDS, LIST_READ_SECONDS] = [15, 0.3];
const ACL = { zoneIds: ['nzo1'], allowlist: { pollSeconds: POLL_LIST_SECONDS, endsGrants: true } };
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
    ...listReads(),
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
      'Beyond this each is paid by use: requests to KMS, traffic through the NAT gateway, events that come of a list. A ' +
      `read of a list is taken to last ${LIST_READ_SECONDS} s; the requests that Lambda holds open on its queue are in the sum.`,
  };
}

/** What it costs to read a list of which nothing comes. */
function listReads(): [string, number][] {
  const { perMillion, lambdaGbSecondArm } = prices;
  const reads = (DAYS * 24 * 3_600) / POLL_LIST_SECONDS;
  const gb = deployedStack({ acls: { 'okta-prod': ACL } }).memoryMb.webhook / 1_024;
  // Sent ten at a time, received and deleted; the table says what is known of the list.
  const messages = 2.1 * perMillion.standardQueueRequests;
  const each = messages + perMillion.lambdaRequests + perMillion.tableReadUnits;
  const dollars = (reads * each) / 1_000_000 + reads * LIST_READ_SECONDS * gb * lambdaGbSecondArm;
  const polls = (DAYS * POLLERS * 24 * 3_600 * perMillion.standardQueueRequests) / POLL_SECONDS / 1_000_000;
  return [[`\`allowlist\`: the reads of one list, every ${POLL_LIST_SECONDS} s`, dollars + polls]];
}
