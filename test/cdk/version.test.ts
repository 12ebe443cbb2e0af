import { expect, it } from 'vitest';
import { VERSION_METADATA } from '../../lib/names.ts';
import { VERSION } from '../../lib/version.ts';
import { templateWith } from './synthesised.ts';

it('the stack says which version it is of, to people and to the command line', () => {
  expect(templateWith().toJSON()).toMatchObject({
    Description: expect.stringContaining(`(version ${VERSION})`),
    Metadata: { [VERSION_METADATA]: VERSION },
  });
});
