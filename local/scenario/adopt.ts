import { CliFailure } from '../../cli/cli-failure.ts';
import type { Surroundings } from '../../cli/command.ts';
import { adopt } from '../../cli/commands/adopt.ts';
import { OktaFailure } from '../../lib/okta/okta-failure.ts';
import { operated } from '../operator.ts';
import type { World } from './world.ts';

/**
 * What an operator does with `npm run zone -- adopt --yes`, from the first look at the zones to the result of the
 * rebuild.
 * @param say is told of each line that the command prints
 */
export async function adoptAsOperator(acl: string, world: World, say: (line: string) => void): Promise<void> {
  const target = operated({
    ...{ functions: world.functions, oktaCredentials: world.oktaCredentials, webhookSecret: world.webhookSecret },
    ...{ allowlistSecret: world.allowlistSecret, clientKeys: world.clientKeys },
    lines: () => [],
    webhookUrl: 'https://webhook.example',
    config: () => world.config,
  });
  try {
    await adopt(target, { acl, yes: true }, surroundings(world, say));
  } catch (error) {
    if (!(error instanceof CliFailure || error instanceof OktaFailure)) throw error;
    say(error.message);
  }
}

function surroundings(world: World, say: (line: string) => void): Surroundings {
  const nobody = () => Promise.reject(new CliFailure('nobody can be asked here'));
  return {
    terminal: {
      ...{
        out: say,
        note: () => {},
        isRead: async () => true,
        clear: () => {},
        openScreen: () => () => {},
        colours: false,
        coloursInNotes: false,
      },
      ...{ width: undefined, timeZone: 'UTC' },
      ...{ canAsk: false, ask: nobody, askSecretly: nobody, choose: nobody, readInput: nobody },
    },
    ...{ clock: world.clock, http: world.http, stop: new AbortController().signal },
    newId: () => `operator-${world.now}`,
    randomBytes: (size) => Buffer.alloc(size),
  };
}
