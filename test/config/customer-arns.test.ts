import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/load.ts';
import { MINIMAL, problems } from './problems.ts';

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const GOOD_TOPICS = [
  'arn:aws:sns:eu-central-1:111122223333:alarms',
  'arn:aws-us-gov:sns:us-gov-west-1:111122223333:a',
] as const;
const GOOD = {
  kmsKeyArn: [
    KEY,
    KEY.replace('arn:aws:', 'arn:aws-cn:'),
    KEY.replace(/key\/.*/, 'key/mrk-1234abcd12ab34cd56ef1234567890ab'),
  ],
  permissionsBoundaryArn: [
    'arn:aws:iam::111122223333:policy/Boundary',
    'arn:aws:iam::111122223333:policy/teams/security/Boundary_1',
    'arn:aws:iam::aws:policy/PowerUserAccess',
  ],
  alarmTopicArn: GOOD_TOPICS,
  canWaitTopicArn: GOOD_TOPICS,
} as const;
const BAD_TOPICS = [
  'alarms',
  'arn:aws:sns:eu-central-1:111122223333:alarms.fifo',
  'arn:aws:sqs:eu-central-1:111122223333:alarms',
  'arn:aws:sns:eu-central-1:111122223333:alarms:subscription',
] as const;
const BAD = {
  kmsKeyArn: [
    '1234abcd-12ab-34cd-56ef-1234567890ab',
    'alias/mine',
    'arn:aws:kms:eu-central-1:111122223333:alias/mine',
    `${KEY} `,
    `${KEY}*`,
    KEY.replace('111122223333', '*'),
  ],
  permissionsBoundaryArn: [
    'Boundary',
    'arn:aws:iam::111122223333:role/Boundary',
    'arn:aws:iam::111122223333:policy/',
    'arn:aws:iam::111122223333:policy/*',
    'arn:aws:iam:eu-central-1:111122223333:policy/Boundary',
  ],
  alarmTopicArn: BAD_TOPICS,
  canWaitTopicArn: BAD_TOPICS,
} as const;

describe.each(['kmsKeyArn', 'permissionsBoundaryArn', 'alarmTopicArn', 'canWaitTopicArn'] as const)('%s', (key) => {
  it.each(GOOD[key])('may be %s', (arn) => {
    expect(parseConfig({ ...MINIMAL, [key]: arn })).toMatchObject({ [key]: arn });
  });

  it.each([...BAD[key], '', 7])('can not be "%s", and the message has one that can', (arn) => {
    const [problem, ...others] = problems({ ...MINIMAL, [key]: arn });
    expect(problem).toMatch(new RegExp(`^${key}: must be (text|the ARN of an? .* such as "arn:aws:)`));
    expect(others).toEqual([]);
  });

  it('is in no configuration that does not name it', () => {
    expect(parseConfig(MINIMAL)).not.toHaveProperty(key);
  });
});
