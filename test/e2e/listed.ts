import { expect, it } from 'vitest';
import type { RunningSystem } from '../../local/running-system.ts';
import { AclUnderTest } from './world.ts';

const OFFICE = '203.0.113.1';
const HOME = '203.0.113.2';

/** What Knocknoc's list alone does, from the log-in to Okta's zone. */
export function listed(system: () => RunningSystem): void {
  it('lets in who is on Knocknoc’s list, and puts out who has left it, while nobody posts', async () => {
    const [{ simulator }, under] = [system().knocknoc, AclUnderTest.listed(system())];
    const { acl } = under;
    for (const [user, ip] of [
      ['alice', OFFICE],
      ['bob', OFFICE],
      ['carol', HOME],
    ] as const) {
      simulator.logIn({ acl, user, ip });
    }
    await under.showsOnly(OFFICE, HOME);
    // Bob still needs the address.
    for (const user of ['alice', 'carol']) simulator.logOut({ acl, user });
    await under.showsOnly(OFFICE);
    const changes = (await system().logs()).filter((line) => line.message === 'event applied' && line.acl === acl);
    expect(new Set(changes.map(({ grantId }) => grantId))).toEqual(new Set(['allowlist']));
  });
}
