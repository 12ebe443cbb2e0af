import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signWebhook } from '../../lib/webhook/webhook-signature.ts';
import { aFolder, canRun, removeFolders, run, SCRIPT } from './script.ts';
import { type Signer, toolbox } from './toolbox.ts';

/** The example that the Standard Webhooks libraries test themselves with. */
const VECTOR = {
  secret: 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  content: 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}',
  signature: 'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

describe.runIf(canRun).each<Signer>(['openssl', 'perl'])('the signature with nothing but %s', (signer) => {
  let path: string;
  let file: string;
  beforeAll(async () => {
    path = await toolbox(signer);
    file = join(await aFolder(), 'sign.sh');
    const functions = (await readFile(SCRIPT, 'utf8')).replace(/^main "\$@"\n/m, '');
    await writeFile(file, `${functions}\nkey=$(base64_to_hex "$1")\nsign "$2"\n`);
  });
  afterAll(removeFolders);

  async function sign(secret: string, content: string): Promise<string> {
    const { code, stdout, stderr } = await run('bash', [file, secret, content], { PATH: path });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  }

  it('is that of the public example', async () => {
    expect(await sign(VECTOR.secret, VECTOR.content)).toBe(VECTOR.signature);
  });

  it.each([24, 25, 32, 33, 48, 63, 64])('is right for a key of %i bytes', async (length) => {
    const key = randomBytes(length);
    const body = '{"user":"Zoë \\\\ %s $(id)"}';
    const signed = signWebhook(key, { id: 'kk_1', timestamp: '1700000000', body: Buffer.from(body) });
    expect(`v1,${await sign(key.toString('base64'), `kk_1.1700000000.${body}`)}`).toBe(signed);
  });

  it('is right for keys with zeros, and with the bytes that pads turn into zeros', async () => {
    for (const byte of [0x00, 0x36, 0x5c, 0xff]) {
      const key = Buffer.alloc(48, byte);
      const signed = signWebhook(key, { id: 'a', timestamp: '1', body: Buffer.from('b') });
      expect(`v1,${await sign(key.toString('base64'), 'a.1.b')}`).toBe(signed);
    }
  });
});
