import { LOCAL } from './local-configuration.ts';
import type { RunningSystem } from './running-system.ts';
import { Story } from './story.ts';

const { acl } = LOCAL;
const OFFICE = '203.0.113.10';
const HOME = '198.51.100.23';
const [ALICE, BOB, CAROL] = ['alice@example.com', 'bob@example.com', 'carol@example.com'];

/** Tells the story of people who log in at Knocknoc, while nobody posts anything, and checks every step. @returns whether all held */
export async function runListDemo(system: RunningSystem): Promise<boolean> {
  const { simulator } = system.knocknoc;
  const story = new Story(system);
  story.tell('Alice and Bob log in from the office');
  simulator.logIn({ acl, user: ALICE, ip: OFFICE });
  simulator.logIn({ acl, user: BOB, ip: OFFICE });
  await story.expectZone([OFFICE]);
  story.tell('Carol logs in from home');
  simulator.logIn({ acl, user: CAROL, ip: HOME });
  await story.expectZone([OFFICE, HOME]);
  story.tell('Alice logs out, then Carol: Bob still needs the address of the office');
  simulator.logOut({ acl, user: ALICE });
  simulator.logOut({ acl, user: CAROL });
  await story.expectZone([OFFICE]);
  story.tell('Knocknoc fails; Bob stays in');
  simulator.answerWith(acl, 503);
  await story.expectCode('LIST001');
  await story.expectZone([OFFICE]);
  story.tell('Knocknoc is back, and Carol has logged in meanwhile');
  simulator.publish(acl, undefined);
  simulator.logIn({ acl, user: CAROL, ip: HOME });
  await story.expectZone([OFFICE, HOME]);
  story.tell('Everybody logs out');
  for (const user of [BOB, CAROL]) simulator.logOut({ acl, user });
  await story.expectZone([], `only the sentinel ${LOCAL.sentinel}`);
  return story.allHeld;
}
