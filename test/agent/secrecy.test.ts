import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ACCEPTED, APPLIED, answers, startRecordingServer } from './recording-server.ts';
import { aFolder, canRun, removeFolders, runScript } from './script.ts';
import { loggingToolbox, type Signer } from './toolbox.ts';

/** The key in every form in which a program could be given it, and its pads as HMAC has them. */
function formsOf(key: Buffer): string[] {
  const padded = Buffer.concat([key, Buffer.alloc(64 - key.length)]);
  const pads = [0x36, 0x5c].map((pad) => padded.map((byte) => byte ^ pad));
  return [key, ...pads.map((bytes) => Buffer.from(bytes))].flatMap((bytes) => [
    bytes.toString('hex'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('hex').replace(/../g, '\\x$&'),
  ]);
}

describe.runIf(canRun)('the secret', () => {
  afterAll(removeFolders);

  it.each<[string, Signer[]]>([
    ['openssl', ['openssl']],
    ['perl', ['perl']],
    ['both', ['openssl', 'perl']],
  ])('stands on no command line where there is %s', async (_, signers) => {
    const others = [ACCEPTED, APPLIED, ACCEPTED, APPLIED, ACCEPTED, APPLIED, answers(401, '')];
    const { url, received } = await startRecordingServer(answers(503, ''), ...others);
    const log = join(await aFolder(), 'command-lines');
    const key = randomBytes(40);
    const environment = {
      PATH: await loggingToolbox(log, ...signers),
      KNOCKNOC_OKTA_URL: url,
      KNOCKNOC_OKTA_SECRET: `whsec_${key.toString('base64')}`,
      TMPDIR: await aFolder(),
    };
    for (const args of [
      ['add', 'okta-prod', '203.0.113.7'],
      ['del', 'okta-prod', '203.0.113.7'],
      ['flush', 'okta-prod'],
    ]) {
      expect(await runScript(args, environment)).toMatchObject({ code: 0, stderr: '' });
    }
    await runScript(['--check'], environment);
    expect(received).toHaveLength(8);

    const lines = await readFile(log, 'utf8');
    for (const name of ['curl', ...(signers.includes('openssl') ? ['openssl'] : signers)]) {
      expect(lines).toMatch(new RegExp(`^${name} .`, 'm'));
    }
    for (const form of formsOf(key)) {
      // A part of it would be a leak as well.
      for (let at = 0; at + 16 <= form.length; at += 8) expect(lines).not.toContain(form.slice(at, at + 16));
    }
    expect(lines).not.toContain('whsec_');
  });
});
