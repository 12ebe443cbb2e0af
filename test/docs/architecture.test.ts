import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readDocument } from './documents.ts';

it('docs/architecture.md says of each room of the code what it does', () => {
  const rooms = readdirSync('lib', { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `lib/${entry.name}/`)
    .concat('functions/', 'config/', 'cdk/', 'cli/', 'local/');
  const described = [...readDocument('docs/architecture.md').matchAll(/^\| `([\w/]+\/)` \| \w/gm)].map(
    ([, room = '']) => room,
  );
  expect(described.toSorted()).toEqual(rooms.toSorted());
});
