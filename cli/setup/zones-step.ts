import { adopt } from '../commands/adopt.ts';
import { type Finding, failure, ok, refusedByOkta } from '../doctor/finding.ts';
import { zoneLink } from '../doctor/zone-links.ts';
import { EXIT } from '../exit-codes.ts';
import { oktaAddress } from '../okta-address.ts';
import { rehearse, type ZoneRehearsal } from '../rehearsal/rehearse.ts';
import { cellOf, columns } from '../terminal.ts';
import { zonesToChooseFrom } from '../try-credentials.ts';
import type { NamedZone } from '../zones-of-org.ts';
import type { DoStep, SetupWork } from './setup-step.ts';

const STEP = 'zones';
const MAKE_ONE = 'Make one in Okta: Security > Networks > Add zone > IP zone (README, "Create the zone").';

/** The zones of the configuration are the right ones of the org, and the ACL may write them. */
export const zonesStep: DoStep = async (work) => {
  const { acl, target, here, options, isNamed } = work;
  const rehearsal = await rehearse(acl, target, here);
  if (rehearsal.failure) return [refusedByOkta(STEP, rehearsal.failure)];
  const isMissing = rehearsal.zones.some(({ failure: why }) => why?.code === 'ZONE001' || why?.code === 'ZONE004');
  if (isMissing || options.zone !== undefined || (isNamed && here.terminal.canAsk)) {
    const chosen = await chooseZone(rehearsal.zones, isMissing, work);
    if (chosen) return [chosen];
  }
  const findings = rehearsal.zones.map((zone) => ({ ...zoneLink(acl, zone, 'not read'), zoneId: zone.zoneId }));
  const taken = await takeOver(findings, work);
  return taken.map(({ link, zoneId, ...one }) => ({ ...one, link: STEP, detail: `${zoneId} ${one.detail}` }));
};

/**
 * Shows the zones of the org, and compares what is meant with what is deployed.
 * @returns undefined where that is the same
 */
async function chooseZone(
  configured: readonly ZoneRehearsal[],
  isMissing: boolean,
  work: SetupWork,
): Promise<Finding | undefined> {
  const { acl, target, here, options, show, tell } = work;
  const { config } = target;
  const zones = await zonesToChooseFrom(target, here);
  const ids = configured.map(({ zoneId }) => zoneId);
  const ownerOf = (id: string) => Object.entries(config.acls).find(([, { zoneIds }]) => zoneIds.includes(id))?.[0];
  tell({ zones: zones.map(({ id, name }) => ({ id, name, acl: ownerOf(id) })) });
  const rows = zones.map(({ id, name }) => [cellOf(id), cellOf(name), usedBy(ownerOf(id))]);
  show(`  The zones of ${oktaAddress(config)} that an ACL can write:\n${columns(rows, '    ')}`);
  const free = zones.filter(({ id }) => [undefined, acl].includes(ownerOf(id)));
  if (free.length === 0) return failure(STEP, `the org has no zone that ${acl} could write`, MAKE_ONE);
  const wrong = configured.find(({ zone, failure: why }) => !zone || why)?.zoneId ?? ids[0] ?? '';
  const meant = await meantBy(options.zone, free, work);
  if (meant === undefined) {
    const none = options.zone === undefined ? undefined : `the org has no zone ${options.zone} that ${acl} could write`;
    if (none !== undefined && !isMissing)
      return failure(STEP, none, 'Choose one of those listed, by its name or its id.');
    const missing = `${acl} is configured with ${wrong}, which the org does not have, or not as an active IP zone`;
    const detail = none === undefined ? missing : `${missing}; ${none}`;
    return failure(STEP, detail, howToPut('the id of one of these', wrong, work));
  }
  if (ids.includes(meant.id) && !isMissing) return undefined;
  const detail = `${acl} is deployed with ${ids.join(', ')}, and not with ${meant.id} ("${cellOf(meant.name)}") alone`;
  return failure(STEP, detail, howToPut(`"${meant.id}"`, wrong, work));
}

function usedBy(acl: string | undefined): string {
  return acl === undefined ? '' : `← ${acl}`;
}

async function meantBy(
  named: string | undefined,
  zones: readonly NamedZone[],
  { acl, here }: SetupWork,
): Promise<NamedZone | undefined> {
  if (named !== undefined) return zones.find(({ id, name }) => id === named || name === named);
  if (!here.terminal.canAsk) return undefined;
  const choices = zones.map(({ id, name }) => ({ value: id, label: `${cellOf(name)} (${cellOf(id)})` }));
  const chosen = await here.terminal.choose(`Which zone is ${acl} to write?`, choices);
  return zones.find(({ id }) => id === chosen);
}

function howToPut(what: string, inPlaceOf: string, { acl, options }: SetupWork): string {
  const file = options.configFile?.path ?? 'the configuration file';
  return `Put ${what} into acls.${acl}.zoneIds of ${file}, in the place of "${inPlaceOf}", and deploy again: \`npm run cdk -- deploy\`. Then run \`npm run zone -- setup\` again.`;
}

type ZoneFinding = Finding & { readonly zoneId: string };

/** A zone with others' entries is shown and asked about, where a person is here; else it stays as it is. */
async function takeOver(findings: readonly ZoneFinding[], work: SetupWork): Promise<readonly ZoneFinding[]> {
  const { acl, target, here } = work;
  const done: ZoneFinding[] = [];
  for (const finding of findings) {
    if (finding.code !== 'ZONE008') {
      done.push(finding);
      continue;
    }
    const { zoneId } = finding;
    const out = here.terminal.note;
    const asking = { ...here, terminal: { ...here.terminal, out } };
    const isTaken =
      here.terminal.canAsk && (await adopt(target, { acl, zone: zoneId, yes: false }, asking)) === EXIT.fine;
    done.push(isTaken ? { ...ok(STEP, 'may be taken over'), zoneId } : { ...finding, level: 'failure' });
  }
  return done;
}
