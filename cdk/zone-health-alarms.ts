import { Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { HEALTH_LIMITS, METRICS, verificationLimitSeconds } from '../lib/names.ts';
import type { Deployment } from './deployment.ts';
import { ownMetric } from './own-metric.ts';

/** Alarms on what the zones are like, whatever the reason. */
export class ZoneHealthAlarms extends Construct {
  constructor(scope: Construct, id: string, props: { readonly deployment: Deployment }) {
    super(scope, id);
    const { alarms, config } = props.deployment;
    const metric = (name: string, minutes: number) =>
      ownMetric(Stack.of(this), name, { period: Duration.minutes(minutes) });
    const limit = verificationLimitSeconds(config.verifyMinutes);
    alarms.watch(this, 'NotVerified', {
      name: 'zone-not-verified',
      // A tick a minute, so five minutes without one are trouble as well.
      metric: metric(METRICS.verificationAge, 5),
      threshold: limit,
      silenceIsBad: true,
      text: {
        severity: 'urgent',
        impact:
          `Nobody knows whether the zones of an ACL are right: nothing has confirmed it for ${limit / 60} minutes, or the tick ` +
          'is silent. New people may have no access, people who left may still have it.',
        firstStep:
          'Look at the other alarms that are on: they say why. If there is none, read the log of the zone function.',
        section: 'Zone not verified',
      },
    });
    alarms.watch(this, 'ExpiredInZone', {
      name: 'expired-in-zone',
      metric: metric(METRICS.expiredInZone, 1),
      threshold: HEALTH_LIMITS.expiredInZoneSeconds,
      // Like the codes: on as long as one of the last three minutes says so.
      periods: 3,
      badPeriods: 1,
      text: {
        severity: 'urgent',
        impact: 'A grant expired minutes ago and its IP may still be in the zone. Somebody keeps access too long.',
        firstStep:
          'Look at the other alarms that are on. Then read the warnings of the expiry function, which name the ACL.',
        section: 'Expired in the zone',
      },
    });
    alarms.watch(this, 'NearlyFull', {
      name: 'zone-nearly-full',
      metric: metric(METRICS.capacityUsed, 5),
      threshold: HEALTH_LIMITS.capacityPercent,
      over: true,
      text: {
        severity: 'can wait',
        impact: `The zones of an ACL are more than ${HEALTH_LIMITS.capacityPercent} % full. When they are full, the next people to log in get no access.`,
        firstStep:
          'Read the warning of the expiry function, which names the ACL. Then add a zone to `zoneIds` and to the policies.',
        section: 'Zone nearly full',
      },
    });
  }
}
