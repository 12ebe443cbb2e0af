import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { CREDENTIALS, REGION } from '../../local/emulator/environment.ts';
import { ROOT } from '../../local/emulator/paths.ts';
import type { EmulatorSystem } from '../../local/emulator/start.ts';
import { started } from '../cli/started.ts';
import { EXAMPLE, pathOfCustomers } from '../package/installed-package.ts';
import { SENTINEL } from './world.ts';

const ALICE = '203.0.113.1';
/** As they stand in the example. */
const [STACK, ZONE, ORG] = ['AcmeOktaZones', 'nzo1abcdefGHIJKLM0h7', "okta: { domain: 'acme.okta.com' }"] as const;

/** A CDK app of a customer's own, with the package as npm installs it, and the commands that stand in the documents. */
export function fromPackage(start: () => Promise<EmulatorSystem>): void {
  describe('an app of a customer’s own', () => {
    it('installs the package, deploys, and has its first person in by `setup` from the package', async () => {
      const system = await start();
      await system.simulator.seedZone(ZONE, { name: 'Acme', gateways: [{ type: 'CIDR', value: SENTINEL }] });
      const folder = mkdtempSync(join(inject('temporaryFolder'), 'own-app-'));
      cpSync(EXAMPLE, folder, { recursive: true });
      const here = `okta: { domain: 'acme.okta.com', baseUrl: '${system.simulatorUrl}' }, retainData: false`;
      const app = readFileSync(join(folder, 'app.ts'), 'utf8');
      expect(app).toContain(ORG);
      writeFileSync(join(folder, 'app.ts'), app.replace(ORG, here));
      writeFileSync(join(folder, 'token.txt'), system.credentials.text);
      const aws = {
        ...{ AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId, AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey },
        ...{ AWS_ENDPOINT_URL: system.endpoint, AWS_REGION: REGION, AWS_EC2_METADATA_DISABLED: 'true' },
        ...{ CDK_HOME: folder, CDK_DISABLE_CLI_TELEMETRY: 'true' },
      };

      await timed(`npm pack --silent --pack-destination '${folder}'`, ROOT);
      await timed('npm install --prefer-offline --no-audit --no-fund', folder);
      await timed('npm run deploy -- --require-approval never --no-notices', folder, aws);
      const setup = `npx knocknoc-okta-zone setup --stack ${STACK} --json --ip ${ALICE} < token.txt`;
      const { findings }: { findings: { link: string; level: string }[] } = JSON.parse(await timed(setup, folder, aws));
      const levels = findings.map(({ link, level }) => `${link} ${level}`);
      expect(levels.filter((one) => !one.startsWith('policies'))).toEqual(
        ['stack', 'stack', 'credentials', 'zones', 'test', 'person', 'sender'].map((link) => `${link} ok`),
      );
      const gateways = (await system.simulator.zone(ZONE)).gateways?.map(({ value }) => value);
      expect(gateways).toEqual([`${ALICE}/32`]);
    });
  });
}

/** @returns what it prints. @throws with all of it where it says by its exit code that something is broken */
async function timed(command: string, cwd: string, environment: Readonly<Record<string, string>> = {}) {
  const { HOME = '' } = process.env;
  const began = performance.now();
  const { code, out, notes } = await started(
    ['bash', '-c', command],
    { HOME, ...environment, PATH: pathOfCustomers() },
    cwd,
  );
  console.log(`${Math.round((performance.now() - began) / 1000)} s: ${command.replaceAll(cwd, '.')}`);
  if (code !== 0 && code !== 1) throw new Error(`${command} has ended with ${code}:\n${out}${notes}`);
  return out;
}
