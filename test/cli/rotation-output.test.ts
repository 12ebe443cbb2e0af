import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ROOT } from '../docs/documents.ts';
import { CliWorld } from './cli-world.ts';
import { started } from './started.ts';

/** The command as a process of its own, in a line of a shell. */
function rotated(line: string, { run }: CliWorld['system']) {
  const address = JSON.stringify(run.kind === 'embedded' ? run.operator : {});
  const program = `
    import { randomBytes } from 'node:crypto';
    import { guardOutput } from './cli/guard-output.ts';
    import { localTarget } from './cli/local-run/local-target.ts';
    import { processTerminal } from './cli/process-terminal.ts';
    import { runCli } from './cli/run-cli.ts';
    guardOutput();
    const here = { terminal: processTerminal({}), randomBytes };
    process.exitCode = await runCli(['rotate-webhook-secret'], here, () => localTarget(${address}));`;
  const node = '"$0" --input-type=module-typescript --eval "$1"';
  return started(['bash', '-o', 'pipefail', '-c', line.replace('ROTATE', node), process.execPath, program], {}, ROOT);
}

const LINES = ['ROTATE | true', ...(existsSync('/dev/full') ? ['ROTATE > /dev/full'] : [])];

it.concurrent.each(LINES)('a key that nobody could see is not stored: %s', async (line) => {
  const world = await CliWorld.start();
  const secret = world.system.webhookSecretStore;
  const before = secret.text;
  expect(await rotated(line, world.system)).toMatchObject({ code: 2, notes: expect.stringContaining('not stored') });
  expect(secret.text).toBe(before);
  const { code, out } = await rotated('ROTATE | cat', world.system);
  expect({ code, current: out.trim() }).toEqual({ code: 0, current: JSON.parse(secret.text ?? '').current });
});
