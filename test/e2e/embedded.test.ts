import { describe } from 'vitest';
import { startEmbeddedSystem } from '../../local/embedded.ts';
import { endToEnd } from './suite.ts';
import { CONFIGURATION, OKTA_TOKEN } from './world.ts';

describe('end to end on the embedded stand-ins', () => {
  endToEnd(() =>
    startEmbeddedSystem({
      config: CONFIGURATION,
      oktaToken: OKTA_TOKEN,
      progress: { step: () => {}, line: () => {} },
    }),
  );
});
