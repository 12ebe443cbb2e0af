import { randomBytes } from 'node:crypto';
import { type Config, listedAcls } from '../../lib/config.ts';
import { type RunningKnocknoc, startKnocknoc } from './server.ts';

/** A Knocknoc for a local run. */
export interface RunningLists extends RunningKnocknoc {
  /** What the secret of the lists must hold for it. */
  readonly secret: string;
}

/** Starts a Knocknoc that publishes the lists of a configuration. @returns undefined where it reads none */
export async function startLists(config: Config, port = 0): Promise<RunningLists | undefined> {
  const acls = listedAcls(config);
  if (acls.length === 0) return undefined;
  const running = await startKnocknoc({ key: randomBytes(24).toString('base64url'), acls, port });
  return { ...running, secret: running.simulator.secretFor(running.url, acls) };
}
