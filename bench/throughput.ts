import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { signedHeaders } from '../cli/webhook-client.ts';
import { apiEvent } from '../local/webhook-server.ts';
import { ACL, VirtualSystem, WEBHOOK_KEY } from '../test/helpers/virtual-system.ts';
import { type Bench, rounded } from './bench-result.ts';

const EVENTS = 2_000;
/** Such a burst, spread over ten seconds, is eight updates (`npm run bench bursts`). */
const REBUILDS = 8;
const ROUNDS = 3;

interface Request {
  readonly body: string;
  readonly headers: ReturnType<typeof signedHeaders>;
}

/** How many events a second go through each stage, all in one process, and where the time goes. */
export const run: Bench = async (progress) => {
  const best = { baseline: Infinity, webhook: Infinity, grants: Infinity, zone: Infinity };
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`round ${round} of ${ROUNDS}`);
    const measured = await measure();
    for (const stage of ['baseline', 'webhook', 'grants', 'zone'] as const) {
      best[stage] = Math.min(best[stage], measured[stage]);
    }
  }
  const total = best.webhook + best.grants + best.zone;
  const row = (stage: string, ms: number, share: string) => [
    ...[stage, rounded((1000 * ms) / EVENTS, 1), Math.round((1000 * EVENTS) / ms).toLocaleString('en-US'), share],
    rounded(ms / best.baseline, 1),
  ];
  const share = (ms: number) => `${Math.round((100 * ms) / total)} %`;
  return {
    tables: [
      {
        title: 'Throughput in one process',
        columns: ['stage', 'for an event (µs)', 'events a second', 'share', 'against the baseline'],
        rows: [
          row('webhook: judge, put onto the queue', best.webhook, share(best.webhook)),
          row('grants: apply to the table', best.grants, share(best.grants)),
          row(`zone: ${REBUILDS} rebuilds, Okta simulated`, best.zone, share(best.zone)),
          row('all of it', total, '100 %'),
          row('baseline: HMAC and JSON.parse alone', best.baseline, ''),
        ],
        note: `${EVENTS.toLocaleString('en-US')} grants, each stage by itself; the best of ${ROUNDS} rounds. The handlers are the production ones. Queue, table, secrets and Okta are stand-ins in memory (the first of the rebuilds writes, the others compare), whose own time is counted in, so this is what the code costs and not what AWS delivers: there, the calls over the network are nearly all of the time.`,
      },
    ],
    goals: [],
  };
};

/** @returns milliseconds for all events */
async function measure(): Promise<{ baseline: number; webhook: number; grants: number; zone: number }> {
  const system = new VirtualSystem();
  system.latencyMs = 0;
  // The stages one after the other: the stream would start the zone function in between.
  system.functions.stream.losesEverything = true;
  const requests = Array.from({ length: EVENTS }, (_, index) => requestOf(system, index));
  const baseline = await timed(() => requests.forEach(verify));
  const webhook = await timed(async () => {
    for (const { body, headers } of requests) {
      const all = { 'content-type': 'application/json', ...headers };
      const { statusCode } = await system.functions.webhook(apiEvent('/webhook', all, Buffer.from(body)));
      if (statusCode !== 202) throw new Error(`the webhook answers ${statusCode}`);
    }
  });
  const grants = await timed(async () => {
    while (system.functions.events.length > 0) await system.clock.advance(1);
  });
  const zone = await timed(async () => {
    for (let i = 0; i < REBUILDS; i += 1) {
      await system.clock.finish(system.functions.rebuild(ACL));
      // Past the pause that follows an update.
      await system.clock.advance(1_000);
    }
  });
  const inZone = system.gateways().reduce((sum, cidr) => sum + 2 ** (32 - Number(cidr.split('/')[1])), 0);
  if (inZone !== EVENTS) throw new Error(`${inZone} of ${EVENTS} are in the zone`);
  return { baseline, webhook, grants, zone };
}

function requestOf(system: VirtualSystem, index: number): Request {
  const now = system.clock.now();
  const data = {
    acl: ACL,
    ip: `203.1.${index >> 8}.${index & 255}`,
    grantId: `session-${index}`,
    durationSeconds: 3_600,
  };
  const body = JSON.stringify({ type: 'access.granted', timestamp: new Date(now).toISOString(), data });
  return { body, headers: signedHeaders(WEBHOOK_KEY, `throughput-${index}`, Math.floor(now / 1000), body) };
}

/** The least that any receiver of signed webhooks does. */
function verify({ body, headers }: Request): void {
  const mac = createHmac('sha256', KEY)
    .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
    .digest();
  const given = Buffer.from(headers['webhook-signature'].slice('v1,'.length), 'base64');
  if (!timingSafeEqual(mac, given) || JSON.parse(body).data.acl !== ACL) throw new Error('the signature is wrong');
}
const KEY = createSecretKey(Buffer.from(WEBHOOK_KEY, 'base64'));

async function timed(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
