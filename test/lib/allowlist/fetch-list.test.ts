import { describe, expect, it } from 'vitest';
import { fetchList } from '../../../lib/allowlist/fetch-list.ts';

const ADDRESS = { url: 'https://knoc.example.com/api/tOkEn-In-PaTh', username: 'apikey', key: 'kEy-of-the-list-1' };
const BASIC = Buffer.from(`${ADDRESS.username}:${ADDRESS.key}`).toString('base64');

describe('a list that nobody could be asked for', () => {
  it.each([
    ['the URL', `Failed to parse URL from ${ADDRESS.url}`],
    ['the key', `invalid user info apikey:${ADDRESS.key}`],
    ['the header', `Headers.append: "Basic ${BASIC}" is an invalid header value`],
    ['a part of the header', `invalid header ${BASIC.slice(9, 25)}`],
  ])('is told without what it is asked for with, though the error quotes %s', async (_, message) => {
    const failing = () => Promise.reject(new TypeError('fetch failed', { cause: new Error(message) }));
    const failure = fetchList(failing, ADDRESS);
    await expect(failure).rejects.toMatchObject({ code: 'LIST001' });
    await expect(failure).rejects.toThrow(/^no answer from Knocknoc: .*\[secret\]/);
    await expect(failure).rejects.not.toThrow(/tOkEn-In|kEy-of-the|QtZlkt|S0V5|[A-Za-z0-9]{14}=?$/);
  });
});
