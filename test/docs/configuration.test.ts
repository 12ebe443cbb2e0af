import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/load.ts';
import { aclEntries, oktaEntries, rootEntries } from '../../config/schema.ts';
import { LISTED, templateWith } from '../cdk/synthesised.ts';
import { ROOT, readDocument, sectionsOf, tableRows } from './documents.ts';

const readme = sectionsOf(readDocument('README.md'), 2);
const rows = tableRows(readme.get('Configuration') ?? '').filter(([key]) => key !== 'key');
const bare = (cell = '') => cell.replace(/^`(.*)`$/, '$1');

describe('the configuration table of the README', () => {
  it('has exactly the keys that the schema knows', () => {
    const schema = [
      ...Object.keys(rootEntries).filter((key) => key !== 'okta'),
      ...Object.keys(oktaEntries).map((key) => `okta.${key}`),
      ...Object.keys(aclEntries).map((key) => `acls.*.${key}`),
    ];
    expect(rows.map(([key]) => bare(key)).toSorted()).toEqual(schema.toSorted());
  });

  it('has the defaults that the schema fills in', () => {
    const minimal = { okta: { domain: 'acme.okta.com' }, acls: { a: { zoneIds: ['nzo1'] } } };
    const { okta, acls, ...rest } = parseConfig(minimal);
    const filledIn = new Map<string, unknown>(Object.entries(rest));
    for (const [key, value] of Object.entries(acls.a ?? {})) filledIn.set(`acls.*.${key}`, value);
    for (const [key, value] of Object.entries(okta)) filledIn.set(`okta.${key}`, value);
    for (const [key, cell = ''] of rows) {
      const value = filledIn.get(bare(key));
      if (cell === 'required') continue;
      if (cell === 'none') expect(value, key).toBeUndefined();
      else expect(bare(cell).replace('{okta.domain}', 'acme.okta.com'), key).toBe(textOf(value));
    }
  });

  it('has the range of each number', () => {
    const ranges = rows.flatMap(([key, , meaning]) => {
      const [, range] = /must be a whole number from (\d+ to \d+)/.exec(refusalOf(bare(key), 0.5)) ?? [];
      return range === undefined ? [] : [{ key, range, meaning }];
    });
    expect(ranges.length).toBeGreaterThan(5);
    for (const { key, range, meaning } of ranges) expect(meaning, key).toContain(range);
  });
});

describe('the README', () => {
  it('names every output of the stack, and no other', () => {
    const outputs = Object.keys(templateWith(LISTED).findOutputs('*'));
    const named = tableRows(readme.get('Deploy it') ?? '').map(([name]) => bare(name));
    expect(named.filter((name) => name !== 'output').toSorted()).toEqual(outputs.toSorted());
  });
});

describe('the example configuration', () => {
  it('is good, but for what everybody must fill in', () => {
    const example = readFileSync(join(ROOT, 'config.example.json'), 'utf8').replace('your-org.', 'acme.');
    expect(Object.keys(parseConfig(JSON.parse(example)).acls)).toEqual(['okta-prod']);
  });
});

/** What is said of a value under a key of the table. */
function refusalOf(key: string, value: unknown): string {
  const name = key.replace(/^(?:okta|acls\.\*)\./, '');
  const acl = { zoneIds: ['nzo1'], ...(key.startsWith('acls.*.') && { [name]: value }) };
  const okta = { domain: 'acme.okta.com', ...(key.startsWith('okta.') && { [name]: value }) };
  const config = { okta, acls: { a: acl }, ...(name === key && { [name]: value }) };
  try {
    return `none: ${JSON.stringify(parseConfig(config))}`;
  } catch (error) {
    return String(error);
  }
}

/** As the table writes it: JSON, but an address as it is. */
function textOf(value: unknown): string {
  return typeof value === 'string' && value.startsWith('https://') ? value : JSON.stringify(value);
}
