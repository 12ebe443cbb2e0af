import { describe, expect, it } from 'vitest';
import { listAddress } from '../../../lib/allowlist/list-address.ts';

const URL_OF_LIST = 'https://knocknoc.example/api/v1/allowlists/7/t0k3n-of-the-list.txt';
const KEY = 'kn_s3cr3t-key-of-the-list';
const secret = (entry: unknown) => JSON.stringify({ 'okta-prod': entry });
const good = { url: URL_OF_LIST, username: 'apikey', key: KEY };

describe('the secret of the lists', () => {
  it.each([
    ['whole', good, good],
    ['without a user name', { url: URL_OF_LIST, key: KEY }, good],
    ['with another user name', { ...good, username: 'okta' }, { ...good, username: 'okta' }],
    ['with more than is known', { ...good, note: 1 }, good],
    [
      'of a server on this machine',
      { ...good, url: 'http://127.0.0.1:80/x' },
      { ...good, url: 'http://127.0.0.1:80/x' },
    ],
  ])('%s', (_, entry, address) => {
    expect(listAddress(secret(entry), 'okta-prod')).toEqual(address);
  });

  it.each([
    ['no value', undefined],
    ['an empty text', ''],
    ['a text', KEY],
    ['half of JSON', secret(good).slice(0, -2)],
    ['a list', JSON.stringify([good])],
    ['null', 'null'],
    ['another ACL', JSON.stringify({ lab: good })],
    ['an ACL as its prototype', '{"__proto__":{"okta-prod":{}}}'],
    ['a text for the ACL', secret(URL_OF_LIST)],
    ['no key', secret({ url: URL_OF_LIST })],
    ['no URL', secret({ key: KEY })],
    ['a key that is a number', secret({ ...good, key: 7 })],
    ['an empty key', secret({ ...good, key: ' ' })],
    ['a line break in the key', secret({ ...good, key: `${KEY}\nx: y` })],
    ['a key beyond ASCII', secret({ ...good, key: `${KEY}é` })],
    ['a user name with a colon', secret({ ...good, username: 'a:b' })],
    ['a URL that is none', secret({ ...good, url: 'knocknoc.example/list' })],
    ['a URL of another kind', secret({ ...good, url: 'file:///etc/passwd' })],
    ['a URL without TLS', secret({ ...good, url: URL_OF_LIST.replace('https', 'http') })],
    ['a name that only looks like this machine', secret({ ...good, url: 'http://127.0.0.1.example/' })],
    ['a URL with a password', secret({ ...good, url: URL_OF_LIST.replace('https://', 'https://u:p@') })],
  ])('with %s is LIST004, and shows nothing of it', (_, text) => {
    let said = '';
    try {
      listAddress(text, 'okta-prod');
    } catch (error) {
      said = JSON.stringify({ ...(error as Error), message: (error as Error).message });
    }
    expect(said).toContain('LIST004');
    expect(said).not.toMatch(/s3cr3t|t0k3n/);
  });
});
