import type { OktaSimulator, ZoneSeed } from '../../local/okta-simulator/simulator.ts';
import { AMPLE } from './bounds.ts';
import { zonesOf } from './deployment.ts';
import type { Faults } from './faults.ts';
import { deploymentsOf, type OddZone, type Plan, SERVICE_APP } from './plan.ts';
import { isMistyped } from './topology.ts';

const ORDINARY: ZoneSeed = { gateways: ['198.51.100.77'], proxies: ['192.0.2.200'] };
const ODD: Readonly<Record<Exclude<OddZone, 'missing'>, ZoneSeed>> = {
  dynamic: { type: 'DYNAMIC', details: { asns: ['23457'] } },
  system: { ...ORDINARY, system: true },
  foreign: { ...ORDINARY, gateways: Array.from({ length: 120 }, (_, n) => `8.8.${n}.0/24`) },
};

/** Makes the zones that the schedule's configurations name, as far as there are such zones. */
export function seedZones(okta: OktaSimulator, plan: Plan): void {
  for (const zoneId of zonesOf(deploymentsOf(plan))) {
    const odd = plan.oddZones[zoneId];
    if (odd !== 'missing' && !isMistyped(zoneId)) okta.seedZone(zoneId, odd ? ODD[odd] : ORDINARY);
  }
}

/** Counts what is unkind about a schedule from its beginning. */
export function countDimensions({ deployment, limit, oddZones, world, dimensions }: Plan, faults: Faults): void {
  if (world === 'kind') return;
  const { acls, sentinel, ipv6 } = deployment;
  if (acls.some(({ zoneIds }) => zoneIds.length > 9)) faults.struck('many zones');
  if (acls.some(({ zoneIds }) => zoneIds.length >= 30)) faults.struck('forty zones');
  if (acls.length > 5) faults.struck('ten ACLs');
  if (limit < AMPLE) faults.struck('short quota');
  // To read and write each zone once takes longer than a window.
  if (limit < 2 * zonesOf([deployment]).length) faults.struck('quota far too small');
  if (dimensions.includes(SERVICE_APP)) faults.struck('service app');
  if (ipv6 !== undefined) faults.struck('IPv6');
  if (acls.some(({ always }) => always.some((entry) => entry.startsWith('203.')))) faults.struck('always overlaps');
  if (sentinel.startsWith('203.')) faults.struck('sentinel overlaps');
  for (const odd of Object.values(oddZones)) faults.struck(odd === 'foreign' ? 'foreign zone' : 'zone mistyped');
}
