import { describe, expect, it } from 'vitest';
import { allErrorCodes, ERRORS } from '../../lib/error-codes.ts';

const those = (choose: (code: (typeof ERRORS)[keyof typeof ERRORS]) => unknown) =>
  allErrorCodes().filter((code) => choose(ERRORS[code]));

describe('the catalogue of errors', () => {
  it('has the codes of the contract, under their names', () => {
    expect(Object.fromEntries(allErrorCodes().map((code) => [code, ERRORS[code].name]))).toEqual({
      ...{ OKTA001: 'Okta authentication failed', OKTA002: 'Okta authorization failed' },
      ...{ OKTA005: 'Okta rate limit exceeded', ZONE001: 'zone not found', ZONE002: 'Okta rejected the update' },
      ...{ ZONE003: 'Okta unavailable', ZONE004: 'zone not usable', ZONE005: 'zone full' },
      ...{ ZONE006: 'Okta credentials missing', ZONE007: 'zone changed by someone else' },
      ...{ ZONE008: "zone holds others' entries", STORE002: 'stored row unusable' },
      ...{ HOOK001: 'signature missing or invalid', HOOK002: 'timestamp outside the tolerance' },
      ...{ HOOK003: 'malformed request', HOOK004: 'unknown ACL', HOOK005: 'IP not acceptable' },
      ...{ HOOK006: 'expiry not in the future', HOOK007: 'event queue unavailable' },
      HOOK009: 'unknown event',
      ...{ STORE001: 'grants could not be stored', LIST001: 'allowlist unreachable', LIST002: 'allowlist refused' },
      ...{ LIST003: 'allowlist unreadable', LIST004: 'allowlist not set', LIST005: 'large removal held back' },
    });
  });

  it('lets senders wait on for what heals by itself, and for nothing else', () => {
    expect(those(({ healsItself }) => healsItself)).toEqual(['OKTA005', 'ZONE003']);
  });

  it('knows what a request alone can cause, and which of that takes the secret', () => {
    expect(those(({ causedBy }) => causedBy === 'anyone')).toEqual(['HOOK001', 'HOOK003']);
    expect(those(({ causedBy }) => causedBy === 'sender')).toEqual([
      'HOOK002',
      'HOOK004',
      'HOOK005',
      'HOOK006',
      'HOOK009',
    ]);
  });

  it('says of each failure that an event can end in what it means to a person', () => {
    const ofNoEvent = allErrorCodes().filter((code) => /^(HOOK|LIST)/.test(code));
    expect(those(({ meaning }) => meaning === undefined)).toEqual(ofNoEvent);
  });

  it.each(allErrorCodes())('speaks of %s in whole sentences', (code) => {
    const { meaning, impact, firstStep } = ERRORS[code];
    for (const text of [meaning ?? impact, impact, firstStep]) expect(text).toMatch(/^[A-Z].{20,}\.$/);
  });
});
