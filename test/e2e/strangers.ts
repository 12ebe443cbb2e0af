import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { beforeAll, describe, expect, it } from 'vitest';
import { awsClientConfig } from '../../local/emulator/environment.ts';
import type { EmulatorSystem } from '../../local/emulator/start.ts';
import { AclUnderTest } from './world.ts';

const ALICE = '203.0.113.1';
const REQUESTS = 50;

/** What the API does with requests from networks that are not listed. Last of all on a system: it refuses everybody. */
export function strangers(start: () => Promise<EmulatorSystem>): void {
  let system: EmulatorSystem;
  let acl: AclUnderTest;
  beforeAll(async () => {
    system = await start();
    acl = await AclUnderTest.make(system);
  });

  describe('requests from where nobody may send', () => {
    it('are refused with 403 before the webhook function runs, and the gatekeeper is asked once', async () => {
      // On the emulator everything comes from 127.0.0.1.
      await system.redeploy({ allowFrom: ['198.51.100.0/24'] });
      const before = await runsOf('WebhookLogs');
      const began = Date.now();
      for (let n = 0; n < REQUESTS; n += 1) {
        const answer = await acl.grant(ALICE);
        expect([answer.status, JSON.parse(answer.body)]).toEqual([403, { message: 'Forbidden' }]);
      }
      console.log(`${REQUESTS} requests of a stranger were refused in ${Date.now() - began} ms`);
      expect(await runsOf('WebhookLogs')).toBe(before);
      expect(await runsOf('GatekeeperLogs')).toBe(1);
    });

    it('are taken as soon as their network is listed, although they were refused a moment ago', async () => {
      // A network of the internet, as a configuration wants it, that has this machine's own end too.
      await system.redeploy({ allowFrom: ['126.0.0.0/7'] });
      expect((await acl.grant(ALICE)).status).toBe(202);
      await acl.showsOnly(ALICE);
    });
  });

  /** How often a function has run: the emulator, as Lambda, writes a line at the start of each run. */
  async function runsOf(logGroup: string): Promise<number> {
    const client = new CloudWatchLogsClient(awsClientConfig(system));
    const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({}));
    const logGroupName = logGroups.map((group) => group.logGroupName ?? '').find((name) => name.includes(logGroup));
    const { events = [] } = await client.send(new FilterLogEventsCommand({ logGroupName, limit: 10_000 }));
    client.destroy();
    return events.filter(({ message }) => message?.startsWith('START RequestId')).length;
  }
}
