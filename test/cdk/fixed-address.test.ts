import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { codeBlocks, ROOT, readDocument } from '../docs/documents.ts';
import { CONFIG, FUNCTIONS, property, resourceOf, resourcesOf, templateWith } from './synthesised.ts';

describe('the app in docs/security.md that calls Okta from a fixed address', () => {
  let network: Template;
  let stack: Template;
  beforeAll(() => {
    const folder = mkdtempSync(join(inject('temporaryFolder'), 'fixed-address-'));
    const own = join(folder, 'node_modules', 'knocknoc-okta-zones');
    mkdirSync(own, { recursive: true });
    // The sources stand in for what is made of them.
    symlinkSync(join(ROOT, 'cdk/knocknoc-okta.ts'), join(own, 'index.ts'));
    writeFileSync(join(own, 'package.json'), '{"type":"module","exports":"./index.ts"}');
    for (const name of ['aws-cdk-lib', 'constructs']) {
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    }
    const [app = ''] = codeBlocks(readDocument('docs/security.md'), 'ts');
    writeFileSync(join(folder, 'app.ts'), app);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'config.json'), JSON.stringify(CONFIG));
    const context = JSON.stringify({ ...cdkJson.context, 'aws:cdk:bundling-stacks': [] });
    const { status, stderr } = spawnSync(process.execPath, ['app.ts'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, CDK_OUTDIR: join(folder, 'out'), CDK_CONTEXT_JSON: context },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const read = (name: string) =>
      Template.fromJSON(JSON.parse(readFileSync(join(folder, 'out', `${name}.template.json`), 'utf8')));
    network = read('KnocknocOktaNetwork');
    stack = read('KnocknocOkta');
  });

  it('has one address, from which everything leaves the network', () => {
    const [address] = resourcesOf(network, 'AWS::EC2::EIP');
    const gateways = resourcesOf(network, 'AWS::EC2::NatGateway');
    expect(gateways).toHaveLength(1);
    expect(gateways[0]?.[1].Properties.AllocationId).toEqual({ 'Fn::GetAtt': [address?.[0], 'AllocationId'] });
    expect(resourcesOf(network, 'AWS::EC2::EIP')).toHaveLength(1);
    expect(network.findOutputs('*', { Export: { Name: 'KnocknocOktaAddress' } })).not.toEqual({});
  });

  it('runs the zone function there, and no other', () => {
    for (const name of FUNCTIONS) {
      const [, lambda] = resourceOf(stack, 'AWS::Lambda::Function', `${name}Function`);
      if (name === 'Zone') expect(lambda.Properties.VpcConfig, name).toMatchObject({ SubnetIds: [expect.anything()] });
      else expect(lambda.Properties, name).not.toHaveProperty('VpcConfig');
    }
    const subnets = JSON.stringify(resourceOf(stack, 'AWS::Lambda::Function', 'ZoneFunction')[1].Properties.VpcConfig);
    expect(subnets).toContain('FunctionsSubnet');
  });

  it('lets HTTPS out and nothing in', () => {
    const [, group] = resourceOf(stack, 'AWS::EC2::SecurityGroup', 'ZoneNetwork');
    expect(group.Properties.SecurityGroupEgress).toMatchObject([{ CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443 }]);
    expect(group.Properties).not.toHaveProperty('SecurityGroupIngress');
    stack.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  it('lets the zone function alone join a network, and makes nothing anew that holds data', () => {
    const joining = resourcesOf(stack, 'AWS::IAM::Policy').filter(([, policy]) =>
      JSON.stringify(policy).includes('ec2:'),
    );
    expect(joining.map(([id]) => id)).toEqual([expect.stringMatching(/^ZoneRole/)]);
    expect(JSON.stringify(property(joining[0]?.[1] ?? { Type: '', Properties: {} }, 'PolicyDocument'))).not.toContain(
      'ec2:*',
    );
    const ids = Object.keys(templateWith().toJSON().Resources);
    expect(Object.keys(stack.toJSON().Resources)).toEqual(expect.arrayContaining(ids));
  });
});
