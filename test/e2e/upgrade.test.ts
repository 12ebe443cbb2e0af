import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { sendEvent } from '../../cli/webhook-client.ts';
import { ROOT } from '../../local/emulator/paths.ts';
import { type EmulatorSystem, startEmulatorSystem } from '../../local/emulator/start.ts';
import { CREDENTIALS, SENTINEL, until } from './world.ts';

const ACL = 'okta-prod';
const ZONE = 'nzo1upgraded000000000';
const [ALICE, BOB, CAROL, DAVE, EVE] = [
  '203.0.113.1',
  '203.0.113.2',
  '203.0.113.3',
  '203.0.113.4',
  '203.0.113.5',
] as const;
const LOOK_EVERY_MS = 250;
/** How far back to go while nothing is released. */
const COMMITS = 100;

/** `release`, or the commit to begin with: `npm run test:full -- upgrade`. */
const from = process.env.KNOCKNOC_UPGRADE_FROM;

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
}

/** The commit of the last release. */
function lastRelease(): string {
  const [tag] = git('tag', '--merged', 'HEAD', '--sort=-version:refname', 'v*').split('\n');
  return git('rev-parse', '--short', tag === undefined || tag === '' ? `HEAD~${COMMITS}` : tag);
}

/** The project as it was, with the packages of today. */
function checkOut(commit: string): string {
  const folder = mkdtempSync(join(inject('temporaryFolder'), 'earlier-'));
  const project = join(folder, 'project');
  mkdirSync(project);
  execFileSync('git', ['archive', '--output', join(folder, 'project.tar'), commit], { cwd: ROOT });
  execFileSync('tar', ['-xf', join(folder, 'project.tar'), '-C', project]);
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  return project;
}

describe.runIf(from)('an upgrade with people in, and the way back', () => {
  const commit = from === 'release' ? lastRelease() : String(from);
  let earlier: string;
  let system: EmulatorSystem;
  let events = 0;

  const send = async (type: string, data: Readonly<Record<string, unknown>> = {}) => {
    const event = { type: `access.${type}`, timestamp: new Date().toISOString(), data: { acl: ACL, ...data } };
    events += 1;
    const answer = await sendEvent(system, event, { id: `upgrade_${events}`, now: Date.now() });
    expect([answer.status, type]).toEqual([202, type]);
  };
  const inZone = async () => {
    const { gateways } = await system.simulator.zone(ZONE);
    return (gateways ?? []).map(({ value = '' }) => value.replace('/32', '')).sort();
  };
  const showsOnly = (...ips: string[]) =>
    until(`the zone shows ${ips}`, inZone, (shown) => shown.join() === ips.toSorted().join());

  /** Deploys a version, and looks all the while whether these are in. */
  const deployWith = async (project: string, people: readonly string[], meanwhile: () => Promise<void>) => {
    const before = system.outputs;
    let isOver = false;
    const deploying = system.deployVersion(project).finally(() => (isOver = true));
    const missing = new Set<string>();
    const watching = (async () => {
      while (!isOver) {
        const shown = await inZone();
        for (const ip of people.filter((one) => !shown.includes(one))) missing.add(ip);
        await sleep(LOOK_EVERY_MS);
      }
    })();
    await meanwhile();
    await Promise.all([deploying, watching]);
    expect([...missing]).toEqual([]);
    // Senders, operators and data find the system where it was.
    const { WebhookUrl, WebhookSecretArn, OktaCredentialsArn, GrantsTableName, EventsQueueUrl } = before;
    expect(system.outputs).toMatchObject({
      WebhookUrl,
      WebhookSecretArn,
      OktaCredentialsArn,
      GrantsTableName,
      EventsQueueUrl,
    });
  };

  beforeAll(async () => {
    expect(git('diff', '--name-only', commit, '--', 'functions', 'lib'), 'nothing is upgraded').not.toBe('');
    console.log(`from ${commit} to what is here, and back`);
    earlier = checkOut(commit);
    system = await startEmulatorSystem({
      config: {
        stackName: 'KnocknocOktaUpgrade',
        acls: { [ACL]: { zoneIds: [ZONE] } },
        verifyMinutes: 1,
        sentinel: SENTINEL,
      },
      ...{ credentials: CREDENTIALS.emulator, project: earlier, progress: { step: () => {}, line: () => {} } },
    });
    await system.simulator.seedZone(ZONE, { name: 'Ours', gateways: [{ type: 'CIDR', value: SENTINEL }] });
  });
  afterAll(() => system?.close());

  it('goes to this version: nobody is put out, who comes meanwhile gets in, and what the earlier one granted ends', async () => {
    for (const ip of [ALICE, BOB]) await send('granted', { ip });
    await send('granted', { ip: EVE, durationSeconds: 60 });
    await showsOnly(ALICE, BOB, EVE);
    await deployWith(ROOT, [ALICE, BOB], () => send('granted', { ip: CAROL }));
    await showsOnly(ALICE, BOB, CAROL);
    await send('revoked', { ip: BOB });
    await showsOnly(ALICE, CAROL);
  });

  it('goes back to the earlier one, which reads what this one has stored', async () => {
    await deployWith(earlier, [ALICE, CAROL], () => send('granted', { ip: DAVE }));
    await showsOnly(ALICE, CAROL, DAVE);
    await send('revoked', { ip: CAROL });
    await showsOnly(ALICE, DAVE);
    await send('flushed');
    await showsOnly(SENTINEL.replace('/32', ''));
  });
});
