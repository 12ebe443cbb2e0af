import type { Template } from 'aws-cdk-lib/assertions';
import { property, resourceOf } from './synthesised.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}

/** A resource of the template in short: logical id without its hash, and attribute. */
export function shortened(reference: unknown): string {
  if (typeof reference === 'string') return reference;
  const { 'Fn::GetAtt': attribute, 'Fn::Join': join } = reference as {
    'Fn::GetAtt'?: [string, string];
    'Fn::Join'?: [string, unknown[]];
  };
  if (attribute) return `${attribute[0].replace(/[0-9A-F]{8}$/, '')}.${attribute[1]}`;
  return join ? join[1].map(shortened).join('') : JSON.stringify(reference);
}

/** What a role may do, as `action on resource` lines. */
export function rightsIn(template: Template, policyPrefix: string): string[] {
  const [, policy] = resourceOf(template, 'AWS::IAM::Policy', policyPrefix);
  const statements = property(policy, 'PolicyDocument', 'Statement') as Statement[];
  return statements
    .flatMap(({ Action, Resource: on }) =>
      [Action].flat().flatMap((action) => [on].flat().map((one) => `${action} on ${shortened(one)}`)),
    )
    .toSorted();
}
