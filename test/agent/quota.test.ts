import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedSystem, startEmbeddedSystem } from '../../local/embedded.ts';
import { apiToken } from '../../local/okta-credentials.ts';
import { AclUnderTest, CONFIGURATION, OKTA_TOKEN, seedZones, until } from '../e2e/world.ts';
import { aFolder, canRun, type Run, removeFolders, runScript } from './script.ts';

/** `npm run test:full -- quota` starts 200 of them, at the quota of a new account. */
const RUNS = Number(process.env.KNOCKNOC_QUOTA_RUNS ?? 6);
/** How long each invocation holds its place is enough that they are in one another's way. */
const [QUOTA, START_MS] = RUNS >= 200 ? [10, 1_500] : [2, 500];

describe.runIf(canRun)(`${RUNS} runs of the script at the same time, where ${QUOTA} invocations run at once`, () => {
  let system: EmbeddedSystem;
  let under: AclUnderTest;
  beforeAll(async () => {
    system = await startEmbeddedSystem({
      // Such an account refuses reservations.
      config: { ...CONFIGURATION, gatewayLimit: 1000, reservedConcurrency: false },
      credentials: apiToken(OKTA_TOKEN),
      quota: { most: QUOTA, startMs: START_MS },
      progress: { step: () => {}, line: () => {} },
    });
    await seedZones(system);
    under = await AclUnderTest.make(system);
  });
  afterAll(async () => {
    await system?.close();
    await removeFolders();
  });

  it('leave the zone right, and each says by its status what became of it', { timeout: 900_000 }, async () => {
    const temporary = await aFolder();
    const ips = Array.from({ length: RUNS }, (_, i) => `203.0.${113 + Math.floor(i / 120)}.${(i % 120) * 2 + 1}`);
    const [leavers, comers] = [ips.filter((_, i) => i % 2 === 0), ips.filter((_, i) => i % 2 === 1)];
    const isIn = (ip: string) =>
      until(
        `${ip} is granted`,
        () => under.grant(ip),
        ({ status }) => status === 202,
      );
    await Promise.all(leavers.map(isIn));
    await under.showsOnly(...leavers);
    const before = (await system.logs()).length;
    const refusedBefore = system.quota?.refused ?? 0;

    const began = Date.now();
    const run = async (command: 'add' | 'del', ip: string) => ({
      ...{ command, ip },
      ...(await runScript([command, under.acl, ip], {
        KNOCKNOC_OKTA_URL: system.webhookUrl,
        KNOCKNOC_OKTA_SECRET: system.webhookSecret,
        TMPDIR: temporary,
        KNOCKNOC_OKTA_WAIT: '20',
      })),
    });
    const runs = await Promise.all([...leavers.map((ip) => run('del', ip)), ...comers.map((ip) => run('add', ip))]);
    const seconds = Math.round((Date.now() - began) / 1000);

    const accepted = (await system.logs()).slice(before).filter(({ message }) => message === 'event accepted');
    const isStored = (ip: string) => accepted.some((line) => line.ip === ip);
    const stored = runs.filter(({ ip }) => isStored(ip));
    const inZone = stored.flatMap(({ command, ip }) => (command === 'add' ? [ip] : []));
    const stayed = runs.flatMap(({ command, ip }) => (command === 'del' && !isStored(ip) ? [ip] : []));
    await under.showsOnly(...inZone, ...stayed);
    const gateways = await under.gateways();
    const statuses = countOf(runs);
    console.log(
      `${RUNS} runs at a quota of ${QUOTA}: statuses ${JSON.stringify(statuses)}, ${stored.length} events stored, ` +
        `${(system.quota?.refused ?? 0) - refusedBefore} invocations refused, at most ${system.quota?.peak} at once, ${seconds} s`,
    );

    expect(runs.filter((one) => !isTruthful(one, isStored(one.ip), gateways.includes(`${one.ip}/32`)))).toEqual([]);
    // The places were contended: otherwise nothing was tried.
    expect(system.quota?.refused).toBeGreaterThan(0);
  });
});

/** Whether a run says what is so. What is not confirmed in time may have come into effect since. */
function isTruthful({ command, code, stdout, stderr }: Run & { command: string }, isStored: boolean, isIn: boolean) {
  const said = code === 0 ? stdout : stderr;
  if (!/^knocknoc-okta\.sh: [^\n]+\n$/.test(said)) return false;
  if (code === 0) return isStored && isIn === (command === 'add') && said.includes(': stored; ');
  if (code === 6) return isStored && said.includes(': stored, but Okta has not confirmed it within 20 s');
  return code === 5 && said.includes(': not stored') && (!isStored || said.includes('as far as is known'));
}

function countOf(runs: readonly Run[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { code } of runs) counts[String(code)] = (counts[String(code)] ?? 0) + 1;
  return counts;
}
