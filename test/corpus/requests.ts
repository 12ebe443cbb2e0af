import { type BadRequest, each, GOOD } from './bad-request.ts';

const TOO_LARGE = [413, 'HOOK003'] as const;
const WRONG_TYPE = [415, 'HOOK003'] as const;
const MALFORMED = [400, 'HOOK003'] as const;

/** Content types, sizes, and ids. */
export const REQUESTS: readonly BadRequest[] = [
  ...each(
    'content type',
    WRONG_TYPE,
    {
      none: undefined,
      empty: '',
      'plain text': 'text/plain',
      'JSON as text': 'text/json',
      'a form': 'application/x-www-form-urlencoded',
      'a form with files': 'multipart/form-data; boundary=x',
      'JSON with padding': 'application/jsonp',
      'a JSON patch': 'application/json-patch+json',
      'a problem': 'application/problem+json',
      'a cloud event': 'application/cloudevents+json',
      'Latin 1': 'application/json; charset=latin1',
      'UTF-16': 'application/json; charset=utf-16',
      'two character sets': 'application/json; charset=utf-8; charset=latin1',
      'a parameter that ends like the character set': 'application/json; xcharset=utf-8',
      'a character set that begins like UTF-8': 'application/json; charset=utf-80',
      'another parameter': 'application/json; profile=x',
      'two types': 'application/json, text/plain',
      'no slash': 'json',
      'any type': '*/*',
      'a quoted type': '"application/json"',
    },
    (type) => ({ body: GOOD, headers: { 'content-type': type } }),
  ),
  ...each(
    'size',
    TOO_LARGE,
    {
      'one byte too many': GOOD.padEnd(16_385),
      'one byte too many, in fewer characters': `${GOOD.slice(0, -1)},"x":"${'é'.repeat(8_200)}"}`,
      'a mebibyte of spaces': ' '.repeat(1024 * 1024),
      'a mebibyte of brackets': '['.repeat(1024 * 1024),
      'a mebibyte of zeros': new Uint8Array(1024 * 1024),
    },
    (body) => ({ body }),
  ),
  ...each('size without a signature', TOO_LARGE, { 'one byte too many': GOOD.padEnd(16_385) }, (body) => ({
    body,
    headers: { 'webhook-signature': undefined },
  })),
  ...each(
    'id',
    MALFORMED,
    {
      'of 129 characters': 'a'.repeat(129),
      'with a tilde': 'a~b',
      'with a slash': 'a/b',
      'with a full stop': 'a.b',
      'with a space': 'a b',
      'with a letter that is not ASCII': 'ä',
      'with a delete': 'a\x7f',
      'with a tab': 'a\tb',
      'a full stop alone': '.',
      'an emoji': '💡',
    },
    (id) => ({ body: GOOD, id }),
  ),
  ...each('with Prefer: wait', MALFORMED, { 'is not waited for': 'wait=20' }, (prefer) => ({
    body: '{}',
    headers: { prefer },
  })),
];
