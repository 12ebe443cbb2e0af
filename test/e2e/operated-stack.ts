import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../cli/doctor/finding.ts';
import type { Target } from '../../cli/target.ts';
import { formatQueuedEvent } from '../../lib/grants/queue-message.ts';
import { awsClientConfig } from '../../local/emulator/environment.ts';
import type { EmulatorSystem } from '../../local/emulator/start.ts';
import { typed } from '../cli/typed.ts';
import { AclUnderTest, CONFIGURATION, FOUND, operatorOf, until } from './world.ts';

const ALICE = '203.0.113.1';
const BOB = '203.0.113.2';

/** The command line on a deployed stack: what it finds by the stack's name alone. One command after the other. */
export function operatedStack(start: () => Promise<EmulatorSystem>): void {
  let target: Target;
  let acl: AclUnderTest;
  const run = (args: string, person = {}) => typed(args, async () => target, person);
  const json = async (args: string) => JSON.parse((await run(`${args} --json`)).out);

  beforeAll(async () => {
    const system = await start();
    target = await operatorOf(system);
    acl = await AclUnderTest.make(system);
  });

  describe('the command line', () => {
    it('knows which stack it is, where, and the configuration that the functions run with', () => {
      expect(target.name).toMatch(new RegExp(`^stack ${CONFIGURATION.stackName} in [\\w-]+, account \\d{12}$`));
      expect(target.config.acls[acl.acl]?.zoneIds).toEqual([acl.zoneId]);
      expect(target.config.okta.domain).toBe('local.okta.com');
    });

    it('tells its outputs, and what a sender needs', async () => {
      expect((await run('outputs EventsQueueUrl')).out).toContain('.fifo');
      const { webhookSecret, knoc } = await start();
      expect(await json(`sender-env --acl ${acl.acl}`)).toMatchObject({ ...knoc, WEBHOOK_SECRET: webhookSecret });
    });

    it('lets somebody in, shows them, and puts them out', async () => {
      const { code, out } = await run(`grant --acl ${acl.acl} --ip ${ALICE} --for 1h --user alice@example.com --wait`);
      expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('applied') });
      await acl.showsOnly(ALICE);
      const { acls, events } = await json(`status --acl ${acl.acl}`);
      expect(events).toMatchObject({ accepted: expect.any(Number), acceptedAt: expect.stringMatching(/Z$/) });
      expect(acls[0].grants).toMatchObject([{ user: 'alice@example.com', ip: ALICE, inZone: 'yes' }]);
      expect(acls[0].zones).toMatchObject([{ gateways: [`${ALICE}/32`] }]);
      expect((await run(`revoke --acl ${acl.acl} --ip ${ALICE} --wait`)).code).toBe(0);
      expect((await run(`grant --acl ${acl.acl} --ip ${BOB} --wait`)).code).toBe(0);
      await acl.showsOnly(BOB);
    });

    it('tests itself, and is as it was', async () => {
      const { exitCode, stages } = await json(`selftest --acl ${acl.acl}`);
      expect({ exitCode, stages: stages.length }).toEqual({ exitCode: 0, stages: 5 });
      await acl.showsOnly(BOB);
    });

    it('finds every link of the chain in order, but for the alarms that nobody hears', async () => {
      const { findings }: { findings: Finding[] } = await json(`doctor --acl ${acl.acl}`);
      const levels = findings.map(({ link, level }) => [link, level]);
      expect(levels).toEqual([
        ...['configuration', 'resources'].map(ok),
        // Others post what is refused, at the same time.
        ['events', expect.any(String)],
        ...['webhook secret', 'webhook', 'Okta credentials', 'token accepted', 'role'].map(ok),
        ...[
          `zone ${acl.zoneId} (${acl.acl})`,
          `room (${acl.acl})`,
          `list (${acl.acl})`,
          `policies (${acl.acl})`,
          'schedule',
        ].map(ok),
        ['dead letters', expect.any(String)],
        ['alarms', 'warning'],
        ...levels.slice(15),
      ]);
      expect(findings[1]?.detail).toMatch(/_COMPLETE, version \S+; \d+ more in order/);
    });

    it('says what a rebuild would write, and has it written', async () => {
      await acl.okta.editZone(acl.zoneId, { gateways: [{ type: 'CIDR', value: FOUND }] });
      const rehearsed = await json(`verify --acl ${acl.acl} --dry-run`);
      expect(rehearsed.acls).toMatchObject([
        { outcome: 'differs', zones: [{ added: [`${BOB}/32`], removed: [FOUND] }] },
      ]);
      expect(await acl.gateways()).toEqual([FOUND]);
      const { code, out } = await run(`verify --acl ${acl.acl}`);
      expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('the zone is right') });
      expect(await acl.gateways()).toEqual([`${BOB}/32`]);
    });

    it('stores no credentials that Okta refuses, and those that it takes', async () => {
      const before = await target.oktaCredentials.read();
      const { text } = (await start()).credentials;
      expect((await run('set-credentials', { input: 'no-token-of-okta' })).code).toBe(2);
      expect(await target.oktaCredentials.read()).toBe(before);
      expect((await run('set-credentials', { input: text })).code).toBe(0);
      expect(await target.oktaCredentials.read()).toBe(text);
    });

    it('keeps a key for a service app waiting beside the credentials, shows it again, and drops it', async () => {
      const before = await target.oktaCredentials.read();
      const made = await run('oauth-key --next');
      expect(made.code).toBe(0);
      expect((await run('oauth-key --next')).out).toBe(made.out);
      expect(await target.oktaCredentials.read()).toBe(before);
      expect((await run('oauth-key --drop-next --yes')).code).toBe(0);
      expect(await target.oktaCredentials.next()).toBeUndefined();
    });

    it('finds a dead letter and puts it back, so that it takes effect', async () => {
      const now = Date.now();
      const grant = { type: 'access.granted', acl: acl.acl, ip: ALICE, expiresAt: now + 3_600_000 } as const;
      const body = formatQueuedEvent({ ...grant, webhookId: `letter_${now}`, timestamp: BigInt(now) * 1_000_000n });
      await target.queues.deadLetters.send({ body, messageId: `${now}`, reason: 'STORE001', retryable: true });
      const sick = await run(`doctor --acl ${acl.acl}`);
      expect({ code: sick.code, out: sick.out }).toEqual({ code: 2, out: expect.stringContaining('-- redrive') });
      const { out } = await run('redrive');
      expect(out).toMatch(new RegExp(`letter_${now} +put back +STORE001`));
      await acl.showsOnly(ALICE, BOB);
    });

    it('has a function that looks at the policies, as its schedule has it look once a day', async () => {
      const system = await start();
      const lambda = new LambdaClient(awsClientConfig(system));
      const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
      const policies = Functions.find(({ Description = '' }) => Description.startsWith('Checks that sign-on policies'));
      const ran = await lambda.send(
        new InvokeCommand({ FunctionName: policies?.FunctionName ?? '', Payload: '{"kind":"daily"}' }),
      );
      lambda.destroy();
      expect(ran.FunctionError, String(ran.Payload?.transformToString())).toBeUndefined();
      const [compared] = await until(
        'the policies are compared',
        async () => (await system.logs()).filter(({ message }) => message === 'sign-on policies compared'),
        (found) => found.length > 0,
      );
      expect(compared).toMatchObject({ policies: Object.keys(CONFIGURATION.acls).length, findings: 0 });
    });

    it('makes a new key that is soon good', async () => {
      expect((await run('rotate-webhook-secret')).code).toBe(0);
      await until(
        'the new key is taken',
        () => run(`flush --acl ${acl.acl} --yes`),
        ({ code }) => code === 0,
      );
    });
  });
}

function ok(link: string): [string, string] {
  return [link, 'ok'];
}
