import type { LocalCredentials } from '../../local/okta-credentials.ts';
import type { SimulatorControl } from '../../local/okta-simulator/control-client.ts';
import type { Fault } from '../../local/okta-simulator/types.ts';
import type { Random } from '../simulation/random.ts';

const FAULTS: readonly [Fault, ...Fault[]] = [
  { status: 500 },
  { status: 503, apply: true },
  { status: 401 },
  { status: 403, body: 'html' },
  { status: 429, body: 'empty' },
  { status: 400, body: 'html' },
  { rateLimit: { resetInSeconds: 7 } },
  { concurrency: true },
  { hang: true, apply: true },
  { drop: 'before' },
  { drop: 'after' },
  { delayMs: 6_000, apply: 'end' },
  { truncate: true },
  { stale: { changes: 1 } },
  { headers: { date: 'Thu, 01 Jan 1970 00:00:00 GMT' } },
  { headers: { 'x-rate-limit-reset': '99999999999999' } },
];
/** Seconds that Okta takes no credentials. */
const LOCKED_OUT = 8;

/** Makes Okta fail in one way or another for a moment. @returns in which */
export async function breakOkta(
  okta: SimulatorControl,
  credentials: LocalCredentials,
  random: Random,
): Promise<string> {
  if (random.chance(0.1)) {
    await credentials.revoke(okta);
    setTimeout(() => void credentials.allow(okta).catch(() => {}), LOCKED_OUT * 1_000);
    return 'credentials revoked';
  }
  if (random.chance(0.1)) {
    await okta.setLatency({ ms: random.whole(0, 3_000) });
    return 'latency';
  }
  const fault = random.pick(FAULTS);
  await okta.addFault({ count: random.whole(1, 6), seconds: random.whole(5, 30), fault });
  return JSON.stringify(fault);
}
