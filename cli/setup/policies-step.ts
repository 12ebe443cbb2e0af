import { lookingSignIn } from '../doctor/credentials-links.ts';
import { policyLinks } from '../doctor/policy-links.ts';
import { rehearse } from '../rehearsal/rehearse.ts';
import type { DoStep } from './setup-step.ts';

/** Whether a sign-on policy refers to the zones. That is the customer's to make, and stops nothing here. */
export const policiesStep: DoStep = async ({ acl, target, here }) => {
  const rehearsal = await rehearse(acl, target, here);
  const found = await policyLinks([rehearsal], lookingSignIn(target, here), target, here);
  return found.map((finding) => ({
    ...finding,
    link: 'policies',
    level: finding.level === 'failure' ? 'warning' : finding.level,
  }));
};
