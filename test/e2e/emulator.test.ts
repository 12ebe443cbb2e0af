import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPython } from '../../local/emulator/python.ts';
import { type EmulatorSystem, startEmulatorSystem } from '../../local/emulator/start.ts';
import { tableContract } from '../stand-ins/table-contract.ts';
import { endToEnd } from './suite.ts';
import { CONFIGURATION, OKTA_TOKEN } from './world.ts';

const python = await findPython();
if (!python && process.env.CI)
  throw new Error('the emulator tests need Python 3.10 or later, and CI does not skip them');
if (!python) console.log('SKIPPED: the end-to-end tests on the emulator, since there is no Python 3.10 or later here');

/** One emulator for everything in this file: starting it is most of the time. */
describe.runIf(python)('end to end on the emulator, after a real deploy', () => {
  let running: Promise<EmulatorSystem> | undefined;
  const start = () => {
    running ??= startEmulatorSystem({
      config: CONFIGURATION,
      oktaToken: OKTA_TOKEN,
      progress: { step: () => {}, line: () => {} },
    });
    return running;
  };

  endToEnd(start);
});
