/** `npm run simulator`: the Okta simulator as a program of its own. */
import { parseArgs } from 'node:util';
import { EXIT } from '../../cli/exit-codes.ts';
import { guardOutput } from '../../cli/guard-output.ts';
import { type RunningSimulator, startOktaSimulator } from './server.ts';

const DEFAULT_TOKEN = 'simulator-token';
const DEFAULT_ZONE = 'nzosimulated00000001';
const HELP = `Usage: npm run simulator -- [options]

Simulates the part of Okta that manages IP network zones, on this machine.

  --port N      port to listen on (default: a free one)
  --zone ID     an IP zone to begin with, holding only a placeholder; may be repeated
                (default: ${DEFAULT_ZONE})
  --token TEXT  API token to accept, with the role ORG_ADMIN (default: ${DEFAULT_TOKEN})
  --help        this text
`;

interface Settings {
  readonly port: number;
  readonly zones: readonly string[];
  readonly token: string;
}

/** @returns undefined when help is asked for. @throws {TypeError} for flags it does not understand */
function readFlags(args: string[]): Settings | undefined {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '0' },
      zone: { type: 'string', multiple: true, default: [DEFAULT_ZONE] },
      token: { type: 'string', default: DEFAULT_TOKEN },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) throw new TypeError(`--port: not a port: ${values.port}`);
  if (!/^\S+$/.test(values.token)) throw new TypeError('--token: must not be empty or hold spaces');
  const bad = values.zone.find((id) => !/^[A-Za-z0-9_-]+$/.test(id));
  if (bad !== undefined) throw new TypeError(`--zone: not an id: ${bad}`);
  return { port, zones: values.zone, token: values.token };
}

function announce({ url }: RunningSimulator, { zones, token }: Settings): void {
  console.log(`Okta simulator  ${url}/  (open it in a browser to watch the zones)`);
  console.log(`API             ${url}/api/v1/zones`);
  console.log(`Control         ${url}/control/state`);
  console.log(`Zones           ${zones.join(', ')}`);
  console.log(`Authorization   ${token === DEFAULT_TOKEN ? `SSWS ${token}` : 'SSWS and the token given'}`);
  console.log('Ctrl-C ends it.');
}

async function main(): Promise<number> {
  let settings: Settings | undefined;
  try {
    settings = readFlags(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    return EXIT.usage;
  }
  if (settings === undefined) {
    console.log(HELP);
    return 0;
  }
  const { port, token } = settings;
  const placeholder = { gateways: ['192.0.2.0/32'] };
  const zones = Object.fromEntries(settings.zones.map((id) => [id, placeholder]));
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
