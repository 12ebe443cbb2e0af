import { randomBytes } from 'node:crypto';
import { type Config, listedAcls } from '../../lib/config.ts';
import { type RunningKnocknoc, serveKnocknoc } from './server.ts';

/** A Knocknoc for a local run. */
export interface LocalKnocknoc extends RunningKnocknoc {
  /** What the secret of the lists must hold for it; absent where the configuration reads none. */
  readonly secret?: string;
}

/** Starts a Knocknoc that publishes the lists of a configuration. */
export async function startKnocknoc(config: Config, port = 0): Promise<LocalKnocknoc> {
  const running = await serveKnocknoc({ key: randomBytes(24).toString('base64url'), port });
  const acls = listedAcls(config);
  return acls.length === 0 ? running : { ...running, secret: running.simulator.secretFor(running.url, acls) };
}
