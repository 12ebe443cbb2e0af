import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { resourceOf, resourcesOf, templateWith } from './synthesised.ts';

const zones = (acl: number) => Array.from({ length: 10 }, (_, i) => `nzo${String(acl * 10 + i).padStart(17, '0')}`);
const acls = Object.fromEntries(
  Array.from({ length: 50 }, (_, i) => [
    `an-acl-with-a-name-as-long-as-it-can-be-${i}`.padEnd(64, 'x'),
    { zoneIds: zones(i) },
  ]),
);
const template = templateWith({ acls });

/** Limits of AWS that do not move, in bytes. */
const LARGEST = { template: 1_000_000, environment: 4_096, inlinePolicies: 10_240, resources: 500 };

describe('a stack with fifty ACLs of ten zones each', () => {
  it('has room in its template', () => {
    const json = template.toJSON();
    expect(JSON.stringify(json).length).toBeLessThan(LARGEST.template / 4);
    expect(Object.keys(json.Resources).length).toBeLessThan(LARGEST.resources / 2);
  });

  it('gives the function that goes through all these zones more memory than one that has five', () => {
    const memoryOf = (one: Template) =>
      resourceOf(one, 'AWS::Lambda::Function', 'ZoneFunction')[1].Properties.MemorySize;
    const five = templateWith({ acls: { one: { zoneIds: zones(0).slice(0, 5) } } });
    expect([memoryOf(template), memoryOf(five)]).toEqual([640, 240]);
  });

  it('has environments and policies far below the limits', () => {
    for (const [id, { Properties }] of resourcesOf(template, 'AWS::Lambda::Function')) {
      const { Variables = {} } = (Properties.Environment ?? {}) as { Variables?: object };
      expect([id, JSON.stringify(Variables).length < LARGEST.environment / 2]).toEqual([id, true]);
    }
    for (const [id, { Properties }] of resourcesOf(template, 'AWS::IAM::Policy')) {
      const size = JSON.stringify(Properties.PolicyDocument).length;
      expect([id, size < LARGEST.inlinePolicies / 2]).toEqual([id, true]);
    }
  });
});
