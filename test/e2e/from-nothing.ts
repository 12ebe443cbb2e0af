import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stacksOfAccount } from '../../cli/find-stacks.ts';
import { stackTarget } from '../../cli/stack-target.ts';
import { deploy, synthesise } from '../../local/emulator/deployment.ts';
import { CREDENTIALS } from '../../local/emulator/environment.ts';
import { localConfig } from '../../local/emulator/local-config.ts';
import { NODE_PROGRAMS, ROOT } from '../../local/emulator/paths.ts';
import type { EmulatorSystem } from '../../local/emulator/start.ts';
import { typed } from '../cli/typed.ts';

const STACK = 'KnocknocOktaNew';
const ACL = 'okta-prod';
const ZONE = 'nzo1endToEndNew00000';
const ALICE = '203.0.113.1';
const SENTINEL = '192.0.2.0/32';

/** From a stack that was deployed a moment ago to the first person in, by one command. It costs a deploy of its own. */
export function fromNothing(start: () => Promise<EmulatorSystem>): void {
  let system: EmulatorSystem;
  let directory: string;
  let began: number;
  beforeAll(async () => {
    system = await start();
    await system.simulator.seedZone(ZONE, { name: 'New', gateways: [{ type: 'CIDR', value: SENTINEL }] });
    directory = await mkdtemp(join(tmpdir(), 'knocknoc-new-'));
    const cdk = { cdk: join(NODE_PROGRAMS, 'cdk'), directory, project: ROOT, signal: new AbortController().signal };
    const config = { stackName: STACK, acls: { [ACL]: { zoneIds: [ZONE] } }, retainData: false };
    began = performance.now();
    await synthesise(cdk, localConfig(config, system.simulatorUrl));
    await deploy(cdk, system.endpoint);
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  describe('a new deploy', () => {
    it('has its first person in by `setup` alone, which finds it, and says so when it is asked again', async () => {
      const settings = { region: system.region, endpoint: system.endpoint, credentials: CREDENTIALS };
      const found = await stacksOfAccount(settings);
      expect(found.names).toContain(STACK);
      const run = (args: string, person: object) =>
        typed(args, ({ stack = '' }) => stackTarget(stack, settings), person, {}, { ...found, wanted: STACK });
      const deployed = performance.now();
      const { code, out } = await run(`setup --stack ${STACK} --json --ip ${ALICE}`, {
        input: system.credentials.text,
      });
      const seconds = [deployed - began, performance.now() - deployed].map((ms) => Math.round(ms / 1_000));
      console.log(`${seconds[0]} s: cdk deploy, ${seconds[1]} s: setup, which ends with the first person in the zone`);
      const { findings }: { findings: { link: string; level: string }[] } = JSON.parse(out);
      const levels = findings.map(({ link, level }) => `${link} ${level}`);
      expect(levels.filter((one) => !one.startsWith('policies'))).toEqual(
        ['stack', 'stack', 'credentials', 'zones', 'test', 'person', 'sender'].map((link) => `${link} ok`),
      );
      expect(code).toBeLessThan(2);
      const gateways = (await system.simulator.zone(ZONE)).gateways?.map(({ value }) => value);
      expect(gateways).toEqual([`${ALICE}/32`]);
      const again = await run(`setup --stack ${STACK} --json`, {});
      expect(again.out).toContain('events have come through');
      expect((await run(`history --stack ${STACK} --ip ${ALICE}`, {})).out).toContain(`${ALICE} is in`);
    });
  });
}
