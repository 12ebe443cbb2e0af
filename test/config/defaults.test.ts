import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/load.ts';
import { LOG_RETENTION_DAYS } from '../../config/schema.ts';
import { aclConfig } from '../../lib/config.ts';
import { ACL, MINIMAL, withAcl } from './problems.ts';

describe('a good configuration', () => {
  it('gets every default', () => {
    expect(parseConfig(MINIMAL)).toEqual({
      stackName: 'KnocknocOkta',
      okta: { domain: 'acme.okta.com', baseUrl: 'https://acme.okta.com', checkPolicies: false, clientKey: 'secret' },
      acls: {
        'okta-prod': {
          zoneIds: ['nzo1abcdefGHIJKLM0h7'],
          alwaysAllow: [],
          defaultGrantMinutes: 480,
          maxGrantMinutes: 1440,
          allowBearer: false,
          allowWide: false,
          replaceExisting: false,
        },
      },
      sentinel: '192.0.2.0/32',
      allowPrivate: false,
      allowIpv6: false,
      ipv6PrefixLength: 128,
      gatewayLimit: 150,
      verifyMinutes: 5,
      allowFrom: [],
      reservedConcurrency: true,
      logRetentionDays: 30,
      retainData: true,
    });
  });

  it('takes a key that is undefined for one that is left out, as an app in TypeScript writes it', () => {
    const optional = ['alarmEmail', 'alarmOnChangesPerHour', 'alarmTopicArn', 'kmsKeyArn', 'logRetentionDays'];
    const undefinedKeys = Object.fromEntries(optional.map((key) => [key, undefined]));
    const acls = { 'okta-prod': { ...ACL, allowlist: undefined, defaultGrantMinutes: undefined } };
    expect(parseConfig({ ...MINIMAL, ...undefinedKeys, acls })).toStrictEqual(parseConfig(MINIMAL));
  });

  it('keeps what is set', () => {
    const all = {
      stackName: 'Other-Name1',
      okta: {
        ...{ domain: 'acme.okta.com', baseUrl: 'http://127.0.0.1:8443' },
        clientKey: 'kms',
        clientKeyNames: ['1', '2'],
        checkPolicies: true,
      },
      acls: {
        a: {
          zoneIds: ['z1', 'z2'],
          alwaysAllow: ['10.0.0.0/8'],
          defaultGrantMinutes: 1,
          maxGrantMinutes: 43_200,
          allowBearer: true,
          allowWide: true,
          replaceExisting: true,
        },
        'b.c_d-E': {
          zoneIds: ['z3'],
          alwaysAllow: ['198.51.100.7-198.51.100.9', '203.0.113.7'],
          defaultGrantMinutes: 5,
          maxGrantMinutes: 5,
          allowBearer: false,
          allowWide: false,
          replaceExisting: false,
        },
      },
      sentinel: '2001:db8::/128',
      allowPrivate: true,
      allowIpv6: true,
      ipv6PrefixLength: 64,
      gatewayLimit: 5000,
      verifyMinutes: 1440,
      allowFrom: ['198.51.100.0/24', '2001:db8::/32'],
      reservedConcurrency: false,
      kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
      permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/Boundary',
      alarmOnChangesPerHour: 200,
      alarmEmail: 'ops@example.com',
      alarmTopicArn: 'arn:aws:sns:eu-central-1:111122223333:alarms',
      canWaitTopicArn: 'arn:aws:sns:eu-central-1:111122223333:alarms-that-can-wait',
      logRetentionDays: 365,
      retainData: false,
    };
    expect(parseConfig(all)).toEqual(all);
  });

  it('may keep log lines for every length that CloudWatch knows', () => {
    const known = Object.values(RetentionDays).filter((days) => typeof days === 'number');
    expect([...LOG_RETENTION_DAYS, RetentionDays.INFINITE].toSorted()).toEqual(known.toSorted());
    for (const logRetentionDays of LOG_RETENTION_DAYS) {
      expect(parseConfig({ ...MINIMAL, logRetentionDays })).toMatchObject({ logRetentionDays });
    }
  });

  it('has no default lifetime over a shorter maximum, since every grant is capped by it', () => {
    expect(parseConfig(withAcl({ maxGrantMinutes: 60 })).acls['okta-prod']?.defaultGrantMinutes).toBe(60);
  });

  it('may call an ACL after something that every object inherits', () => {
    const config = parseConfig({ ...MINIMAL, acls: { constructor: ACL, toString: { zoneIds: ['z2'] } } });
    expect(aclConfig(config, 'constructor')?.zoneIds).toEqual(ACL.zoneIds);
    expect(aclConfig(config, 'toString')?.zoneIds).toEqual(['z2']);
    expect(aclConfig(config, 'valueOf')).toBeUndefined();
  });
});
