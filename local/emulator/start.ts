import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { emulatedAnswerUrl, emulatedKnoc, emulatedUrl } from '../../cli/emulated-url.ts';
import { parseConfig } from '../../config/load.ts';
import { startKnocknoc } from '../knocknoc-simulator/start-knocknoc.ts';
import type { LocalCredentials } from '../okta-credentials.ts';
import { SimulatorControl } from '../okta-simulator/control-client.ts';
import { type RunningSimulator, startOktaSimulator } from '../okta-simulator/server.ts';
import type { Progress, RunningSystem } from '../running-system.ts';
import { merged, type RawConfig } from '../settings.ts';
import { Cleanup } from './cleanup.ts';
import { bootstrap, type CdkRun, deploy, functionLogGroups, synthesise } from './deployment.ts';
import { awsClientConfig, CREDENTIALS, REGION } from './environment.ts';
import { firstTick } from './first-tick.ts';
import { localConfig } from './local-config.ts';
import { followLogs } from './log-follower.ts';
import { type Ministack, startMinistack } from './ministack-process.ts';
import { LOCAL, NODE_PROGRAMS, ROOT } from './paths.ts';
import { exchangeSecrets } from './secrets.ts';
import { ensureVirtualEnvironment } from './virtual-environment.ts';

export interface EmulatorSystemOptions {
  /** As in a configuration file, without `okta.baseUrl`: that is the simulator. `retainData` is off where absent. */
  readonly config: RawConfig;
  readonly progress: Progress;
  /** Ends the start, or a deploy later, wherever it is. A start ended so leaves nothing. */
  readonly signal?: AbortSignal;
  /** Those that the secret holds and the simulator takes. */
  readonly credentials: LocalCredentials;
  /** The folder of the project whose app is deployed: this one where absent, or another version of it. */
  readonly project?: string;
  /** Default: a free one. */
  readonly simulatorPort?: number;
  /** For the emulator's log and, while it runs, its files. Default: `.local` in the repository. */
  readonly workDir?: string;
}

export interface EmulatorSystem extends RunningSystem {
  readonly kind: 'emulator';
  /** Where the emulator answers AWS clients (see `awsClientConfig`). */
  readonly endpoint: string;
  readonly region: string;
  /** Of the stack, as of the last deploy. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Deploys another version of this project over it, with the same settings. @param project its folder */
  deployVersion(project: string): Promise<void>;
}

/** The programs behind a system; tests put their own in their place. */
export interface Programs {
  readonly cdk: string;
  /** @returns path of the Python that has the emulator */
  python(progress: Progress, signal: AbortSignal): Promise<string>;
}

const PROGRAMS: Programs = {
  cdk: join(NODE_PROGRAMS, 'cdk'),
  python: (progress, signal) => ensureVirtualEnvironment({ progress, signal }),
};

/**
 * Deploys the CDK app to an emulator of AWS on this machine, with the Okta simulator beside it, and
 * gets it ready to take webhooks.
 * @throws {PythonMissing} when the emulator cannot run here
 */
export async function startEmulatorSystem(
  options: EmulatorSystemOptions,
  programs: Programs = PROGRAMS,
): Promise<EmulatorSystem> {
  const cleanup = new Cleanup();
  const stop = new AbortController();
  try {
    options.signal?.throwIfAborted();
    return await start(options, programs, cleanup, stop);
  } catch (error) {
    stop.abort(error);
    // Said beside it: what stopped the start matters more.
    await cleanup.run().catch((failure: Error) => options.progress.step(failure.message));
    throw error;
  }
}

