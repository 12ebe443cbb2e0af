import { IpNotAcceptable, parseHostAddress } from '../lib/addresses/ip-address.ts';
import { usageFailure } from './cli-failure.ts';

/** Which grants are meant: those of a person, those on an IP, or both. */
export interface GrantChoice {
  readonly user?: string;
  readonly ip?: string;
}

type Chosen = (grant: { readonly user?: string | undefined; readonly ip: string }) => boolean;

/** @returns undefined where all are meant. @throws {CliFailure} where the IP is none */
export function chosenBy({ user, ip }: GrantChoice): Chosen | undefined {
  if (user === undefined && ip === undefined) return undefined;
  const host = ip === undefined ? undefined : hostOf(ip, `--ip ${ip}`);
  const name = user === undefined ? undefined : nameOf(user);
  return (grant) =>
    (host === undefined || grant.ip === host) &&
    (name === undefined || (grant.user !== undefined && nameOf(grant.user) === name));
}

/** @param named how it is named in a message @throws {CliFailure} where it is no address */
export function hostOf(ip: string, named: string): string {
  try {
    return parseHostAddress(ip, { allowPrivate: true, allowIpv6: true });
  } catch (error) {
    if (error instanceof IpNotAcceptable) throw usageFailure(`${named}: ${error.message}`);
    throw error;
  }
}

/** Names are mail addresses mostly, which nobody tells apart by capitals. */
function nameOf(user: string): string {
  return user.normalize('NFC').trim().toLowerCase();
}
