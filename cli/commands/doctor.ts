import { type AclStatus, readAclStatus } from '../acl-status.ts';
import { type Command, chosenAcls, type Surroundings } from '../command.ts';
import { type ConfigFile, configurationLink } from '../doctor/configuration-link.ts';
import { credentialsLinks, lookingSignIn } from '../doctor/credentials-links.ts';
import { type Finding, failure } from '../doctor/finding.ts';
import { exitOf, findingLine } from '../doctor/finding-line.ts';
import { floodLink, flowLink } from '../doctor/flow-link.ts';
import { listLinks } from '../doctor/list-links.ts';
import { alarmLinks, deadLetterLinks, partLinks, scheduleLink, subscriptionLinks } from '../doctor/machinery-links.ts';
import { policyLinks } from '../doctor/policy-links.ts';
import { webhookLinks } from '../doctor/webhook-links.ts';
import { aclLinks } from '../doctor/zone-links.ts';
import { explain } from '../explain.ts';
import { LogTooLong } from '../flow.ts';
import { lastAppliedAt } from '../last-applied.ts';
import { type Rehearsal, rehearse } from '../rehearsal/rehearse.ts';
import type { Target } from '../target.ts';
import { jsonText, painter } from '../terminal.ts';

export interface DoctorOptions {
  readonly acl?: readonly string[];
  readonly json: boolean;
  /** The configuration file of this folder, where there is one. */
  readonly configFile?: ConfigFile;
}

/** A rebuild may be under way: a difference counts only when it persists. */
const READINGS = 3;
const PAUSE_MS = 2_000;

/** Walks the chain from the configuration to Okta and says of each link whether it holds. Changes nothing. */
export const doctor: Command<DoctorOptions> = async (target, options, here) => {
  const { terminal } = here;
  const findings: Finding[] = [];
  const tell = (found: readonly Finding[]) => {
    findings.push(...found);
    if (!options.json) for (const finding of found) terminal.out(findingLine(finding, painter(terminal)));
  };
  if (!options.json) terminal.out(painter(terminal)('bold', target.name));
  for (const [link, check] of links(target, options, here)) {
    try {
      tell(await check());
    } catch (error) {
      const { message, advice = 'Mend that first.' } = explain(error);
      tell([failure(link, `it could not be checked: ${message}`, advice)]);
    }
  }
  const code = exitOf(findings);
  if (options.json) terminal.out(jsonText({ target: target.name, exitCode: code, findings }, 2));
  else terminal.out(summary(findings));
  return code;
};

type Check = readonly [link: string, check: () => Promise<readonly Finding[]>];

function* links(target: Target, options: DoctorOptions, around: Surroundings): Iterable<Check> {
  // A wrong clock of this machine is told once, and not as grants that have ended or rows of the future.
  let wrongBy = 0;
  const clock = { now: () => around.clock.now() + wrongBy, sleep: (ms: number) => around.clock.sleep(ms) };
  const here = { ...around, clock };
  const { facts, config } = target;
  const acls = chosenAcls(target, options.acl);
  const statuses = new Map<string, AclStatus>();
  const rehearsals: Rehearsal[] = [];
  const signIn = lookingSignIn(target, here);
  yield ['configuration', async () => [configurationLink(config, options.configFile)]];
  yield ['resources', async () => partLinks(await facts.parts())];
  yield [
    'events',
    async () => {
      const [flow, appliedAt] = await Promise.all([facts.flow().catch(tooLong), lastAppliedAt(target)]);
      return [flow ? flowLink(flow, appliedAt, here.clock.now()) : floodLink()];
    },
  ];
  // After the log was read: the ping of a machine with a wrong clock is refused, and that is no sender's doing.
  yield [
    'webhook',
    async () => {
      const { findings, aheadBy } = await webhookLinks(target, here);
      wrongBy = aheadBy;
      return findings;
    },
  ];
  yield [
    'Okta credentials',
    async () => {
      for (const acl of acls) {
        const rehearsal = await settled(acl, target, here);
        rehearsals.push(rehearsal);
        // Okta as a whole refuses: asking again for the next ACL would only cost calls.
        if (rehearsal.failure) break;
      }
      return credentialsLinks(rehearsals, signIn, target, here);
    },
  ];
  yield [
    'zones',
    async () => {
      const now = here.clock.now();
      for (const acl of acls) statuses.set(acl, await readAclStatus(target, acl, now));
      return rehearsals.flatMap((one) => {
        const status = statuses.get(one.acl);
        return status ? aclLinks(one, status, config.gatewayLimit, now) : [];
      });
    },
  ];
  yield ['allowlist', () => listLinks(acls, target, here)];
  yield ['policies', () => policyLinks(rehearsals, signIn, target, here)];
  yield [
    'schedule',
    async () => {
      const lastChecks = acls.map((acl) => lastCheck(statuses.get(acl)));
      const { verifyMinutes } = config;
      return [scheduleLink(await facts.schedule(), { lastChecks, verifyMinutes, now: here.clock.now() })];
    },
  ];
  yield ['dead letters', async () => deadLetterLinks(await facts.deadLetters())];
  yield ['alarms', async () => subscriptionLinks(await facts.alarmTopics())];
  yield ['alarms', async () => alarmLinks(await facts.alarmsOn())];
}

/** A flood says nothing against the system; whatever else keeps the log from being read does. */
function tooLong(error: unknown): undefined {
  if (!(error instanceof LogTooLong)) throw error;
}

async function settled(acl: string, target: Target, here: Surroundings): Promise<Rehearsal> {
  for (let reading = 1; ; reading += 1) {
    const rehearsal = await rehearse(acl, target, here);
    const differs = rehearsal.zones.some(({ current, desired }) => current.join() !== desired.join());
    if (!differs || rehearsal.failure || reading === READINGS) return rehearsal;
    await here.clock.sleep(PAUSE_MS);
    if (here.stop.aborted) return rehearsal;
  }
}

function lastCheck(status: AclStatus | undefined): number | undefined {
  const moments = [status?.verifiedAt, status?.lastError?.at].flatMap((text) => (text ? [Date.parse(text)] : []));
  return moments.length === 0 ? undefined : Math.max(...moments);
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const [failures, warnings] = [count('failure'), count('warning')];
  if (failures + warnings === 0) return '\nAll is well.';
  return `\n${failures} broken, ${warnings} to look at, ${count('ok')} in order.`;
}
