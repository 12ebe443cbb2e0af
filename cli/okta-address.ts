import { baseUrlProblem, domainProblem } from '../config/okta-address.ts';
import type { OktaConfig } from '../lib/config.ts';
import { CliFailure } from './cli-failure.ts';

/** Where Okta is called, for a person: the org, or the test server that stands in its place. */
export function oktaAddress({
  okta: { domain, baseUrl },
}: {
  readonly okta: Pick<OktaConfig, 'domain' | 'baseUrl'>;
}): string {
  return baseUrl === urlOf(domain) ? domain : `${baseUrl} (okta.baseUrl, in place of ${domain})`;
}

/**
 * A token goes where a stack's template says. What it says was checked when the stack was made, but whoever can change
 * a template could send a token anywhere: so it is judged again, as the configuration was.
 * @param of the system, for the message
 * @throws {CliFailure} where it is neither the org's own address nor this machine
 */
export function judgeOktaAddress(
  { okta }: { readonly okta: Pick<OktaConfig, 'domain' | 'baseUrl'> },
  of: string,
): void {
  const [domain, baseUrl] = [String(okta?.domain), String(okta?.baseUrl)];
  const problem = domainProblem(domain) ?? (baseUrl === urlOf(domain) ? undefined : baseUrlProblem(baseUrl));
  if (problem === undefined) return;
  throw new CliFailure(
    `${of} calls Okta at ${baseUrl}, and names ${domain} as the org. That is not plausible, so nothing was sent there`,
    'See who has changed the template of the stack (CloudTrail: UpdateStack), and deploy it again with `npm run cdk -- deploy`.',
  );
}

function urlOf(domain: string): string {
  return `https://${domain}`;
}
