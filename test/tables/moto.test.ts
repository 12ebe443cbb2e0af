import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { afterAll, describe, inject } from 'vitest';
import { ProcessGroup } from '../../local/emulator/child-process.ts';
import { LOCAL } from '../../local/emulator/paths.ts';
import { findPython } from '../../local/emulator/python.ts';
import { ensureVirtualEnvironment } from '../../local/emulator/virtual-environment.ts';
import { tableContract } from '../stand-ins/table-contract.ts';
import { keysContract } from './keys-contract.ts';
import { madeTable } from './made-table.ts';

const LOG = join(LOCAL, 'moto.log');

const python = await findPython();
if (!python) {
  const said = 'the contract of the table on moto needs Python 3.10 or later, and there is none';
  if (process.env.CI) throw new Error(`${said}, and CI skips nothing`);
  console.log(`SKIPPED: ${said}`);
}

describe.runIf(python)('in Python', () => {
  let server: ProcessGroup | undefined;
  let started: Promise<string> | undefined;
  let table: ReturnType<typeof madeTable> | undefined;
  const endpoint = () => {
    started ??= start();
    return started;
  };
  afterAll(() => server?.stop());

  keysContract('moto', endpoint);

  tableContract(
    'moto',
    () => {
      table ??= endpoint().then(madeTable);
      return table;
    },
    {
      otherwise: [
        'below a number, of a text',
        'a key without a sort key',
        'an attribute without a name',
        'values too deep inside one another',
        'a text where the index wants a number',
        'a text set where the index wants a number',
        'truth values in an order',
        'a condition on an attribute without a name',
        'nothing at all',
        'an item with a sort key of more than 1,024 bytes',
        'expiries that end before they begin',
        'expiries between a moment and the same',
        'a look without a condition',
      ],
    },
  );

  async function start() {
    const installed = await ensureVirtualEnvironment({
      directory: join(LOCAL, 'moto-venv'),
      requirements: join(import.meta.dirname, 'requirements.txt'),
      progress: { step: () => {}, line: () => {} },
      signal: AbortSignal.timeout(200_000),
    });
    const log = await open(LOG, 'w');
    server = new ProcessGroup(installed, ['-I', join(import.meta.dirname, 'run-moto.py')], {
      cwd: inject('temporaryFolder'),
      env: { PATH: process.env.PATH, HOME: inject('temporaryFolder'), MOTO_ALLOW_NONEXISTENT_REGION: 'true' },
      // Standard input stays open and silent: its end tells the server that this process is gone.
      stdio: ['pipe', 'pipe', log.fd],
    });
    await log.close();
    const { child, ended } = server;
    if (!child.stdout) throw new Error('the server has no output');
    const [address] = await Promise.race([
      once(createInterface(child.stdout), 'line'),
      ended.then(({ how }) => Promise.reject(new Error(`moto ended before it served (${how}): ${LOG} says why`))),
    ]);
    return String(address);
  }
});
