import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'knocknoc-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, 'config.json');
  writeFileSync(path, text);
  return path;
}

const GOOD = '{"okta":{"domain":"acme.okta.com"},"acls":{"a":{"zoneIds":["z1"]}}}';

describe('the configuration file', () => {
  it('is read', () => {
    expect(loadConfig(file(GOOD)).acls.a?.zoneIds).toEqual(['z1']);
  });

  it('may begin with a byte order mark', () => {
    expect(loadConfig(file(`\uFEFF${GOOD}`)).okta.domain).toBe('acme.okta.com');
  });

  it.each([
    ['with its mark', Buffer.from(`\uFEFF${GOOD}`, 'utf16le')],
    ['with its mark, the other way round', Buffer.from(`\uFEFF${GOOD}`, 'utf16le').swap16()],
    ['without', Buffer.from(GOOD, 'utf16le')],
    ['without, the other way round', Buffer.from(GOOD, 'utf16le').swap16()],
  ])('is told to be saved otherwise where it is UTF-16, %s', (_, bytes) => {
    const path = join(folder, 'utf16.json');
    writeFileSync(path, bytes);
    expect(() => loadConfig(path)).toThrow('the file is UTF-16; save it as UTF-8');
  });

  it('exists as an example, which is refused as it stands, for its domain alone', () => {
    const example = fileURLToPath(new URL('../../config.example.json', import.meta.url));
    expect(() => loadConfig(example)).toThrow(
      /\(1 problem\):\n {2}okta\.domain: "your-org\.okta\.com" is a placeholder; write the hostname of your org$/,
    );
    const filledIn = readFileSync(example, 'utf8').replace('your-org.okta.com', 'acme.okta.com');
    expect(loadConfig(file(filledIn))).toMatchObject({ stackName: 'KnocknocOkta', okta: { domain: 'acme.okta.com' } });
  });

  it('says what to do when it is absent', () => {
    const path = join(folder, 'absent.json');
    expect(() => loadConfig(path)).toThrow(
      `${path} cannot be used (1 problem):\n  the file is not there; copy config.example.json`,
    );
  });

  it('says when it cannot be read', () => {
    expect(() => loadConfig(folder)).toThrow(/the file cannot be read: EISDIR/);
  });

  it.each([
    ['{\n  "okta": {}\n  "acls": {}\n}', 'line 3, column 3'],
    ['{\n  "okta": tru\n}', 'line 2, column 11'],
    ['{"a": 1,}', 'line 1, column 9'],
    ['// mine\n{}', 'line 1, column 1'],
    ['', 'line 1, column 1'],
  ])('says where it is not JSON: %j', (text, where) => {
    expect(() => loadConfig(file(text))).toThrow(where);
  });

  it('reports a key that stands twice together with everything else', () => {
    const text =
      '{"okta":{"domain":"acme.okta.com"},\n"acls":{"a":{"zoneIds":["z1"]},"a":{"zoneIds":["z2"]}},"verifyMinutes":0}';
    expect(() => loadConfig(file(text))).toThrow(
      /2 problems(.|\n)*line 2, column 32: Duplicate key "a"(.|\n)*verifyMinutes: /,
    );
  });
});
