import { configurationLink } from '../doctor/configuration-link.ts';
import { failure, ok } from '../doctor/finding.ts';
import { partLinks } from '../doctor/machinery-links.ts';
import type { DoStep } from './setup-step.ts';

/** Which system it is, whether it is all there, and whether it is what the configuration file says. */
export const stackStep: DoStep = async ({ target, options, acl }) => {
  const parts = partLinks(await target.facts.parts());
  const broken = parts.filter(({ level }) => level === 'failure');
  if (broken.length > 0) {
    return broken.map(({ detail, mend = '' }) => failure('stack', detail, mend));
  }
  const configuration = configurationLink(target.config, options.configFile);
  return [ok('stack', `${target.name}; ACL ${acl}`), { ...configuration, link: 'stack' }];
};
