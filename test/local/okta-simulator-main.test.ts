import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { startOktaSimulator } from '../../local/okta-simulator/server.ts';
import { PATIENT } from '../helpers/patient.ts';

const PROGRAM = new URL('../../local/okta-simulator/main.ts', import.meta.url).pathname;

function run(...args: string[]) {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { out: '', error: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.error += text;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }));
  const ready = async () => {
    const said = vi.waitFor(() => expect(output.out, output.error).toContain('Ctrl-C'), PATIENT);
    await Promise.race([said, ended.then(({ error }) => Promise.reject(new Error(`did not start: ${error}`)))]);
    return output.out;
  };
  return { child, ended, ready };
}

describe('npm run simulator', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('serves the zones given, and ends cleanly on %s', async (signal) => {
    const { child, ended, ready } = run('--zone', 'nzo1', '--zone', 'nzo2', '--token', 'my-token');
    try {
      const out = await ready();
      expect(out).not.toContain('my-token');
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(out) ?? [];
      const headers = { authorization: 'SSWS my-token' };
      const zone = await fetch(`${url}/api/v1/zones/nzo2`, { headers });
      expect(await zone.json()).toMatchObject({ id: 'nzo2', gateways: [{ type: 'CIDR', value: '192.0.2.0/32' }] });
      expect(((await (await fetch(`${url}/api/v1/zones`, { headers })).json()) as unknown[]).length).toBe(2);
    } finally {
      child.kill(signal);
    }
    expect(await ended).toMatchObject({ code: 0, error: '' });
  });

  it('explains itself', async () => {
    expect(await run('--help').ended).toMatchObject({
      code: 0,
      out: expect.stringContaining('--zone <id>'),
      error: '',
    });
  });

  it.each([
    [['--port', '70000'], '--port'],
    [['--token', ''], '--token'],
  ])('refuses %j', async (args, said) => {
    expect(await run(...args).ended).toMatchObject({ code: 64, out: '', error: expect.stringContaining(said) });
  });

  it('says when its port is taken', async () => {
    const other = await startOktaSimulator();
    try {
      const { code, error } = await run('--port', String(other.port)).ended;
      expect(code).toBe(2);
      expect(error).toContain(`Cannot listen on port ${other.port}`);
    } finally {
      await other.close();
    }
  });
});
