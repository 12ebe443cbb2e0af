import { describe } from 'vitest';
import { findPython } from '../../local/emulator/python.ts';
import { startEmulatorSystem } from '../../local/emulator/start.ts';
import { endToEnd } from './suite.ts';
import { CONFIGURATION, OKTA_TOKEN } from './world.ts';

const python = await findPython();
if (!python && process.env.CI)
  throw new Error('the emulator tests need Python 3.10 or later, and CI does not skip them');
if (!python) console.log('SKIPPED: the end-to-end tests on the emulator, since there is no Python 3.10 or later here');

describe.runIf(python)('end to end on the emulator, after a real deploy', () => {
  endToEnd(() =>
    startEmulatorSystem({
      config: CONFIGURATION,
      oktaToken: OKTA_TOKEN,
      progress: { step: () => {}, line: () => {} },
    }),
  );
});
