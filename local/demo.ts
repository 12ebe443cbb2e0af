import { LOCAL } from './local-configuration.ts';
import type { RunningSystem } from './running-system.ts';
import { Story } from './story.ts';

const OFFICE = '203.0.113.10';
const HOME = '198.51.100.23';
const VISITOR = '203.0.113.99';

/** Tells the story of a few grants and checks every step. @returns whether all held */
export async function runDemo(system: RunningSystem): Promise<boolean> {
  const story = new Story(system);
  await story.grant('Alice logs in from the office', { ip: OFFICE, grantId: 'alice-1', user: 'alice@example.com' });
  await story.expectZone([OFFICE]);
  await story.grant('Bob logs in from the same office', { ip: OFFICE, grantId: 'bob-1', user: 'bob@example.com' });
  await story.grant('Alice logs in from home too', { ip: HOME, grantId: 'alice-2', user: 'alice@example.com' });
  await story.expectZone([OFFICE, HOME]);

  await story.send('Alice logs out at the office: Bob still needs the address', 'access.revoked', {
    ...{ ip: OFFICE, grantId: 'alice-1' },
  });
  await story.send('Alice logs out at home', 'access.revoked', { ip: HOME, grantId: 'alice-2' });
  await story.expectZone([OFFICE]);

  await story.grant('A visitor gets in for five seconds', { ip: VISITOR, durationSeconds: 5 });
  await story.expectZone([OFFICE, VISITOR]);
  story.tell('The visit ends by itself');
  await story.expectZone([OFFICE]);

  const { credentials, simulator } = system;
  story.tell(`Somebody revokes the ${credentials.name} at Okta`);
  await credentials.revoke(simulator);
  await story.grant('Alice logs in at home again', { ip: HOME, grantId: 'alice-3', user: 'alice@example.com' });
  await story.expectCode('OKTA001');
  await story.expectZone([OFFICE]);
  story.tell(`The ${credentials.name} is restored; the minute schedule heals the zone (up to two minutes)`);
  await credentials.allow(simulator);
  await story.expectZone([OFFICE, HOME]);

  await story.send('Everybody out', 'access.flushed', {});
  await story.expectZone([], `only the sentinel ${LOCAL.sentinel}`);
  return story.allHeld;
}
