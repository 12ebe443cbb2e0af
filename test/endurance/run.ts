import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { guardOutput } from '../../cli/guard-output.ts';
import { NOT_RUN, ownCommand, wholeNumber } from '../../cli/own-command.ts';
import { stackTarget } from '../../cli/stack-target.ts';
import { CREDENTIALS } from '../../local/emulator/environment.ts';
import { LOCAL } from '../../local/emulator/paths.ts';
import { startEmulatorSystem } from '../../local/emulator/start.ts';
import { apiToken, serviceApp } from '../../local/okta-credentials.ts';
import { typed } from '../cli/typed.ts';
import { Random } from '../simulation/random.ts';
import { breakOkta } from './faults.ts';
import { BODY_MARK, Sender } from './sender.ts';

/**
 * `npm run test:full -- endurance`: in the end no answer may have been a 5xx, each event that was accepted must have come
 * to its outcome, each zone must be what the events say, and no secret may stand anywhere.
 */
guardOutput();
const { minutes, seed, token } = ownCommand(
  'node test/endurance/run.ts',
  'The deployed system on the emulator under load, while Okta fails in many ways.',
  NOT_RUN,
)
  .option('--minutes <number>', 'how long', overZero, 60)
  .option('--seed <number>', 'which events and which failures', wholeNumber(0), 1)
  .option('--token', 'with an API token in place of a service app', false)
  .parse()
  .opts();

const ACLS = ['one', 'two', 'three', 'four'];
const STACK = 'KnocknocOktaEndurance';
const SENTINEL = '192.0.2.0/32';
/** A service app, or an API token. */
const credentials = token ? apiToken(`marked-token-${randomBytes(9).toString('hex')}`) : serviceApp();
const SETTLED_WITHIN_MS = 240_000;
const random = Random.named(seed, 'endurance');
const zoneOf = (acl: string) => `nzo1endurance${acl}0000000`.slice(0, 20);

const system = await startEmulatorSystem({
  config: {
    stackName: STACK,
    acls: Object.fromEntries(ACLS.map((acl) => [acl, { zoneIds: [zoneOf(acl)] }])),
    ...{ sentinel: SENTINEL, retainData: false },
  },
  credentials,
  progress: { step: console.log, line: () => {} },
});
const problems: string[] = [];
try {
  for (const acl of ACLS) await system.simulator.seedZone(zoneOf(acl), { name: `Zone of ${acl}`, gateways: [] });
  const sender = new Sender(system, ACLS, random);
  const broken = new Map<string, number>();
  const end = Date.now() + minutes * 60_000;
  const load = async () => {
    for (let shown = Date.now(); Date.now() < end; await sleep(random.whole(0, 900))) {
      await sender.sendOne();
      if (random.chance(0.5) && sender.accepted.length > 0) await sender.askOne();
      if (Date.now() < shown + 60_000) continue;
      shown = Date.now();
      console.log(`${Math.round((end - shown) / 60_000)} min left; answers ${text(sender.answers)}`);
    }
  };
  const weather = async () => {
    for (; Date.now() < end; await sleep(random.whole(2_000, 30_000))) {
      const how = await breakOkta(system.simulator, credentials, random);
      broken.set(how, (broken.get(how) ?? 0) + 1);
    }
  };
  await Promise.all([load(), weather()]);

  await sleep(10_000);
  await system.simulator.clearFaults();
  await system.simulator.clearLatencies();
  await credentials.allow(system.simulator);
  console.log(`how Okta failed: ${text(broken)}`);
  problems.push(...(await wrongZones(sender)), ...(await lostEvents(sender)), ...(await secretsSeen()));
  console.log(
    `${sender.accepted.length} events accepted; answers by status ${text(sender.answers)}; none to ${sender.unanswered}`,
  );
  for (const [status, count] of sender.answers) if (status >= 500) problems.push(`${count} answers of ${status}`);
  // 502 is an outcome: Okta has refused.
  for (const [status, count] of sender.told)
    if (status >= 500 && status !== 502) problems.push(`${count} outcomes of ${status}`);
} finally {
  await system.close();
}
for (const problem of problems) console.log(`WRONG: ${problem}`);
if (problems.length === 0) console.log('no 5xx, no event lost, each zone right, no secret seen');
process.exitCode = problems.length === 0 ? 0 : 1;

async function wrongZones(sender: Sender): Promise<string[]> {
  const until = Date.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const wrong: string[] = [];
    for (const acl of ACLS) {
      const zone = await system.simulator.zone(zoneOf(acl));
      const has = (zone.gateways ?? []).map(({ value }) => value ?? '').sort();
      const ips = sender.ips(acl, Date.now()).map((ip) => `${ip}/32`);
      const wanted = ips.length > 0 ? ips : [SENTINEL];
      if (has.join() !== wanted.sort().join()) wrong.push(`zone of ${acl} has ${has}, and should have ${wanted}`);
    }
    if (wrong.length === 0 || Date.now() > until) return wrong;
    await sleep(2_000);
  }
}

async function lostEvents(sender: Sender): Promise<string[]> {
  const outcomes = new Map<string, number>();
  const lost: string[] = [];
  for (const event of sender.accepted) {
    const { status, body } = await sender.outcome(event);
    const said = `${status} ${JSON.parse(body).status ?? JSON.parse(body).code}`;
    outcomes.set(said, (outcomes.get(said) ?? 0) + 1);
    if (status !== 200) lost.push(`the outcome of ${event.event.webhookId} is ${status} ${body}`);
  }
  console.log(`outcomes: ${text(outcomes)}`);
  return lost;
}

/** In every place that somebody may read: what the functions logged, the table, the command line, the emulator's own log. */
async function secretsSeen(): Promise<string[]> {
  const target = await stackTarget(STACK, {
    ...{ endpoint: system.endpoint, region: system.region, credentials: CREDENTIALS },
  });
  const run = async (args: string) => {
    const { out, notes } = await typed(args, async () => target);
    return `${out}\n${notes}`;
  };
  const places: Record<string, string> = {
    'the logs': JSON.stringify(await system.logs()),
    doctor: await run('doctor'),
    status: await run('status'),
    "the emulator's log": await readFile(join(LOCAL, 'emulator.log'), 'utf8'),
    'the calls to Okta': JSON.stringify(await system.simulator.requests()),
  };
  // Of a key in PEM, one line: what stands between those is written in more than one way.
  const ofOkta = token ? credentials.text : (/[\w+/]{64}/.exec(credentials.text)?.[0] ?? credentials.text);
  const secrets = {
    'the credentials': ofOkta,
    'the webhook secret': system.webhookSecret,
    'a refused body': BODY_MARK,
  };
  return Object.entries(places).flatMap(([place, all]) =>
    Object.entries(secrets).flatMap(([name, secret]) => (all.includes(secret) ? [`${name} stands in ${place}`] : [])),
  );
}

function text(counts: ReadonlyMap<string | number, number>): string {
  return [...counts].map(([name, count]) => `${name}: ${count}`).join(', ');
}

function overZero(written: string): number {
  const number = Number(written);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError('It must be a number over 0.');
}
