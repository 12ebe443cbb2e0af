import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readable } from '../../lib/failure-detail.ts';
import { KnownSecrets } from '../../lib/known-secrets.ts';

const TOKEN = '00aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789_-xY';
const knowing = (...texts: readonly string[]) => {
  const secrets = new KnownSecrets();
  for (const text of texts) secrets.remember(text);
  return secrets;
};

describe('what was read from a secret', () => {
  it('is taken out of a text, as a whole and in part', () => {
    const secrets = knowing(TOKEN);
    expect(secrets.redact(`refused: SSWS ${TOKEN}!`)).toBe('refused: SSWS [secret]!');
    expect(secrets.redact(`…"${TOKEN.slice(5, 20)}"… is not valid`)).toBe('…"[secret]"… is not valid');
    expect(secrets.redact(`${TOKEN} and ${TOKEN}${TOKEN}`)).toBe('[secret] and [secret][secret]');
    expect(secrets.redact('Okta answered 401')).toBe('Okta answered 401');
  });

  it('leaves no eight characters in a row, wherever it stands and however it was cut', () => {
    const part = fc.tuple(fc.nat(TOKEN.length), fc.nat(TOKEN.length)).map(([a, b]) => TOKEN.slice(a, b));
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string(), fc.constant(TOKEN)), { maxLength: 6 }), (parts) => {
        const said = knowing(TOKEN).redact(parts.join(' '));
        for (let at = 0; at + 8 <= TOKEN.length; at += 1) expect(said).not.toContain(TOKEN.slice(at, at + 8));
      }),
    );
  });

  it('is every value of a JSON object, and not its names', () => {
    const secrets = knowing(JSON.stringify({ clientId: '0oaCLIENT1234567', deep: [{ privateKey: 'PRIVATE-VALUE' }] }));
    expect(secrets.redact('clientId 0oaCLIENT1234567 has a privateKey PRIVATE-VALUE')).toBe(
      'clientId [secret] has a privateKey [secret]',
    );
  });

  it('is a name of a JSON object too where that is a secret by its length', () => {
    expect(knowing(JSON.stringify({ [TOKEN]: '' })).redact(`key ${TOKEN}`)).toBe('key [secret]');
  });

  it('is every key and bearer token of a webhook secret, wherever it stands, and not the name of an ACL', () => {
    const secretOf = (name: string) => `${name}-${TOKEN.split('').reverse().join('').slice(0, 20)}`;
    const names = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'].map(secretOf);
    const [current, previous, own, ownPrevious, token, tokenPrevious, odd, listed] = names;
    const acl = 'finance-production-emea';
    const secret = {
      ...{ current: `whsec_${current}`, previous },
      acls: {
        [acl]: { current: own, previous: ownPrevious, bearer: { current: token, previous: tokenPrevious } },
        broken: { currant: odd, bearer: [listed] },
      },
    };
    const secrets = new KnownSecrets([acl]);
    secrets.remember(JSON.stringify(secret));
    expect(secrets.redact(`${acl}: ${names.join(' ')}`)).toBe(`${acl}: ${names.map(() => '[secret]').join(' ')}`);
    // Where nobody says that it is the name of an ACL, it may be a key that was put in the place of one.
    const others = new KnownSecrets();
    others.remember(JSON.stringify(secret));
    expect(others.redact(acl)).toBe('[secret]');
  });

  it('is each line of what has lines, but not what begins every such text', () => {
    const pem = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqG\nSM49AgEGCCqGSM49\n-----END PRIVATE KEY-----\n';
    for (const secrets of [knowing(pem), knowing(JSON.stringify({ privateKey: pem }))]) {
      expect(secrets.redact('a -----BEGIN PRIVATE KEY----- with MIGHAgEAMBMGByqG SM49AgEGCCqGSM49 in it')).toBe(
        'a -----BEGIN PRIVATE KEY----- with [secret] in it',
      );
    }
  });

  it('is known also after the text was made readable', () => {
    const odd = 'abc\u0001def\u202Eghi jkl';
    expect(knowing(odd).redact(readable(odd))).toBe('[secret]');
    expect(knowing(odd).redact(odd)).toBe('[secret]');
  });

  it('is a part of a path, but no word in it that everybody knows', () => {
    const url = 'https://knoc.example.com/api/v1/allowlists/okta-prod/0123456789abcdef.txt?more=of-the-token';
    const secrets = new KnownSecrets(['okta-prod']);
    secrets.remember(JSON.stringify({ 'okta-prod': { url } }));
    expect(secrets.redact('allowlist of okta-prod: allowlists')).toBe('allowlist of okta-prod: allowlists');
    expect(secrets.redact(url)).toBe('https://knoc.example.com/api/v1/allowlists/okta-prod/[secret]?more=[secret]');
  });

  it('is not where a server is', () => {
    const secrets = knowing(JSON.stringify({ url: 'https://knoc.example.com/path/of-the-list', key: 'list-key-1' }));
    expect(secrets.redact('https://knoc.example.com answered 401 to list-key-1')).toBe(
      'https://knoc.example.com answered 401 to [secret]',
    );
    expect(secrets.redact('GET /path/of-the-list')).toBe('GET /path/[secret]');
  });

  const PEM = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\nAgEGCCqGSM49AwEHBG0w\n-----END PRIVATE KEY-----\n';
  const flat = (text: string) => text.replaceAll('\n', ' ');
  const MARK = 'mArKeD+sEcReT/0123456789=';
  const basic = (text: string) => Buffer.from(text).toString('base64');
  const app = { clientId: '0oaCLIENT1234567', kid: 'k', privateKey: PEM };
  it.each<[what: string, secret: string, said: string]>([
    ['a key whose line breaks were lost', flat(PEM), flat(PEM)],
    ['a key without any line break', PEM.replaceAll('\n', ''), PEM.replaceAll('\n', '')],
    ['a key with escapes in place of its line breaks', PEM.replaceAll('\n', '\\n'), PEM.replaceAll('\n', '\\n')],
    ['such a key in JSON', JSON.stringify({ ...app, privateKey: PEM.replaceAll('\n', '\\n') }), PEM],
    ['a key in a line of its own that becomes one', JSON.stringify(app), flat(PEM)],
    ['JSON that is cut off', JSON.stringify(app).slice(0, -40), 'MIGHAgEAMBMGByqGSM49'],
    ['JSON with a comma too many', JSON.stringify({ key: MARK }).replace('}', ',}'), MARK],
    ['JSON in other quotes', `{'key': '${MARK}'}`, MARK],
    ['a name that stands twice', `{"current":"${MARK}","current":"another-key"}`, MARK],
    ['a text with escapes, quoted as it is written', `{"key":"${MARK.replace('/', '\\/')}"}`, MARK.replace('/', '\\/')],
    ['short lines', 'mArKeD+\nsEcReT/\n012345', 'mArKeD+ sEcReT/ 012345'],
    ['a header of HTTP basic', JSON.stringify({ a: { username: 'apikey', key: MARK } }), basic(`apikey:${MARK}`)],
    ['one with another name', JSON.stringify({ a: { username: 'me', key: MARK } }), basic(`me:${MARK}`)],
    ['base64 of it', MARK, basic(MARK)],
    ['base64 for URLs', MARK, Buffer.from(`x${MARK}`).toString('base64url')],
    ['a part of a query', MARK, `?key=${encodeURIComponent(MARK)}`],
    [
      'the user of a URL',
      JSON.stringify({ url: `https://apikey:${MARK}@a.example.com/x` }),
      `https://apikey:${MARK}@a`,
    ],
    ['a query without a path', 'https://a.example.com?mArKeD-sEcReT', 'mArKeD-sEcReT'],
    ['a path that was decoded', 'https://a.example.com/mAr%4BeDs%45cReT', 'mArKeDsEcReT'],
  ])('is taken out in whatever form: %s', (_, secret, said) => {
    const seen = knowing(secret)
      .redact(said)
      .replace(/-----[A-Z ]+-----/g, '')
      .replaceAll('[secret]', '');
    expect(seen).not.toMatch(/mArK|sEcReT|0123|MIGHA|GSM49|CCq/);
    // Of base64 that stands behind something else, the edge belongs to both.
    expect(seen.length).toBeLessThan(said.length / 2);
    expect(seen).not.toContain(said.slice(-12, -4));
  });

  it('leaves names readable in JSON that is cut off', () => {
    const secrets = new KnownSecrets(['okta-production-of-finance']);
    secrets.remember(`{"previous":"${MARK}","acls":{"okta-production-of-finance":{"current":"${MARK}`);
    expect(secrets.redact(`previous of okta-production-of-finance: ${MARK}`)).toBe(
      'previous of okta-production-of-finance: [secret]',
    );
  });

  it('is forgotten after many rotations, and not before', () => {
    const secrets = knowing(...Array.from({ length: 9 }, (_, i) => `secret-number-${i}-${'x'.repeat(i)}`));
    expect(secrets.redact('0-secret-number-8-xxxxxxxx')).toBe('0-[secret]');
    expect(secrets.redact('of number nine')).toBe('of number nine');
  });

  it('is nothing that is shorter than eight characters, or that nobody has read', () => {
    expect(knowing('short').redact('a short text')).toBe('a short text');
    expect(new KnownSecrets().redact(TOKEN)).toBe(TOKEN);
  });
});
