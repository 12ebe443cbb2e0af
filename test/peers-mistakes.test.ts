import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { handler as expiry } from '../functions/expiry.ts';
import { handler as grants } from '../functions/grants.ts';
import { handler as webhook } from '../functions/webhook.ts';
import { handler as zone } from '../functions/zone.ts';
import { lambdaContext } from '../local/stand-ins/aws-events.ts';
import { apiEvent } from '../local/webhook-server.ts';

/**
 * Mistakes that projects of this kind were seen to make, each with the test here that would fail if
 * this one made it. The test is looked for by its name, so that it can't be renamed away.
 */
const MISTAKES: readonly (readonly [mistake: string, file: string, test: string])[] = [
  ['an early return in the record loop drops the rest', 'functions/grants', 'is applied whole and in order'],
  ['an empty list of failures claims success', 'functions/grants', 'reports all of it when the first fails'],
  ['a poison message blocks the queue', 'functions/grants', 'sets aside at once what is no event'],
  ['expiry takes out an IP that was granted again', 'lib/grant-book', 'does not remove a grant that was extended'],
  [
    'the first of two grants to end takes out both',
    'functions/expiry',
    'of one grant on an IP leaves the IP to the other',
  ],
  ['a conflict is answered with the old list', 'functions/zone', 'leaves a mark, and the holder looks again'],
  ['a failure to read a secret is cached', 'functions/webhook', 'right again afterwards'],
  ['a token that was not there is remembered as that', 'functions/zone', 'is ZONE006, and calls nobody'],
  ['a missing signature is a 500', 'functions/webhook', "'no signature', 401"],
  ['signatures, bodies or secrets are logged', 'functions/webhook', 'says nothing of body, signature or secret'],
  ['a deploy empties the zone', 'e2e/suite', 'a deploy leaves every zone as it was'],
  [
    'a FIFO queue has a standard dead-letter queue',
    'cdk/queues-and-table',
    'gives up after ten attempts, into a FIFO queue',
  ],
  [
    'the visibility timeout is that of the function',
    'cdk/queues-and-table',
    'hides a message for six times the timeout',
  ],
  ['a throttle with several message groups', 'cdk/queues-and-table', 'has no batching window or concurrency limit'],
];

describe('mistakes of peers', () => {
  it.each(MISTAKES)('%s: see %s', (_, file, name) => {
    const suffix = file.startsWith('e2e/') ? '.ts' : '.test.ts';
    expect(readFileSync(new URL(`${file}${suffix}`, import.meta.url), 'utf8')).toContain(name);
  });

  it.each([
    ['webhook', webhook],
    ['grants', grants],
    ['expiry', expiry],
    ['zone', zone],
  ])('the exported handler of %s wears its middleware', (_, exported) => {
    // middy adds these to what it wraps; a handler whose wrapped form was thrown away has none.
    expect(exported).toHaveProperty('use');
    expect(exported).toHaveProperty('onError');
  });

  it('a handler whose environment is not set fails loudly, and is not broken for good', async () => {
    const context = lambdaContext('webhook', 'r', () => 1_000);
    const event = apiEvent('/webhook', {}, Buffer.from(''));
    for (const _ of [1, 2]) await expect(webhook(event, context)).rejects.toThrow(/KNOCKNOC_CONFIG|not set/);
  });
});
