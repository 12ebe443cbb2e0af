import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ROOT } from '../docs/documents.ts';
import { CliWorld, TOKEN } from './cli-world.ts';
import { started } from './started.ts';

/** A command as a process of its own, in a line of a shell. */
function typed(command: string, line: string, { run }: CliWorld['system']) {
  const address = JSON.stringify(run.kind === 'embedded' ? run.operator : {});
  const program = `
    import { randomBytes } from 'node:crypto';
    import { guardOutput } from './cli/guard-output.ts';
    import { localTarget } from './cli/local-run/local-target.ts';
    import { processTerminal } from './cli/process-terminal.ts';
    import { runCli } from './cli/run-cli.ts';
    guardOutput();
    const here = { terminal: processTerminal({}), randomBytes, clock: Date, stop: new AbortController().signal };
    process.exitCode = await runCli(['${command}'], here, () => localTarget(${address}));`;
  const node = '"$0" --input-type=module-typescript --eval "$1"';
  return started(['bash', '-o', 'pipefail', '-c', line.replace('COMMAND', node), process.execPath, program], {}, ROOT);
}

const LINES = ['COMMAND | true', ...(existsSync('/dev/full') ? ['COMMAND > /dev/full'] : [])];
const READ = 'COMMAND | cat';

it.concurrent.each(LINES)('a key that nobody could see is not stored: %s', async (line) => {
  const world = await CliWorld.start();
  const secret = world.system.webhookSecretStore;
  const before = secret.text;
  const rotated = (how: string) => typed('rotate-webhook-secret', how, world.system);
  expect(await rotated(line)).toMatchObject({ code: 2, notes: expect.stringContaining('not stored') });
  expect(secret.text).toBe(before);
  const { code, out } = await rotated(READ);
  expect({ code, current: out.trim() }).toEqual({ code: 0, current: JSON.parse(secret.text ?? '').current });
});

it.concurrent.each(LINES)("an app's key that nobody could see waits, and is shown again: %s", async (line) => {
  const world = await CliWorld.start();
  const secret = world.system.oktaCredentialsSecret;
  const made = (how: string) => typed('oauth-key', how, world.system);
  expect(await made(line)).toMatchObject({ code: 2, notes: expect.stringContaining('could not be written out') });
  expect(secret.text).toBe(TOKEN);
  const { kid } = JSON.parse(secret.next ?? '');
  const { code, out } = await made(READ);
  expect({ code, kid: JSON.parse(out).kid }).toEqual({ code: 0, kid });
});
