import { describe, expect, it } from 'vitest';
import { whyUnusable } from '../../../lib/okta/usability.ts';

const GOOD = { type: 'IP', status: 'ACTIVE', usage: 'POLICY', system: false };

describe('a zone', () => {
  it.each([
    ['as Okta gives it', GOOD],
    ['without the fields that Okta may leave out', { type: 'IP' }],
    ['with empty fields', { type: 'IP', status: null, usage: null, system: null }],
  ])('can be used: %s', (_, zone) => {
    expect(whyUnusable(zone)).toBeUndefined();
  });

  it.each([
    ['a dynamic zone', { ...GOOD, type: 'DYNAMIC' }, 'DYNAMIC'],
    ['an enhanced dynamic zone', { ...GOOD, type: 'DYNAMIC_V2' }, 'DYNAMIC_V2'],
    ['an inactive zone', { ...GOOD, status: 'INACTIVE' }, 'INACTIVE'],
    ['a status that is not known', { ...GOOD, status: 'SOMETHING' }, 'SOMETHING'],
    ['a blocklist', { ...GOOD, usage: 'BLOCKLIST' }, 'blocklist'],
    ['a system zone', { ...GOOD, system: true }, 'system'],
  ])('can’t be used, and why is said: %s', (_, zone, word) => {
    expect(whyUnusable(zone)).toContain(word);
  });
});
