import { type AclStatus, readAclStatus } from '../../cli/acl-status.ts';
import type { Target } from '../../cli/target.ts';
import { describeError } from '../../lib/describe-error.ts';
import type { Agent, AgentRun } from '../knocknoc-simulator/agent.ts';
import type { KnocknocSimulator, Person } from '../knocknoc-simulator/simulator.ts';
import type { LocalCredentials } from '../okta-credentials.ts';
import type { SimulatorControl } from '../okta-simulator/control-client.ts';
import type { ServiceAppView } from '../okta-simulator/oauth/apps.ts';
import type { SimulatorState } from '../okta-simulator/types.ts';

/** What the page shows, and what its buttons act on. */
export interface Run {
  readonly knocknoc: KnocknocSimulator;
  /** Absent where nobody posts: then Knocknoc's list is read. */
  readonly agent?: Agent;
  /** The system in between, as its operator sees it. */
  readonly target: Target;
  readonly okta: SimulatorControl;
  readonly credentials: LocalCredentials;
  /** Absent where it is an emulator's. */
  readonly table?: BreakableTable | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface BreakableTable {
  takesNoWrites: boolean;
}

/** All there is to see at one moment. */
export interface RunView {
  readonly people: readonly Person[];
  /** Absent where nobody posts. */
  readonly agentRuns?: readonly AgentRun[];
  /** One for each ACL; a text says why it could not be read. */
  readonly acls: readonly (readonly [acl: string, AclStatus | string])[];
  readonly okta: SimulatorState;
  readonly apps: readonly ServiceAppView[];
  /** What the system signs in to Okta with. */
  readonly credentials: LocalCredentials['name'];
  /** Whether the table takes no writes; absent where it cannot be broken. */
  readonly isTableBroken?: boolean;
}

export async function readRun({ knocknoc, agent, target, okta, credentials, table, now }: Run): Promise<RunView> {
  const statusOf = (acl: string) => readAclStatus(target, acl, now()).catch(describeError);
  const [state, apps, ...acls] = await Promise.all([
    okta.state(),
    okta.apps(),
    ...aclsOf(target).map(async (acl) => [acl, await statusOf(acl)] as const),
  ]);
  return {
    ...{ people: knocknoc.people(), acls, okta: state, apps, credentials: credentials.name },
    ...(agent && { agentRuns: agent.runs }),
    ...(table && { isTableBroken: table.takesNoWrites }),
  };
}

export function aclsOf({ config }: Target): readonly string[] {
  return Object.keys(config.acls);
}