async function start(
  { config, progress, credentials, ...options }: EmulatorSystemOptions,
  programs: Programs,
  cleanup: Cleanup,
  stop: AbortController,
): Promise<EmulatorSystem> {
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const workDir = resolve(options.workDir ?? LOCAL);
  await mkdir(workDir, { recursive: true });
  const directory = await mkdtemp(join(workDir, 'emulator-run-'));
  cleanup.add(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  // Functions are unpacked below it. They must not take this project's word for what a `.js` file is.
  await writeFile(join(directory, 'package.json'), '{"type":"commonjs"}');
  progress.step('starting the Okta simulator');
  const simulator = await startOktaSimulator({ port: options.simulatorPort ?? 0, ...credentials.known });
  cleanup.add(() => simulator.close());
  const parsed = parseConfig(localConfig(config, simulator.url));
  simulator.simulator.protect(Object.values(parsed.acls).map(({ zoneIds }) => zoneIds));
  const knocknoc = await startKnocknoc(parsed);
  cleanup.add(() => knocknoc.close());

  let cdk: CdkRun = { cdk: programs.cdk, project: options.project ?? ROOT, directory, signal };
  const [ministack] = await both(
    stop,
    startAccount(cdk, programs, { workDir, progress, cleanup }),
    synthesiseWith(cdk, localConfig(config, simulator.url), progress),
  );
  const { endpoint } = ministack;
  progress.step('deploying the stack');
  let outputs = await deploy(cdk, endpoint);
  progress.step(`storing the ${credentials.name} for Okta`);
  const aws = awsClientConfig({ endpoint, region: REGION });
  const logs = await followLogs(aws, await functionLogGroups(directory), progress);
  cleanup.add(() => logs.stop());
  const exchanged = { credentials: credentials.text, lists: knocknoc.secret };
  const webhookSecret = await exchangeSecrets({ aws, outputs, ...exchanged, signal });
  if (knocknoc.secret !== undefined) await firstTick(aws, signal);
  signal.throwIfAborted();

  let settings = config;
  let deploying: Promise<void> = Promise.resolve();
  const redeploy = async (change: RawConfig) => {
    const changed = merged(settings, change);
    await synthesiseWith(cdk, localConfig(changed, simulator.url), progress);
    progress.step('deploying the stack again');
    outputs = await deploy(cdk, endpoint);
    settings = changed;
  };
  /** One after the other. */
  const inTurn = (deployment: () => Promise<void>) => {
    const turn = deploying.then(deployment);
    deploying = turn.catch(() => undefined);
    return turn;
  };
  const { WebhookUrl: deployedUrl = '' } = outputs;
  const webhookFinds = (url: string) => emulatedAnswerUrl(url, deployedUrl, endpoint);
  const webhookUrl = emulatedUrl(deployedUrl, endpoint);
  const stackName = String(config.stackName ?? 'KnocknocOkta');
  return {
    kind: 'emulator',
    webhookUrl,
    webhookHeaders: {},
    webhookFinds,
    run: {
      kind: 'emulator',
      pid: process.pid,
      endpoint,
      region: REGION,
      credentials: CREDENTIALS,
      stackName,
      webhookUrl,
    },
    webhookSecret,
    ...simulatorOf(simulator),
    credentials,
    knocknoc,
    knoc: { ...emulatedKnoc(deployedUrl, endpoint), KNOCKNOC_OKTA_SECRET: webhookSecret },
    endpoint,
    region: REGION,
    get outputs() {
      return outputs;
    },
    logs: () => logs.lines(),
    redeploy: (change) => inTurn(() => redeploy(change)),
    deployVersion: (project) =>
      inTurn(() => {
        cdk = { ...cdk, project };
        return redeploy({});
      }),
    close: async () => {
      stop.abort(new Error('the system is closed'));
      await deploying;
      await cleanup.run();
    },
  };
}

/** An emulator with an account that is ready for the CDK. */
async function startAccount(
  cdk: CdkRun,
  programs: Programs,
  { workDir, progress, cleanup }: { workDir: string; progress: Progress; cleanup: Cleanup },
): Promise<Ministack> {
  const python = await programs.python(progress, cdk.signal);
  progress.step('starting the emulator');
  const logFile = join(workDir, 'emulator.log');
  const { directory, signal } = cdk;
  const onLost = (how: string) => progress.step(`the emulator has ended by itself (${how}); its log: ${logFile}`);
  const ministack = await startMinistack({ python, directory, logFile, signal, onLost });
  cleanup.add(() => ministack.stop());
  progress.step('bootstrapping the account');
  await bootstrap(cdk, ministack.endpoint);
  return ministack;
}

async function synthesiseWith(cdk: CdkRun, config: RawConfig, progress: Progress): Promise<void> {
  progress.step('synthesising the stack');
  await synthesise(cdk, config);
}

/** Waits for two tasks. When one fails the other is told to stop, and has stopped before this rejects. */
async function both<A, B>(stop: AbortController, a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const fail = (error: unknown) => {
    stop.abort(error);
    throw error;
  };
  await Promise.allSettled([a.catch(fail), b.catch(fail)]);
  return Promise.all([a, b]);
}

function simulatorOf({ url }: RunningSimulator) {
  return { simulator: new SimulatorControl(url), simulatorUrl: url };
}
