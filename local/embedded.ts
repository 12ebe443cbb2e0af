import { randomBytes } from 'node:crypto';
import { parseConfig } from '../config/load.ts';
import { fetchHttp } from '../lib/adapters/fetch-http.ts';
import { aclConfig, listedAcls } from '../lib/config.ts';
import { armReads } from '../lib/expiry/arm-reads.ts';
import { EmbeddedFunctions } from './embedded-functions.ts';
import { startKnocknoc } from './knocknoc-simulator/start-knocknoc.ts';
import type { LocalCredentials } from './okta-credentials.ts';
import { SimulatorControl } from './okta-simulator/control-client.ts';
import { startOktaSimulator } from './okta-simulator/server.ts';
import { operated } from './operator.ts';
import { startOperatorServer } from './operator-server.ts';
import type { LogLine, Progress, RunningSystem } from './running-system.ts';
import { merged, type RawConfig } from './settings.ts';
import { AccountQuota, Throttled } from './stand-ins/account-quota.ts';
import { SystemCallbackClock } from './stand-ins/callback-clock.ts';
import { MemoryClientKeys } from './stand-ins/memory-client-keys.ts';
import { MemorySecret } from './stand-ins/memory-secret.ts';
import { startWebhookServer } from './webhook-server.ts';

/** More lines than a long test writes; a run of days must not fill the memory. */
const KEPT_LINES = 20_000;

export interface EmbeddedSystemOptions {
  /** As in a configuration file, without `okta.baseUrl`: that is the simulator. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly progress: Progress;
  /** Those that the secret holds and the simulator takes. */
  readonly credentials: LocalCredentials;
  /** Invocations at once, and how long each takes beside what it does, in milliseconds; any number where absent. */
  readonly quota?: { readonly most: number; readonly startMs: number };
  readonly webhookPort?: number;
  readonly simulatorPort?: number;
  readonly knocknocPort?: number;
}

export interface EmbeddedSystem extends RunningSystem {
  readonly functions: EmbeddedFunctions;
  readonly oktaCredentialsSecret: MemorySecret;
  readonly webhookSecretStore: MemorySecret;
  readonly allowlistSecret: MemorySecret;
  readonly quota?: AccountQuota;
}

/** Starts the whole system in this process: the production handlers, the stand-ins, the webhook's server and the simulator. */
export async function startEmbeddedSystem(options: EmbeddedSystemOptions): Promise<EmbeddedSystem> {
  const clock = new SystemCallbackClock();
  const simulator = await startOktaSimulator({ port: options.simulatorPort ?? 0, ...options.credentials.known });
  const lines: LogLine[] = [];
  let settings = merged({ okta: { domain: 'local.okta.com' } }, options.config);
  const configure = (change: RawConfig) => {
    settings = merged(merged(settings, change), { okta: { baseUrl: simulator.url } });
    const parsed = parseConfig(settings);
    simulator.simulator.protect(Object.values(parsed.acls).map(({ zoneIds }) => zoneIds));
    return parsed;
  };
  const key = randomBytes(33).toString('base64');
  const oktaCredentialsSecret = new MemorySecret(options.credentials.text);
  const webhookSecret = new MemorySecret(JSON.stringify({ current: key }));
  const clientKeys = new MemoryClientKeys(() => clock.now());
  let config = configure({});
  const knocknoc = await startKnocknoc(config, options.knocknocPort);
  const allowlistSecret = new MemorySecret(knocknoc.secret);
  clientKeys.deploy(config.okta.clientKeyNames ?? []);
  const quota = options.quota && new AccountQuota({ ...options.quota, clock });
  try {
    const functions = new EmbeddedFunctions({
      config,
      clock,
      http: fetchHttp,
      webhookSecret,
      oktaCredentials: oktaCredentialsSecret,
      ...{ allowlistSecret, knocknoc: fetchHttp },
      keys: clientKeys.signers,
      ...(quota && { quota }),
      write: (line) => {
        lines.push(line);
        if (lines.length > KEPT_LINES) lines.splice(0, KEPT_LINES / 2);
        options.progress.line(line);
      },
    });
    const server = await startWebhookServer(
      {
        webhook: (event) => functions.webhook(event).catch(busy),
        outcome: (event) => functions.outcome(event).catch(busy),
      },
      options.webhookPort ?? 0,
    );
    const operator = await startOperatorServer(
      operated({
        ...{ functions, webhookSecret, oktaCredentials: oktaCredentialsSecret, allowlistSecret, clientKeys },
        webhookUrl: server.url,
        lines: () => lines,
        config: () => config,
      }),
    );
    functions.start();
    // As if a tick had just come: the first is a minute away.
    for (const acl of listedAcls(config)) {
      const list = aclConfig(config, acl)?.allowlist;
      if (list) await armReads(acl, list, functions.reads, new Map(), clock.now());
    }
    return {
      kind: 'embedded',
      webhookUrl: server.url,
      webhookHeaders: {},
      webhookSecret: key,
      simulator: new SimulatorControl(simulator.url),
      simulatorUrl: simulator.url,
      credentials: options.credentials,
      knocknoc,
      knoc: { KNOCKNOC_OKTA_URL: server.url, KNOCKNOC_OKTA_SECRET: key },
      run: { kind: 'embedded', pid: process.pid, operator: operator.address },
      functions,
      table: functions.table,
      ...(quota && { quota }),
      oktaCredentialsSecret,
      webhookSecretStore: webhookSecret,
      allowlistSecret,
      logs: async () => [...lines],
      redeploy: async (change) => {
        config = configure(change);
        clientKeys.deploy(config.okta.clientKeyNames ?? []);
        functions.deploy(config);
      },
      close: async () => {
        clock.close();
        await Promise.all([operator.close(), server.close(), simulator.close(), knocknoc.close()]);
      },
    };
  } catch (error) {
    clock.close();
    await Promise.all([simulator.close(), knocknoc.close()]);
    throw error;
  }
}

/** What an HTTP API answers where Lambda throttles it. */
function busy(error: unknown): { readonly statusCode: number; readonly body: string } {
  if (!(error instanceof Throttled)) throw error;
  return { statusCode: 503, body: '{"message":"Service Unavailable"}' };
}
