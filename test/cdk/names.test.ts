import { describe, expect, it } from 'vitest';
import { LONGEST_STACK_NAME } from '../../config/schema.ts';
import { property, resourcesOf, templateWith } from './synthesised.ts';

/** What CloudFormation puts behind the logical id in a name that it makes. */
const SUFFIX = '-ABCDEFGHIJKLM';
const LONGEST_QUEUE_NAME = 80;
/** Names that the stack gives itself, by the property, with what AWS takes at most. */
const OWN_NAMES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'AWS::CloudWatch::Alarm': { AlarmName: 255 },
  'AWS::CloudWatch::CompositeAlarm': { AlarmName: 255 },
  'AWS::CloudWatch::Dashboard': { DashboardName: 255 },
  'AWS::Logs::QueryDefinition': { Name: 255 },
  'AWS::ApiGatewayV2::Api': { Name: 128 },
};

const stackName = 'S'.repeat(LONGEST_STACK_NAME);
const template = templateWith({ stackName });

describe('the longest name that a stack may have', () => {
  const made = resourcesOf(template, 'AWS::SQS::Queue')
    .filter(([, queue]) => queue.Properties.FifoQueue === true)
    .map(([id]) => `${stackName}-${id}${SUFFIX}.fifo`);

  it('lets the names of all FIFO queues fit, which CloudFormation does not shorten enough', () => {
    expect(made).toHaveLength(2);
    for (const name of made) expect(name.length, name).toBeLessThanOrEqual(LONGEST_QUEUE_NAME);
  });

  it('is no shorter than it must be', () => {
    expect(Math.max(...made.map((name) => name.length))).toBe(LONGEST_QUEUE_NAME);
  });

  it('lets every name fit that the stack gives itself', () => {
    for (const [type, names] of Object.entries(OWN_NAMES)) {
      for (const [id, resource] of resourcesOf(template, type)) {
        for (const [name, longest] of Object.entries(names)) {
          const value = property(resource, name);
          expect(value, `${id} ${name}`).toBeDefined();
          // Where a part of it is a reference (the region), what stands for that is longer.
          expect(JSON.stringify(value).length, `${id} ${name}`).toBeLessThanOrEqual(longest);
        }
      }
    }
  });

  it('is in no other name: CloudFormation makes those, and shortens them', () => {
    const resources: Readonly<Record<string, { Type: string; Properties?: object }>> = template.toJSON().Resources;
    const others = Object.entries(resources).flatMap(([id, { Type, Properties = {} }]) =>
      Object.entries(Properties)
        .filter(([name, value]) => /Name$/.test(name) && typeof value === 'string' && value.includes(stackName))
        .filter(([name]) => OWN_NAMES[Type]?.[name] === undefined)
        .map(([name]) => `${id} ${name}`),
    );
    expect(others).toEqual([]);
  });
});
