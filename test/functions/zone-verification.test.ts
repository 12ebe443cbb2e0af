import { expect, it } from 'vitest';
import { VirtualSystem } from '../helpers/virtual-system.ts';

it('a thousand verifications of an equal zone cost no update', async () => {
  const system = new VirtualSystem();
  system.redeploy({ verifyMinutes: 1 });
  await system.grant('203.0.113.1', { durationSeconds: 86_400 });
  await system.clock.advance(1_010 * 60_000);
  expect(system.okta.requests(0).filter(({ method }) => method === 'GET').length).toBeGreaterThan(900);
  expect(system.puts()).toBe(1);
});
