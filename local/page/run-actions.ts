import { canonicalAddress } from '../../lib/addresses/ip-address.ts';
import type { Fault, ZoneEdit } from '../okta-simulator/types.ts';
import { aclsOf, type BreakableTable, type Run } from './read-run.ts';

/** As long as nobody mends it. */
const BROKEN_SECONDS = 3_600;
const LONGEST_NAME = 200;

/** The ways to break Okta: all calls meet the fault, or somebody edits the zones. */
export const BREAKS = {
  unavailable: { label: 'Answer 503', fault: { status: 503 } },
  'rate-limit': { label: 'Use up the rate limit', fault: { rateLimit: { resetInSeconds: 30 } } },
  silent: { label: 'Answer nothing', fault: { hang: true } },
  proxy: { label: 'Put a proxy’s page in between', fault: { status: 403, body: 'html' } },
  inactive: { label: 'Deactivate the zone', edit: { status: 'INACTIVE' } },
  edited: { label: 'Edit the zone', edit: { gateways: ['198.51.100.99/32'] } },
} as const satisfies Readonly<Record<string, Break>>;

type Break = { readonly label: string } & ({ readonly fault: Fault } | { readonly edit: ZoneEdit });

export interface Refused {
  readonly refused: string;
}
/** Where on the page it has its effect. */
export type Done = 'knocknoc' | 'okta' | 'table';
type Action = (run: Run, form: URLSearchParams) => Promise<Done | Refused>;

/** What the page's buttons do, by the path that their form is sent to. */
export const RUN_ACTIONS: Readonly<Record<string, Action>> = {
  '/log-in': async ({ knocknoc, agent, target }, form) => {
    const { acl, user } = personIn(form);
    const ip = canonicalAddress(textOf(form, 'ip'));
    if (!aclsOf(target).includes(acl)) return { refused: 'There is no such ACL.' };
    if (user === '' || user.length > LONGEST_NAME || /\p{Cc}/u.test(user))
      return { refused: `Write the name of a person, of up to ${LONGEST_NAME} characters.` };
    if (ip === undefined) return { refused: 'Write an IP address, such as 203.0.113.7.' };
    const before = ipOf({ knocknoc }, acl, user);
    knocknoc.logIn({ acl, user, ip });
    if (before !== undefined) lastOneOut({ knocknoc, agent }, acl, before);
    void agent?.tell('add', acl, ip);
    return 'knocknoc';
  },
  '/log-out': async ({ knocknoc, agent }, form) => {
    const { acl, user } = personIn(form);
    const ip = ipOf({ knocknoc }, acl, user);
    knocknoc.logOut({ acl, user });
    if (ip !== undefined) lastOneOut({ knocknoc, agent }, acl, ip);
    return 'knocknoc';
  },
  '/break': async (run, form) => {
    const kind = textOf(form, 'kind');
    if (!isBreak(kind)) return { refused: 'There is no such way to break Okta.' };
    const how: Break = BREAKS[kind];
    if ('edit' in how) {
      await editZones(run, how.edit);
      return 'okta';
    }
    await run.okta.clearFaults();
    await run.okta.addFault({ seconds: BROKEN_SECONDS, fault: how.fault });
    return 'okta';
  },
  '/mend': async (run) => {
    await run.okta.clearFaults();
    await editZones(run, { status: 'ACTIVE' });
    return 'okta';
  },
  '/break-table': ({ table }) => breakTable(table, true),
  '/mend-table': ({ table }) => breakTable(table, false),
  '/revoke': async ({ credentials, okta }) => {
    await credentials.revoke(okta);
    return 'okta';
  },
  '/give-back': async ({ credentials, okta }) => {
    await credentials.allow(okta);
    return 'okta';
  },
};

async function breakTable(table: BreakableTable | undefined, isBroken: boolean): Promise<Done | Refused> {
  if (!table) return { refused: 'The table of the emulator cannot be broken from here.' };
  table.takesNoWrites = isBroken;
  return 'table';
}

/** Who shares an IP with others needs it until the last of them leaves: only then the script is told. */
function lastOneOut({ knocknoc, agent }: Pick<Run, 'knocknoc'> & { agent: Run['agent'] }, acl: string, ip: string) {
  const isHeld = knocknoc.people().some((one) => one.acl === acl && one.ip === ip);
  if (!isHeld) void agent?.tell('del', acl, ip);
}

function ipOf({ knocknoc }: Pick<Run, 'knocknoc'>, acl: string, user: string): string | undefined {
  return knocknoc.people().find((one) => one.acl === acl && one.user === user)?.ip;
}

/** Zones that are gone stay so. */
async function editZones({ okta, target }: Run, edit: ZoneEdit): Promise<void> {
  const ours = new Set(Object.values(target.config.acls).flatMap(({ zoneIds }) => zoneIds));
  for (const { id } of await okta.zones()) {
    if (ours.has(id)) await okta.editZone(id, edit);
  }
}

function isBreak(kind: string): kind is keyof typeof BREAKS {
  return Object.hasOwn(BREAKS, kind);
}

function personIn(form: URLSearchParams): { acl: string; user: string } {
  return { acl: textOf(form, 'acl'), user: textOf(form, 'user') };
}

function textOf(form: URLSearchParams, name: string): string {
  return form.get(name)?.trim() ?? '';
}
