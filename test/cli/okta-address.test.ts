import { describe, expect, it } from 'vitest';
import { judgeOktaAddress, oktaAddress } from '../../cli/okta-address.ts';

const of = (domain: string, baseUrl = `https://${domain}`) => ({ okta: { domain, baseUrl } });

describe('where Okta is called', () => {
  it('is the org, or the test server in its place', () => {
    expect(oktaAddress(of('acme.okta.com'))).toBe('acme.okta.com');
    expect(oktaAddress(of('acme.okta.com', 'http://127.0.0.1:8443'))).toBe(
      'http://127.0.0.1:8443 (okta.baseUrl, in place of acme.okta.com)',
    );
  });

  it.each([of('acme.okta.com'), of('acme.okta.com', 'http://127.0.0.1:8443'), of('login.acme.example')])(
    'is plausible: %j',
    (config) => {
      expect(() => judgeOktaAddress(config, 'the stack Acme')).not.toThrow();
    },
  );

  it.each([
    of('acme.okta.com', 'https://acme.okta.com.evil.example'),
    of('acme.okta.com', 'https://acme.okta.com@evil.example'),
    of('acme.okta.com', 'http://acme.okta.com'),
    of('acme.okta.com', 'https://acme.okta.com:8443'),
    of('acme.okta.com', 'https://acme.okta.com/../evil'),
    of('acme.okta.com', 'https://evil.example'),
    of('acme.okta.com', 'http://169.254.169.254'),
    of('acme.okta.com', 'http://127.0.0.1.evil.example'),
    of('acme.okta.com', ''),
    of('evil.example/'),
    of('acme@evil.example'),
    of('acme.okta.com:8443'),
    of(''),
  ])('is refused where a template names another place, before anything is sent: %j', (config) => {
    expect(() => judgeOktaAddress(config, 'the stack Acme')).toThrow(/^the stack Acme calls Okta at .* not plausible/);
  });
});
