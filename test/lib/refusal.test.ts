import { describe, expect, it } from 'vitest';
import { allErrorCodes } from '../../lib/error-codes.ts';
import { problem, Refusal } from '../../lib/refusal.ts';

describe('a problem document', () => {
  it('says what is wrong in the five fields of the contract, and nothing else', () => {
    const answer = problem('HOOK004', 404, 'no ACL of that name');
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.body)).toEqual({
      type: expect.stringMatching(/^[a-z]+:\S+HOOK004$/),
      title: 'unknown ACL',
      status: 404,
      detail: 'no ACL of that name',
      code: 'HOOK004',
    });
  });

  it('asks to try again only where that helps', () => {
    expect(problem('HOOK007', 503, 'x').headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(problem('HOOK001', 401, 'x').headers).not.toHaveProperty('retry-after');
    expect(problem('OKTA001', 502, 'x').headers).not.toHaveProperty('retry-after');
  });

  it('has a type of its own for every code', () => {
    const types = allErrorCodes().map((code) => JSON.parse(problem(code, 400, '').body).type);
    expect(new Set(types).size).toBe(types.length);
  });
});

describe('a refusal', () => {
  it('carries its code and status', () => {
    expect(new Refusal('HOOK003', 413, 'too large')).toMatchObject({
      ...{ name: 'Refusal', code: 'HOOK003', status: 413, message: 'too large' },
    });
  });
});
