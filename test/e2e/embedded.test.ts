import { describe } from 'vitest';
import { startEmbeddedSystem } from '../../local/embedded.ts';
import { endToEnd } from './suite.ts';
import { CONFIGURATION, CREDENTIALS } from './world.ts';

describe('end to end on the embedded stand-ins', () => {
  endToEnd(() =>
    startEmbeddedSystem({
      config: CONFIGURATION,
      credentials: CREDENTIALS.embedded,
      progress: { step: () => {}, line: () => {} },
    }),
  );
});
