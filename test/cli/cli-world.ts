import { afterAll } from 'vitest';
import type { Surroundings } from '../../cli/command.ts';
import { localTarget } from '../../cli/local-run/local-target.ts';
import type { Target } from '../../cli/target.ts';
import { type EmbeddedSystem, startEmbeddedSystem } from '../../local/embedded.ts';
import { apiToken } from '../../local/okta-credentials.ts';
import type { ZoneSeed } from '../../local/okta-simulator/types.ts';
import type { FakeTerminal } from './fake-terminal.ts';
import { type Ran, typed } from './typed.ts';

export const ACL = 'okta-prod';
export const ZONE = 'nzo1abcdefGHIJKLM0h7';
export const SENTINEL = '192.0.2.0/32';
export const TOKEN = 'cli-okta-token';
export const ALICE = '203.0.113.7';
export const BOB = '198.51.100.23';

const started: EmbeddedSystem[] = [];
// Not with each test: several run side by side.
afterAll(async () => {
  await Promise.all(started.map((system) => system.close()));
});

/** The whole system in this process, operated through its network endpoint by the real command line. */
export class CliWorld {
  readonly system: EmbeddedSystem;

  private constructor(system: EmbeddedSystem) {
    this.system = system;
  }

  /** Ends with the test file. */
  static async start(config: Readonly<Record<string, unknown>> = {}, seed: ZoneSeed = {}): Promise<CliWorld> {
    const system = await startEmbeddedSystem({
      config: { stackName: 'KnocknocOktaCli', acls: { [ACL]: { zoneIds: [ZONE] } }, sentinel: SENTINEL, ...config },
      credentials: apiToken(TOKEN),
      progress: { step: () => {}, line: () => {} },
    });
    started.push(system);
    await system.simulator.seedZone(ZONE, { name: 'Knocknoc users', gateways: [SENTINEL], ...seed });
    return new CliWorld(system);
  }

  /** Types a command line. */
  run(args: string, terminal: Partial<FakeTerminal> = {}, here: Partial<Surroundings> = {}): Promise<Ran> {
    return typed(args, () => this.target(), terminal, here);
  }

  async json(args: string): Promise<Record<string, unknown> & Ran> {
    const ran = await this.run(`${args} --json`);
    return { ...ran, ...JSON.parse(ran.out) };
  }

  target(): Promise<Target> {
    const { run } = this.system;
    if (run.kind !== 'embedded') throw new Error('not an embedded run');
    return localTarget(run.operator);
  }

  async gateways(zoneId = ZONE): Promise<string[]> {
    return ((await this.system.simulator.zone(zoneId)).gateways ?? []).map(({ value }) => value ?? '').sort();
  }

  /** Somebody is in, and the zone shows it. */
  async grant(ip: string, more = ''): Promise<void> {
    const { code, out, notes } = await this.run(`grant --acl ${ACL} --ip ${ip} --for 1h --wait ${more}`);
    if (code !== 0) throw new Error(`the grant did not come through: ${out} ${notes}`);
  }
}
