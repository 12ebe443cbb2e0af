import { expect, it } from 'vitest';
import { templateWith } from './synthesised.ts';

/** The template without what changes with the code of the functions alone. */
function normalised(template: unknown): string {
  return `${JSON.stringify(template, null, 2).replace(/\b[0-9a-f]{64}\b/g, '<asset>')}\n`;
}

it('is the template that was last looked at', async () => {
  await expect(normalised(templateWith().toJSON())).toMatchFileSnapshot('__snapshots__/template.json');
});
