/** For `vi.waitFor`: its own second is too short on a machine that others use too. Milliseconds, less than a test has. */
export const PATIENT = { timeout: 50_000, interval: 20 };
