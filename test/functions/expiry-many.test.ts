import { expect, it } from 'vitest';
import { bookOf, granted, positionAt } from '../helpers/events.ts';
import { VirtualSystem } from '../helpers/virtual-system.ts';

const BOB = '203.0.113.2';

it('the end of five thousand grants in the same second is done in a few updates', async () => {
  const system = new VirtualSystem();
  system.redeploy({ gatewayLimit: 5_000 });
  const at = system.clock.now() + 90_000;
  // All at once: as a burst of logins they would be a rebuild for each batch.
  system.functions.stream.losesEverything = true;
  const book = bookOf(system.functions.table);
  for (let i = 0; i < 5_000; i += 1) {
    const event = granted(`198.51.${i >> 8}.${i & 255}`, 0, { expiresAt: at });
    await book.apply(event, positionAt(i), system.clock.now());
  }
  system.functions.stream.losesEverything = false;
  await system.grant(BOB);
  await system.clock.advance(85_000);
  expect(system.gateways()).not.toEqual([`${BOB}/32`]);
  await system.clock.advance(4_000 - 10);
  const before = system.puts();
  await system.clock.advance(6_000);
  expect(system.gateways()).toEqual([`${BOB}/32`]);
  expect(system.puts() - before).toBeLessThan(5);
});
