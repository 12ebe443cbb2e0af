import { App, Stack, Tags } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { KnocknocOkta } from 'knocknoc-okta-zones';

const app = new App();
const stack = new Stack(app, 'AcmeOktaZones');
const okta = new KnocknocOkta(stack, 'Okta', {
  config: {
    okta: { domain: 'acme.okta.com' },
    acls: { 'okta-prod': { zoneIds: ['nzo1abcdefGHIJKLM0h7'] } },
    logRetentionDays: 90,
  },
  alarmTopic: new Topic(stack, 'Pager'),
});
Tags.of(okta).add('team', 'identity');
