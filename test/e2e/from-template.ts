import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { emulatedUrl } from '../../cli/emulated-url.ts';
import { sendEvent } from '../../cli/webhook-client.ts';
import { parseConfig } from '../../config/load.ts';
import { CREDENTIALS, REGION } from '../../local/emulator/environment.ts';
import type { EmulatorSystem } from '../../local/emulator/start.ts';
import { packageTemplate } from '../../scripts/build/template.ts';
import { codeBlocks } from '../docs/documents.ts';
import { SENTINEL, until } from './world.ts';

const ALICE = '203.0.113.1';
const ACL = 'from-template';
const ZONE = 'nzo1fromTemplate00000';
const BUCKET = 'acme-code';

const aws = spawnSync('aws', ['--version']).status === 0;
if (!aws && process.env.CI) throw new Error('these tests need the AWS command line, and CI does not skip them');
if (!aws) console.log('SKIPPED: the template with its assets, since there is no AWS command line here');

/** A stack beside the system, made of what `npm run package` writes, by the commands that stand there. */
export function fromTemplate(start: () => Promise<EmulatorSystem>): void {
  describe.runIf(aws)('a template with its assets', () => {
    it('deploys with the AWS command line alone, and lets a person in', async () => {
      const system = await start();
      await system.simulator.seedZone(ZONE, { name: 'From a template', gateways: [{ type: 'CIDR', value: SENTINEL }] });
      const folder = mkdtempSync(join(inject('temporaryFolder'), 'template-'));
      const made = join(folder, 'made');
      const config = parseConfig({
        ...{ stackName: 'FromTemplate', retainData: false, reservedConcurrency: false, sentinel: SENTINEL },
        ...{ okta: { domain: 'local.okta.com', baseUrl: system.simulatorUrl }, acls: { [ACL]: { zoneIds: [ZONE] } } },
      });
      packageTemplate(config, made);
      const run = shell(folder, made, system.endpoint);
      const [deploy = '', store = '', read = ''] = codeBlocks(readFileSync(join(made, 'README.md'), 'utf8'), 'sh');

      run(`aws s3 mb s3://${BUCKET}`);
      const began = Date.now();
      run(deploy);
      console.log(`the template was deployed in ${Math.round((Date.now() - began) / 1000)} s`);
      const shown = run(
        "aws cloudformation describe-stacks --stack-name FromTemplate --query 'Stacks[0].Outputs' --output json",
      );
      const list: { OutputKey: string; OutputValue: string }[] = JSON.parse(shown);
      const outputs = Object.fromEntries(list.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
      writeFileSync(join(made, 'token.txt'), system.credentials.text);
      run(store, { SECRET: outputs.OktaCredentialsArn });
      const { current }: { current: string } = JSON.parse(run(read, { SECRET: outputs.WebhookSecretArn }));

      const door = { webhookUrl: emulatedUrl(outputs.WebhookUrl ?? '', system.endpoint), webhookSecret: current };
      const event = { type: 'access.granted', timestamp: new Date().toISOString(), data: { acl: ACL, ip: ALICE } };
      expect((await sendEvent(door, event, { id: 'template_1', now: Date.now() })).status).toBe(202);
      await until(
        `zone of ${ACL} shows ${ALICE}`,
        async () => (await system.simulator.zone(ZONE)).gateways?.map(({ value }) => value),
        (values) => values?.join() === `${ALICE}/32`,
      );
      run('aws cloudformation delete-stack --stack-name FromTemplate');
    });
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
