import { expect, it } from 'vitest';
import { readAclStatus } from '../../cli/acl-status.ts';
import { ACL, bookOf, configOf, granted, positionAt } from '../helpers/events.ts';
import { ZoneWorld } from '../helpers/zone-world.ts';

const [ALICE, BOB] = ['203.0.113.2', '203.0.113.9'];

it('a zone is not called right while somebody has a grant and is not in it, though nobody was told of the event yet', async () => {
  const config = configOf({ gatewayLimit: 1 });
  const world = new ZoneWorld({ config });
  await world.apply(granted(ALICE, 0));
  await world.rebuild();
  const status = () => readAclStatus({ table: world.table, config }, ACL, world.clock.now());
  expect(await status()).toMatchObject({ standing: 'right', grants: [{ inZone: 'yes' }] });
  // Stored by a batch that is not at its end.
  await bookOf(world.table).apply(granted(BOB, 1), positionAt(2), world.clock.now());
  expect(await status()).toMatchObject({ standing: 'rebuilding', grants: [{ inZone: 'yes' }, { inZone: 'waiting' }] });
});
