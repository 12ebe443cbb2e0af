import { describe } from 'vitest';
import { findPython } from '../../local/emulator/python.ts';
import { type EmulatorSystem, startEmulatorSystem } from '../../local/emulator/start.ts';
import { tableContract } from '../stand-ins/table-contract.ts';
import { fromNothing } from './from-nothing.ts';
import { fromPackage } from './from-package.ts';
import { fromTemplate } from './from-template.ts';
import { operatedStack } from './operated-stack.ts';
import { strangers } from './strangers.ts';
import { endToEnd } from './suite.ts';
import { CONFIGURATION, CREDENTIALS } from './world.ts';

/** What deploys more than once: `npm run test:full -- emulator`. */
const isWhole = process.env.KNOCKNOC_E2E_WHOLE !== undefined;
const python = await findPython();
if (!python && process.env.CI)
  throw new Error('the emulator tests need Python 3.10 or later, and CI does not skip them');
if (!python) console.log('SKIPPED: the end-to-end tests on the emulator, since there is no Python 3.10 or later here');

/** One emulator for everything in this file: starting it is most of the time. */
describe.runIf(python)('end to end on the emulator, after a real deploy', () => {
  let starting: Promise<EmulatorSystem> | undefined;
  const start = () => {
    starting ??= startEmulatorSystem({
      config: CONFIGURATION,
      credentials: CREDENTIALS.emulator,
      progress: { step: () => {}, line: () => {} },
    });
    return starting;
  };

  endToEnd(start, isWhole);

  operatedStack(start);

  const table = async () => {
    const { endpoint, region, outputs } = await start();
    // The adapter's client reads these when its module is loaded.
    Object.assign(process.env, {
      ...{ AWS_ENDPOINT_URL: endpoint, AWS_REGION: region },
      ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    });
    const { DynamoDbTable } = await import('../../lib/adapters/dynamodb-table.ts');
    return new DynamoDbTable(outputs.GrantsTableName ?? '');
  };
  tableContract('the emulator', table, {
    otherwise: [
      'an attribute without a name',
      'an attribute both set and removed',
      'an attribute both set and set once',
      'an attribute both set and added to',
      'an attribute both added to and removed',
      'an attribute removed twice',
      'an attribute touched twice',
      'truth values in an order',
      'a condition on an attribute without a name',
    ],
  });

  describe.runIf(isWhole)('whole', () => {
    fromTemplate(start);
    fromNothing(start);
    fromPackage(start);
    strangers(start);
  });
});
