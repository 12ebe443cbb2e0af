import { describe, expect, it } from 'vitest';
import { grantedToken, tokenFailure, wantsAnotherTry } from '../../../lib/okta/token-answer.ts';
import { NOW } from '../../helpers/events.ts';
import { answer } from '../../helpers/raw-okta.ts';

const MANAGE = 'okta.networkZones.manage';
const GOOD = {
  token_type: 'DPoP',
  expires_in: 3600,
  access_token: 'abc.def',
  scope: `okta.networkZones.read ${MANAGE}`,
};
const challenge = (error: string) => ({ 'www-authenticate': `DPoP error="${error}"` });

describe('an answer with a token', () => {
  it('is taken as it says', () => {
    expect(grantedToken(answer(200, GOOD), [])).toEqual({
      ...{ accessToken: 'abc.def', isBound: true, lifeMs: 3_600_000 },
      scopes: ['okta.networkZones.read', MANAGE],
    });
  });

  it('grants what was asked for where it says nothing of it', () => {
    const { scope, ...silent } = GOOD;
    expect(grantedToken(answer(200, silent), [MANAGE, 'other']).scopes).toEqual([MANAGE, 'other']);
  });

  it.each([' abc', 'abc ', 'a\tb', 'abc\n', 'ü'])(
    'is none where the token could not stand in a header: %j',
    (token) => {
      const response = answer(200, { ...GOOD, access_token: token }, { 'x-okta-request-id': 'request-1' });
      expect(() => grantedToken(response, [])).toThrow(
        expect.objectContaining({
          code: 'ZONE003',
          message: 'Okta answered 200 with something that is not a token',
          fields: { oktaStatus: 200, oktaRequestId: 'request-1' },
        }),
      );
    },
  );
});

describe('another try', () => {
  const used = { error: 'invalid_client', error_description: 'The client_assertion has already been used.' };
  it.each<[string, ReturnType<typeof answer>, boolean]>([
    ['wants a nonce', answer(400, { error: 'use_dpop_nonce' }), true],
    ['wants a nonce with another status', answer(401, '', challenge('use_dpop_nonce')), true],
    ['refuses the proof', answer(400, { error: 'invalid_dpop_proof' }), true],
    ['has seen the assertion', answer(401, used), true],
    ['says so of something else', answer(400, { ...used, error: 'invalid_request' }), false],
    ['knows no such client', answer(401, { error: 'invalid_client', error_description: 'Invalid value.' }), false],
    ['knows no such client and says no more', answer(401, { error: 'invalid_client' }), false],
    ['has another objection', answer(400, { error: 'invalid_scope' }), false],
    ['is in trouble while it wants a nonce', answer(503, { error: 'use_dpop_nonce' }), false],
    ['forbids it while it wants a nonce', answer(403, { error: 'use_dpop_nonce' }), false],
    ['says nothing', answer(401, ''), false],
  ])('is worth it, or not, where Okta %s', (_, response, isWorthIt) => {
    expect(wantsAnotherTry(response)).toBe(isWorthIt);
  });
});

describe('a refusal', () => {
  it.each<[string, ReturnType<typeof answer>, string, string]>([
    ['access_denied', answer(400, { error: 'access_denied' }), 'OKTA002', 'Okta gives no token (400): access_denied'],
    ['insufficient_scope', answer(401, { error: 'insufficient_scope' }), 'OKTA002', 'insufficient_scope'],
    ['consent_required', answer(400, { error: 'consent_required' }), 'OKTA002', 'consent_required'],
    [
      'invalid_scope',
      answer(400, { error: 'invalid_scope', error_description: 'No.' }),
      'OKTA002',
      'invalid_scope: No.',
    ],
    ['403, whatever the reason', answer(403, { error: 'invalid_client' }), 'OKTA002', 'invalid_client'],
    ['any other reason', answer(400, { error: 'x' }), 'OKTA001', 'Okta gives no token (400): x'],
    ['a challenge without a reason', answer(401, '', { 'www-authenticate': 'DPoP algs="ES256"' }), 'ZONE003', 'proxy'],
    ['429 without a reason', answer(429, ''), 'OKTA005', 'Okta gives no token (429): no reason given'],
  ])('has its code and its reason: %s', (_, response, code, message) => {
    expect(tokenFailure(response, NOW)).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('is logged with status, reason and the id that Okta’s support asks for, and with no more than there is', () => {
    const known = tokenFailure(answer(400, { error: 'x' }, { 'x-okta-request-id': 'request-1' }), NOW);
    expect(known.fields).toStrictEqual({ oktaStatus: 400, oktaErrorCode: 'x', oktaRequestId: 'request-1' });
    expect(tokenFailure(answer(503, ''), NOW).fields).toStrictEqual({ oktaStatus: 503 });
  });
});
