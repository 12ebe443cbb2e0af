import { expect, it } from 'vitest';
import { VERSION } from '../../lib/version.ts';
import { templateWith } from './synthesised.ts';

/** The template without what changes with the code of the functions, or a release, alone. */
function normalised(template: unknown): string {
  return `${JSON.stringify(template, null, 2)
    .replaceAll(/\b[0-9a-f]{64}\b/g, '<asset>')
    .replaceAll(VERSION, '<version>')}\n`;
}

it('is the template that was last looked at', async () => {
  await expect(normalised(templateWith().toJSON())).toMatchFileSnapshot('__snapshots__/template.json');
});
