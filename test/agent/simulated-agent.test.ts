import { describe, expect, it } from 'vitest';
import { realScript } from '../../local/knocknoc-simulator/agent.ts';
import { canRun } from './script.ts';

describe.runIf(canRun)('the simulated Knocknoc’s agent', () => {
  const signal = new AbortController().signal;

  it('runs the real script with the variables of the Knoc, and keeps its status and what it said', async () => {
    const run = realScript({ KNOCKNOC_OKTA_URL: 'ftp://here' }, signal);
    expect(await run(['add', 'okta-prod', '203.0.113.7'])).toEqual({
      code: 2,
      said: expect.stringContaining('KNOCKNOC_OKTA_URL must begin with https://'),
    });
  });

  it('says that the script did not run to its end where it was ended', async () => {
    const run = realScript({}, AbortSignal.abort());
    expect(await run(['add', 'okta-prod', '203.0.113.7'])).toMatchObject({ code: null });
  });
});
