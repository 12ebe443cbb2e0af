import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { emulatedUrl } from '../../cli/emulated-url.ts';
import { readStack } from '../../cli/stack-description.ts';
import { sendEvent } from '../../cli/webhook-client.ts';
import { parseConfig } from '../../config/load.ts';
import { CREDENTIALS, REGION } from '../../local/emulator/environment.ts';
import type { EmulatorSystem } from '../../local/emulator/start.ts';
import { askedConfig } from '../../scripts/build/asked.ts';
import { packageTemplate } from '../../scripts/build/template.ts';
import { codeBlocks } from '../docs/documents.ts';
import { SENTINEL, until } from './world.ts';

const ALICE = '203.0.113.1';
const ZONE = 'nzo1fromTemplate00000';
const BUCKET = 'acme-code';

const aws = spawnSync('aws', ['--version']).status === 0;
if (!aws && process.env.CI) throw new Error('these tests need the AWS command line, and CI does not skip them');
if (!aws) console.log('SKIPPED: the template with its assets, since there is no AWS command line here');

/** A stack beside the system, made of what `npm run package` writes, by the commands that stand there. */
export function fromTemplate(start: () => Promise<EmulatorSystem>): void {
  describe.runIf(aws)('a template with its assets', () => {
    it.each(['for one configuration', 'for everybody'])(
      'deploys with the AWS command line alone, and lets a person in: %s',
      async (kind) => {
        const isAsking = kind === 'for everybody';
        const system = await start();
        await system.simulator.seedZone(ZONE, {
          name: 'From a template',
          gateways: [{ type: 'CIDR', value: SENTINEL }],
        });
        const folder = mkdtempSync(join(inject('temporaryFolder'), 'template-'));
        const made = join(folder, 'made');
        const [stackName, acl] = isAsking ? ['ForEverybody', 'for-everybody'] : ['FromTemplate', 'from-template'];
        const same = { retainData: false, sentinel: SENTINEL };
        const okta = { baseUrl: system.simulatorUrl };
        const config = isAsking
          ? askedConfig({ ...same, okta })
          : parseConfig({
              ...same,
              ...{ stackName, reservedConcurrency: false },
              okta: { ...okta, domain: 'local.okta.com' },
              acls: { [acl]: { zoneIds: [ZONE] } },
            });
        packageTemplate({ config, out: made, isAsking });
        const run = shell(folder, made, system.endpoint);
        const readme = readFileSync(join(made, 'README.md'), 'utf8').replaceAll(
          '--stack-name KnocknocOkta',
          `--stack-name ${stackName}`,
        );
        const [deploy = '', store = '', read = ''] = codeBlocks(readme, 'sh');
        const answers = { OktaDomain: 'local.okta.com', Acl: acl, ZoneIds: ZONE, AlarmEmail: 'ops@example.com' };

        run(`aws s3 mb s3://${BUCKET}`);
        const began = Date.now();
        // As the read-me says for an account with a small quota, which the emulator's is.
        run(deploy.replace('"AlarmEmail=$AlarmEmail"', '$& ReservedConcurrency=false'), isAsking ? answers : {});
        console.log(`the template ${kind} was deployed in ${Math.round((Date.now() - began) / 1000)} s`);
        const settings = { endpoint: system.endpoint, region: REGION, credentials: CREDENTIALS };
        const { outputs, config: told } = await readStack(stackName, settings);
        expect(told).toMatchObject({
          stackName,
          okta: { domain: 'local.okta.com' },
          acls: { [acl]: { zoneIds: [ZONE] } },
          reservedConcurrency: false,
        });
        writeFileSync(join(made, 'token.txt'), system.credentials.text);
        run(store, { SECRET: outputs.OktaCredentialsArn });
        const { current }: { current: string } = JSON.parse(run(read, { SECRET: outputs.WebhookSecretArn }));

        const door = { webhookUrl: emulatedUrl(outputs.WebhookUrl ?? '', system.endpoint), webhookSecret: current };
        const event = { type: 'access.granted', timestamp: new Date().toISOString(), data: { acl, ip: ALICE } };
        expect((await sendEvent(door, event, { id: `template_${acl}`, now: Date.now() })).status).toBe(202);
        await until(
          `zone of ${acl} shows ${ALICE}`,
          async () => (await system.simulator.zone(ZONE)).gateways?.map(({ value }) => value),
          (values) => values?.join() === `${ALICE}/32`,
        );
        run(`aws cloudformation delete-stack --stack-name ${stackName}`);
      },
    );
  });
}

/** Runs commands where nothing of Node.js runs. @returns what they print */
function shell(folder: string, cwd: string, endpoint: string) {
  const broken = join(folder, 'broken');
  mkdirSync(broken);
  for (const name of ['node', 'npm', 'npx', 'cdk']) {
    writeFileSync(join(broken, name), '#!/bin/sh\nexit 99\n');
    chmodSync(join(broken, name), 0o755);
  }
  const PATH = [broken, process.env.PATH ?? ''].join(delimiter);
  const keys = { AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId, AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey };
  const to = { AWS_ENDPOINT_URL: endpoint, AWS_REGION: REGION, AWS_DEFAULT_REGION: REGION, AWS_PAGER: '' };
  return (commands: string, more: Readonly<Record<string, string | undefined>> = {}) => {
    const env = { ...process.env, PATH, ...keys, ...to, AWS_CONFIG_FILE: join(folder, 'none'), BUCKET, ...more };
    const { status, stdout, stderr } = spawnSync('bash', ['-euc', commands], { cwd, env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${commands}\n${stdout}${stderr}`);
    return stdout;
  };
}
