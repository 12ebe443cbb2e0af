import { describe, expect, it } from 'vitest';
import { floodTable } from '../../bench/flood.ts';
import { EVERYTHING_SET, property, resourceOf, resourcesOf, templateWith } from '../cdk/synthesised.ts';
import { codeBlocks, inlineCode, readDocument, sectionsOf, tableRows } from './documents.ts';

const text = readDocument('docs/security.md');
const sections = sectionsOf(text, 2);
const template = templateWith(EVERYTHING_SET);
const named = (section: string) => new Set(inlineCode(sections.get(section) ?? ''));
/** As the page calls a resource: its logical id without the hash at its end. */
const namesOf = (type: string) => resourcesOf(template, type).map(([id]) => id.replace(/[0-9A-F]{8}$/, ''));

describe('docs/security.md', () => {
  it('says of each role what it may do, and of no other', () => {
    const rows = tableRows(sections.get('What each role may do') ?? '').slice(1);
    expect(rows.map(([role = '']) => role.replaceAll('`', '')).toSorted()).toEqual(
      namesOf('AWS::IAM::Role').toSorted(),
    );
  });

  it.each([
    'AWS::DynamoDB::Table',
    'AWS::SQS::Queue',
    'AWS::SecretsManager::Secret',
    'AWS::Logs::LogGroup',
    'AWS::SNS::Topic',
  ])('says of each %s what is in it', (type) => {
    const stored = named('What is stored, where and for how long');
    expect(namesOf(type).filter((name) => !stored.has(name))).toEqual([]);
  });

  it.each([
    ['GetSecretValue', 'secretsmanager:GetSecretValue'],
    ['Sign', 'kms:Sign'],
  ])('says of %s who may call it, so that anybody else is noticed', (call, right) => {
    const may = resourcesOf(template, 'AWS::IAM::Policy')
      .filter(([, policy]) => JSON.stringify(property(policy, 'PolicyDocument')).includes(`"${right}"`))
      .map(([id]) => id.replace(/DefaultPolicy[0-9A-F]{8}$/, ''));
    const rows = tableRows(sections.get('What CloudTrail should record') ?? '');
    const [event = ''] = rows.find(([first = '']) => first.startsWith(`\`${call}\` `)) ?? [];
    expect(may.length).toBeGreaterThan(0);
    expect(
      inlineCode(event)
        .filter((name) => name.endsWith('Role'))
        .toSorted(),
    ).toEqual(may.toSorted());
  });

  it('says what a permissions boundary must allow, no more and no less', () => {
    const [boundary = ''] = codeBlocks(sections.get('What you can bring') ?? '', 'text');
    const allowed = resourcesOf(templateWith({ allowFrom: EVERYTHING_SET.allowFrom }), 'AWS::IAM::Policy')
      .flatMap(([, policy]) => property(policy, 'PolicyDocument', 'Statement') as { Action: string | string[] }[])
      .flatMap(({ Action }) => Action);
    expect(boundary.split('\n')).toEqual([...new Set(allowed)].toSorted());
  });

  it('says which rights on the key a boundary must allow too', () => {
    const rights = resourcesOf(template, 'AWS::IAM::Policy')
      .flatMap(([, policy]) => property(policy, 'PolicyDocument', 'Statement') as { Action: string | string[] }[])
      .flatMap(({ Action }) => Action)
      .filter((action) => action.startsWith('kms:'));
    expect(rights.length).toBeGreaterThan(0);
    const brought = named('What you can bring');
    expect([...new Set(rights)].filter((action) => !brought.has(action))).toEqual([]);
  });

  it('has a key policy that can be pasted, with each service that uses the key in its own name', () => {
    const [policy = ''] = codeBlocks(sections.get('What you can bring') ?? '', 'json');
    const services = (JSON.parse(policy) as { Principal: { Service?: string } }[]).map(
      ({ Principal }) => Principal.Service,
    );
    expect(services).toEqual([undefined, 'logs.eu-central-1.amazonaws.com', 'cloudwatch.amazonaws.com']);
  });

  it('has the figures of the bench, for the throttles that are deployed', () => {
    const rate = (changes: object) => {
      const [, stage] = resourceOf(templateWith(changes), 'AWS::ApiGatewayV2::Stage', 'Webhook');
      return Number(property(stage, 'DefaultRouteSettings', 'ThrottlingRateLimit'));
    };
    const { columns, rows } = floodTable({ open: rate({}), guarded: rate({ allowFrom: EVERYTHING_SET.allowFrom }) });
    const [header, ...shown] = tableRows(sections.get('A flood from strangers') ?? '');
    expect(header).toEqual(columns);
    expect(shown).toEqual(rows.map((row) => row.map(String)));
  });
});
