import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../../lib/config.ts';
import { oktaAddress } from '../okta-address.ts';
import { type Finding, ok, warning } from './finding.ts';

const LINK = 'configuration';
const NAMED = 5;

/** The configuration that is deployed, and whether the file at hand still says the same. */
export function configurationLink(deployed: Config, file: ConfigFile | undefined): Finding {
  const acls = Object.values(deployed.acls);
  const zones = acls.reduce((sum, { zoneIds }) => sum + zoneIds.length, 0);
  const detail = `${oktaAddress(deployed)}, ${count(acls.length, 'ACL')}, ${count(zones, 'zone')}`;
  if (!file) return ok(LINK, detail);
  if ('problem' in file) {
    return warning(
      LINK,
      `${detail}; ${file.problem}`,
      'Correct the file before the next deploy; the running system is not affected.',
    );
  }
  // Another stack's file says nothing of this one.
  if (file.config.stackName !== deployed.stackName) return ok(LINK, detail);
  const paths = differingPaths(deployed, file.config);
  if (paths.length === 0) return ok(LINK, `${detail}; ${file.path} says the same`);
  const named = paths.length > NAMED ? [...paths.slice(0, NAMED), `${paths.length - NAMED} more`] : paths;
  const mend = `Deploy it (npm run cdk -- deploy), or undo the changes in ${file.path}.`;
  return warning(LINK, `${detail}; ${file.path} differs from what is deployed: ${named.join(', ')}`, mend);
}

/** The configuration file of this folder. */
export type ConfigFile =
  | { readonly path: string; readonly config: Config }
  | { readonly path: string; readonly problem: string };

function differingPaths(a: unknown, b: unknown, path = ''): string[] {
  // Through JSON, as the deployed one came: what is undefined is not there.
  if (isDeepStrictEqual(plain(a), plain(b))) return [];
  if (!isRecord(a) || !isRecord(b)) return [path];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => differingPaths(a[key], b[key], path === '' ? key : `${path}.${key}`));
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
