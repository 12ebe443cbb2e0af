/** `npm run simulator`: the Okta simulator as a program of its own. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { EXIT } from '../../cli/exit-codes.ts';
import { guardOutput } from '../../cli/guard-output.ts';
import { ownCommand, wholeNumber } from '../../cli/own-command.ts';
import { type RunningSimulator, startOktaSimulator } from './server.ts';

const DEFAULT_TOKEN = 'simulator-token';
const DEFAULT_ZONE = 'nzosimulated00000001';
const ABOUT = 'Simulates the part of Okta that manages IP network zones, on this machine.';

interface Settings {
  readonly port: number;
  readonly zone: readonly string[];
  readonly token: string;
}

function readSettings(): Settings {
  const { zone = [DEFAULT_ZONE], ...others } = ownCommand('npm run simulator --', ABOUT)
    .option('--port <number>', 'port to listen on; 0 means a free one', wholeNumber(0, 65_535), 0)
    .option(
      '--zone <id>',
      `an IP zone to begin with, holding only a placeholder; may be repeated (default: ${DEFAULT_ZONE})`,
      anotherZone,
    )
    .option('--token <text>', 'API token to accept, with the role ORG_ADMIN', token, DEFAULT_TOKEN)
    .parse()
    .opts();
  return { zone, ...others };
}

function anotherZone(id: string, before: readonly string[] | undefined): readonly string[] {
  if (/^[A-Za-z0-9_-]+$/.test(id)) return [...(before ?? []), id];
  throw new InvalidArgumentError('It must be an id.');
}

function token(text: string): string {
  if (/^\S+$/.test(text)) return text;
  throw new InvalidArgumentError('It must not be empty or hold spaces.');
}

function announce({ url }: RunningSimulator, { zone, token }: Settings): void {
  console.log(`Okta simulator  ${url}/  (open it in a browser to watch the zones)`);
  console.log(`API             ${url}/api/v1/zones`);
  console.log(`Control         ${url}/control/state`);
  console.log(`Zones           ${zone.join(', ')}`);
  console.log(`Authorization   ${token === DEFAULT_TOKEN ? `SSWS ${token}` : 'SSWS and the token given'}`);
  console.log('Ctrl-C ends it.');
}

async function main(): Promise<number> {
  const settings = readSettings();
  const { port, token } = settings;
  const placeholder = { gateways: ['192.0.2.0/32'] };
  const zones = Object.fromEntries(settings.zone.map((id) => [id, placeholder]));
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  let running: RunningSimulator;
  try {
    running = await startOktaSimulator({ port, token, zones });
  } catch (error) {
    console.error(`Cannot listen on port ${port}: ${error instanceof Error ? error.message : error}`);
    return EXIT.failure;
  }
  announce(running, settings);
  await stopped;
  await running.close();
  return 0;
}

// As if it had been asked to end.
guardOutput(() => process.emit('SIGTERM'));
process.exitCode = await main();
