import { Option } from '@commander-js/extra-typings';
import { EXIT } from '../cli/exit-codes.ts';
import { runTarget } from '../cli/find-target.ts';
import { guardOutput } from '../cli/guard-output.ts';
import { announceRun } from '../cli/local-run/run-file.ts';
import { ownCommand, wholeNumber } from '../cli/own-command.ts';
import { heading, readable, say, sayBad, sayStep } from './console.ts';
import { runDemo } from './demo.ts';
import { startEmbeddedSystem } from './embedded.ts';
import { Agent, realScript } from './knocknoc-simulator/agent.ts';
import { runListDemo } from './list-demo.ts';
import { LISTED_CONFIGURATION, LOCAL, LOCAL_CONFIGURATION } from './local-configuration.ts';
import { apiToken, serviceApp } from './okta-credentials.ts';
import { runPage } from './page/run-page.ts';
import type { Progress, RunningSystem } from './running-system.ts';

const ABOUT = `Runs the whole system on this machine, between a simulated Knocknoc and a simulated Okta, with a page to watch it on.
Without an option it is the production handlers on embedded stand-ins, for which only Node.js is needed.
Ctrl-C ends everything that was started.`;

const LOOK_FOR_PARENT_MS = 500;
const PORTS = { webhook: 8787, simulator: 8788, knocknoc: 8789 } as const;

function options() {
  return ownCommand('npm run local --', ABOUT)
    .option(
      '--emulator',
      'the real CDK deploy on an AWS emulator, on free ports; needs Python 3.10 or later too',
      false,
    )
    .option('--allowlist', "nobody posts: Knocknoc's list is read", false)
    .option('--oauth', 'signs in to Okta as a service app (OAuth with DPoP), which is all that Okta takes then', false)
    .option('--demo', 'tells the story of a few grants, checks each step, and exits', false)
    .addOption(portOption('--port <number>', "the webhook's port", PORTS.webhook))
    .addOption(portOption('--simulator-port <number>', 'the port of the simulated Okta', PORTS.simulator))
    .addOption(
      portOption('--knocknoc-port <number>', 'the port of the simulated Knocknoc and the page', PORTS.knocknoc),
    )
    .parse()
    .opts();
}

/** The emulator takes free ports. */
function portOption<Flags extends string>(flags: Flags, what: string, usual: number) {
  return new Option(flags, `${what} (default: ${usual}, any free one with \`--demo\`)`)
    .argParser(wholeNumber(0, 65_535))
    .conflicts('emulator');
}

type Options = ReturnType<typeof options>;

async function start(values: Options, signal: AbortSignal): Promise<RunningSystem> {
  const progress: Progress = {
    step: sayStep,
    line: (line) => {
      const text = readable(line);
      if (text) say(text);
    },
  };
  const credentials = values.oauth ? serviceApp() : apiToken(LOCAL.oktaToken);
  const config = values.allowlist ? LISTED_CONFIGURATION : LOCAL_CONFIGURATION;
  if (values.emulator) {
    // Loaded only when asked for: the other way must be up in seconds.
    const { startEmulatorSystem } = await import('./emulator/start.ts');
    return startEmulatorSystem({ config, credentials, progress, signal });
  }
  const free = values.demo ? 0 : undefined;
  return startEmbeddedSystem({
    ...{ config, progress, credentials },
    webhookPort: values.port ?? free ?? PORTS.webhook,
    simulatorPort: values.simulatorPort ?? free ?? PORTS.simulator,
    knocknocPort: values.knocknocPort ?? free ?? PORTS.knocknoc,
  });
}

/** @param isListed whether Knocknoc's list is read */
function printGuide(system: RunningSystem, isListed: boolean): void {
  const header = Object.entries(system.webhookHeaders).map(([name, value]) => ` --header '${name}: ${value}'`);
  const command = (words: string) =>
    `  WEBHOOK_SECRET='${system.webhookSecret}' npm run send -- ${words} --url '${system.webhookUrl}'${header.join('')}`;
  const { url, simulator } = system.knocknoc;
  const read = `  curl --user 'apikey:${simulator.key}' '${simulator.urlOf(url, LOCAL.acl)}'`;
  const list = isListed ? `${heading('Read the list, as the system does')}:\n\n${read}\n\n` : '';
  say(`
${heading('Knocknoc for Okta is running')} (${system.kind === 'embedded' ? 'embedded stand-ins' : 'AWS emulator'})

  the page         ${url}   (open it in a browser: log people in and out, break Okta, watch the zone)
  webhook          ${system.webhookUrl}
  simulated Okta   ${system.simulatorUrl}   (its own page)
  credentials      ${system.credentials.name}

${heading('Grant an IP for half a minute, and revoke it')}, from another terminal:

${command(`grant --acl ${LOCAL.acl} --ip 203.0.113.7 --for 30s`)}

${command(`revoke --acl ${LOCAL.acl} --ip 203.0.113.7`)}

${heading('See who is in, and whether all is well')}:

  npm run zone -- status --local
  npm run zone -- doctor --local

${list}Ctrl-C ends it. What happens:
`);
}

/** @param isListed whether Knocknoc's list is read: then its agent does nothing. @param signal ends the agent's runs */
async function showPage(system: RunningSystem, isListed: boolean, signal: AbortSignal): Promise<void> {
  const now = () => Date.now();
  const { knocknoc, simulator: okta, credentials, knoc, table } = system;
  const target = await runTarget(system.run);
  const agent = isListed ? {} : { agent: new Agent(realScript(knoc, signal), now) };
  knocknoc.show(runPage({ ...{ knocknoc: knocknoc.simulator, target, okta, credentials, table, now }, ...agent }));
}

/** @returns the exit code */
async function main(): Promise<number> {
  const values = options();
  const stop = new AbortController();
  const stopped = new Promise<void>((resolve) =>
    stop.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  // npm hands no SIGTERM on: it ends the shell between itself and this program, which then has another parent.
  const { ppid } = process;
  if (process.env.npm_lifecycle_event) {
    setInterval(() => process.ppid !== ppid && stop.abort(), LOOK_FOR_PARENT_MS).unref();
  }
  const system = await start(values, stop.signal).catch((error: unknown) => {
    if (stop.signal.aborted) return undefined; // What was started has been ended again: that was asked for.
    throw error;
  });
  if (!system) return EXIT.interrupted;
  try {
    await system.simulator.seedZone(LOCAL.zoneId, {
      name: LOCAL.zoneName,
      gateways: [{ type: 'CIDR', value: LOCAL.sentinel }],
    });
    if (!values.demo) {
      await showPage(system, values.allowlist, stop.signal);
      const withdraw = await announceRun(system.run);
      printGuide(system, values.allowlist);
      if (!withdraw) sayBad('Another local run is here already: `npm run zone -- … --local` speaks with that one.');
      await stopped;
      await withdraw?.();
      return 0;
    }
    const held = await Promise.race([values.allowlist ? runListDemo(system) : runDemo(system), stopped]);
    if (stop.signal.aborted) return EXIT.interrupted;
    say(held ? `\n${heading('All steps held.')}` : `\n${heading('Not all steps held.')}`);
    return held ? EXIT.fine : EXIT.failure;
  } finally {
    await system.close();
  }
}

// As if it had been asked to end.
guardOutput(() => process.emit('SIGTERM'));
try {
  process.exit(await main());
} catch (error) {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  sayBad(
    code === 'EADDRINUSE'
      ? `port ${port} is taken: choose another with --port, --simulator-port or --knocknoc-port`
      : message,
  );
  process.exit(EXIT.failure);
}
