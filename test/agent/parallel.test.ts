import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedSystem, startEmbeddedSystem } from '../../local/embedded.ts';
import { apiToken } from '../../local/okta-credentials.ts';
import { AclUnderTest, CONFIGURATION, OKTA_TOKEN, seedZones } from '../e2e/world.ts';
import { aFolder, canRun, removeFolders, runScript } from './script.ts';

/** `npm run test:full -- agent` starts more of them. */
const RUNS = Number(process.env.KNOCKNOC_PARALLEL_RUNS ?? 20);

describe.runIf(canRun)(`${RUNS} runs of the script at the same time`, () => {
  let system: EmbeddedSystem;
  let under: AclUnderTest;
  beforeAll(async () => {
    system = await startEmbeddedSystem({
      config: { ...CONFIGURATION, gatewayLimit: 1000 },
      credentials: apiToken(OKTA_TOKEN),
      progress: { step: () => {}, line: () => {} },
    });
    await seedZones(system);
    under = await AclUnderTest.make(system);
  });
  afterAll(async () => {
    await system?.close();
    await removeFolders();
  });

  it('all end with 0, and leave the zone right', async () => {
    const temporary = await aFolder();
    const script = (command: string, ip: string, more = {}) =>
      runScript([command, under.acl, ip], {
        KNOCKNOC_OKTA_URL: system.webhookUrl,
        KNOCKNOC_OKTA_SECRET: system.webhookSecret,
        TMPDIR: temporary,
        KNOCKNOC_OKTA_WAIT: '20',
        ...more,
      });
    // Every other address, so that no two are one network.
    const ips = Array.from({ length: RUNS / 2 }, (_, i) => `203.0.${113 + Math.floor(i / 120)}.${(i % 120) * 2 + 1}`);
    const leavers = ips.filter((_, i) => i % 2 === 0);
    const stayers = ips.filter((_, i) => i % 2 === 1);
    for (const ip of leavers) await under.grant(ip);

    const runs = await Promise.all([
      ...leavers.map((ip) => script('del', ip)),
      ...stayers.map((ip) => script('add', ip)),
      ...stayers.map((ip) => script('add', ip, { KNOCKNOC_GRANT_ID: 'another' })),
      ...leavers.map((ip) => script('del', ip)),
    ]);
    const unlike = runs.filter(({ code, stderr }) => code !== 0 || stderr !== '');
    expect(unlike).toEqual([]);
    expect(await under.gateways()).toEqual(stayers.map((ip) => `${ip}/32`).sort());
  });
});
