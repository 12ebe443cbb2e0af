import { Argument, Command, Option } from '@commander-js/extra-typings';
import { VERSION } from '../lib/version.ts';
import { usageFailure } from './cli-failure.ts';
import type { Command as Run } from './command.ts';
import { adopt } from './commands/adopt.ts';
import { bearerToken } from './commands/bearer-token.ts';
import { doctor } from './commands/doctor.ts';
import { history } from './commands/history.ts';
import { oauthKey } from './commands/oauth-key.ts';
import { outputs } from './commands/outputs.ts';
import { redrive } from './commands/redrive.ts';
import { revokeUser } from './commands/revoke-user.ts';
import { rotateWebhookSecret } from './commands/rotate-webhook-secret.ts';
import { selftest } from './commands/selftest.ts';
import { flush, grant, revoke } from './commands/send-event.ts';
import { senderEnv } from './commands/sender-env.ts';
import { setAllowlist } from './commands/set-allowlist.ts';
import { setCredentials } from './commands/set-credentials.ts';
import { setup } from './commands/setup.ts';
import { status } from './commands/status.ts';
import { verify } from './commands/verify.ts';
import { findConfigFile, type TargetOptions } from './find-target.ts';
import { acls, dropPrevious, json, oneAcl, remove, seconds, showAgain, steps, wait, waiting, yes } from './options.ts';
import { describeOption, wholeNumber } from './own-command.ts';
import { printScript, SHELLS } from './shells.ts';

/** Runs one command against the system that its options name. */
export type Execute = <Options>(run: Run<Options>, options: Options, target: TargetOptions) => Promise<void>;

const ZONE = 'npm run zone --';
const ABOUT = `Operates a deployment of Knocknoc for Okta, or the local one.

Exit codes: 0 fine; 1 it works, but someone should look; 2 something is wrong, or was not done; 64 the command line is wrong. More in docs/cli.md.`;

const WATCH_SECONDS = 2;

/** The command line as a whole: what can be typed, and what each command is given of it. */
export function createProgram(execute: Execute) {
  // The options that name the system may stand before the command or after it.
  const program = new Command(ZONE)
    .description(ABOUT)
    .configureHelp({ showGlobalOptions: true, optionDescription: describeOption })
    .option('--stack <name>', 'the stack (default: stackName of the configuration file, else KnocknocOkta)')
    .option('--region <name>', 'its region (default: as the AWS SDK finds it, such as AWS_REGION)')
    .option('--local', 'the system that `npm run local` has started', false)
    .option('--endpoint-url <url>', 'an emulator of AWS (default: AWS_ENDPOINT_URL)')
    .option('--config <file>', 'the configuration file (default: config.json, where there is one)')
    .version(VERSION, '--version', 'the version of this command line')
    .helpCommand(false);
  const add = (name: string, summary: string, examples: readonly string[]) => {
    const command = program.command(name).summary(summary).description(summary);
    return command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${ZONE} ${example}`).join('\n')}`);
  };
  const run = <Options>(command: Run<Options>, options: Options) => execute(command, options, program.opts());

  add('setup', 'leads from a deploy to the first person in the zone, step by step', [
    'setup',
    'setup --step zones',
    'setup --acl okta-prod --ip 203.0.113.7 --json < token.txt',
  ])
    .addOption(oneAcl())
    .addOption(steps())
    .option('--client-id <id>', 'of a service app; with `--kid` and `--key`')
    .option('--kid <name>', 'the name of its key, as Okta shows it')
    .option('--key <file>', 'its private key, PEM or JWK')
    .option(
      '--zone <name>',
      'the zone of the org that the ACL is to write, by name or id: compared with the configuration',
    )
    .option('--ip <address>', 'whom to let in at the end')
    .option('--user <name>', 'the person, for the log')
    .option('--for <duration>', 'how long, such as 30s, 15m or 8h (default: by the configuration)', seconds)
    .option(
      '--timeout <seconds>',
      'how long the way in, and the way out, of the test may each take',
      wholeNumber(5, 900),
      60,
    )
    .addOption(json())
    .action(({ for: durationSeconds, ...options }) => {
      const more = { ...configFileOf(program.opts()), ...(durationSeconds !== undefined && { durationSeconds }) };
      return execute(setup, { ...options, ...more, unchecked: false }, { ...program.opts(), search: true });
    });

  add('status', 'shows who is in, and how the zones stand', [
    'status',
    'status --acl okta-prod --watch',
    'status --user alice@example.com',
    'status --json',
  ])
    .addOption(acls())
    .option('--user <name>', 'only the grants of this person, whatever the case')
    .option('--ip <address>', 'only the grants on this IP')
    .option(
      '--watch [seconds]',
      `check again every so many seconds, until Ctrl-C (default: ${WATCH_SECONDS})`,
      wholeNumber(1, 3600),
    )
    .addOption(json())
    .action(({ watch, ...options }) => {
      const every = watch === true ? WATCH_SECONDS : watch;
      return run(status, { ...options, ...(every !== undefined && { watch: every }) });
    });

  add('doctor', 'checks each link of the chain, says what is broken and what to do, and changes nothing', [
    'doctor',
    'doctor --local',
    'doctor --json',
  ])
    .addOption(acls())
    .addOption(json())
    .action((options) => run(doctor, { ...options, ...configFileOf(program.opts()) }));

  add('history', 'tells what happened to a person, an IP or an ACL, and who was in at a moment', [
    'history --user bob@example.com',
    'history --at yesterday-14:05',
    'history --since deploy --acl okta-prod',
  ])
    .addOption(acls())
    .option('--user <name>', 'what concerns this person, whatever the case')
    .option('--ip <address>', 'what concerns this IP')
    .addOption(new Option('--at <moment>', 'who was in then, such as 14:05 or yesterday-14:05').conflicts('since'))
    .option('--since <moment>', 'from when on, such as 2d, 08:30 or deploy (default: a day ago)')
    .addOption(json())
    .action((options) => run(history, options));

  add('selftest', 'lets a documentation address in and out of a zone, and says how long each stage took', [
    'selftest',
    'selftest --acl okta-prod --json',
  ])
    .addOption(oneAcl())
    .option('--timeout <seconds>', 'how long the way in, and the way out, may each take', wholeNumber(5, 900), 60)
    .addOption(json())
    .action((options) => run(selftest, options));

  add('outputs', 'prints the outputs of the stack, or one of them for a script', ['outputs', 'outputs WebhookUrl'])
    .argument('[name]', 'only this one, as its value alone')
    .addOption(json())
    .action((name, options) => run(outputs, { ...options, ...(name !== undefined && { name }) }));

  add('sender-env', 'prints the environment variables that a sender needs; the key is among them', [
    'sender-env --acl okta-prod',
  ])
    .addOption(oneAcl())
    .addOption(json())
    .action((options) => run(senderEnv, options));

  add('verify', 'rebuilds the zones now, and waits for the result', ['verify', 'verify --acl okta-prod --dry-run'])
    .addOption(acls())
    .option('--dry-run', 'show what a rebuild would change, and write nothing', false)
    .option('--timeout <seconds>', 'how long to wait for the result', wholeNumber(1, 900), 60)
    .addOption(json())
    .action((options) => run(verify, options));

  add('adopt', 'lets an ACL replace what others have put into its zones; shows it and asks first', [
    'adopt --acl okta-prod',
    'adopt --acl okta-prod --zone nzo1abcdefGHIJKLM0h7',
  ])
    .addOption(oneAcl())
    .option('--zone <id>', 'only this zone (default: all of the ACL)')
    .addOption(yes())
    .action((options) => run(adopt, options));

  add('set-credentials', "stores Okta's credentials, if Okta accepts them", [
    'set-credentials',
    'set-credentials < token.txt',
    'set-credentials --client-id 0oa1abcdefGHIJKLM0h7 --kid 2026-11 --key key.pem',
  ])
    .option('--client-id <id>', 'of a service app; with `--kid` and `--key`')
    .option('--kid <name>', 'the name of its key, as Okta shows it')
    .option('--key <file>', 'its private key, PEM or JWK')
    .option('--unchecked', 'store them even if Okta cannot be asked now', false)
    .action((options) => run(setCredentials, options));

  add('set-allowlist', "stores URL and key of Knocknoc's list of an ACL, if the list can be read", [
    'set-allowlist --acl okta-prod',
    'set-allowlist < url-and-key.txt',
  ])
    .addOption(oneAcl())
    .option('--unchecked', 'store them even if Knocknoc cannot be reached from here', false)
    .action((options) => run(setAllowlist, options));

  add('oauth-key', "makes a key for Okta's service app, and puts it into use once Okta takes it", [
    'oauth-key',
    'oauth-key --finish --client-id 0oa1abcdefGHIJKLM0h7',
    'oauth-key --next',
    'oauth-key --finish',
  ])
    .option('--next', 'make another key beside the one in use', false)
    .addOption(
      new Option('--finish', 'try the key that waits on Okta, and put it into use')
        .default(false)
        .conflicts(['next', 'dropNext']),
    )
    .addOption(new Option('--drop-next', 'drop the key that waits').default(false).conflicts('next'))
    .option('--client-id <id>', "of the service app, with `--finish` (default: the present one's)")
    .addOption(yes())
    .action((options) => run(oauthKey, options));

  add('rotate-webhook-secret', 'makes a new webhook key; the one in use stays valid', [
    'rotate-webhook-secret',
    'rotate-webhook-secret --drop-previous',
    'rotate-webhook-secret --acl lab',
  ])
    .option('--acl <name>', 'a key for this ACL alone (default: for all ACLs without keys of their own)')
    .addOption(dropPrevious())
    .addOption(remove("end the ACL's own keys; the keys for all ACLs speak for it again"))
    .addOption(showAgain())
    .addOption(yes())
    .action((options) => run(rotateWebhookSecret, options));

  add('bearer-token', 'makes a new bearer token for senders that cannot sign; the one in use stays valid', [
    'bearer-token --acl lab',
    'bearer-token --acl lab --drop-previous',
  ])
    .addOption(oneAcl())
    .addOption(dropPrevious())
    .addOption(remove('end both tokens of the ACL'))
    .addOption(showAgain())
    .addOption(yes())
    .action((options) => run(bearerToken, options));

  add('grant', 'lets an IP in, by a signed event', [
    'grant --acl okta-prod --ip 203.0.113.7 --for 8h --user alice@example.com',
    'grant --ip 203.0.113.7 --for 10m --wait',
  ])
    .addOption(oneAcl())
    .requiredOption('--ip <address>', 'the IP')
    .option('--for <duration>', 'how long, such as 30s, 15m or 8h (default: by the configuration)', seconds)
    .option('--grant-id <id>', 'its name, to tell it from other grants on the same IP')
    .option('--user <name>', 'the person, for the log')
    .addOption(wait())
    .addOption(json())
    .action(({ for: durationSeconds, wait, ...options }) =>
      run(grant, { ...options, ...waiting(wait), ...(durationSeconds !== undefined && { durationSeconds }) }),
    );

  add('revoke', 'ends one grant, all on an IP, or all of a person, by signed events', [
    'revoke --acl okta-prod --ip 203.0.113.7',
    'revoke --ip 203.0.113.7 --grant-id session-42 --wait',
    'revoke --user alice@example.com',
  ])
    .option('--acl <name>', 'the ACL; needed where there are several, except with `--user`, which then means all')
    .option('--ip <address>', 'the IP')
    .option('--grant-id <id>', 'only this grant (default: all on the IP)')
    .addOption(
      new Option(
        '--user <name>',
        'instead of an IP: every grant of this person, whatever the case; asks first',
      ).conflicts(['ip', 'grantId']),
    )
    .addOption(yes())
    .addOption(wait())
    .addOption(json())
    .action(({ wait, ip, user, yes, ...options }) => {
      if (user !== undefined) return run(revokeUser, { ...options, ...waiting(wait), user, yes });
      if (ip === undefined) throw usageFailure('--ip or --user is missing', 'Whose grants are to end?');
      return run(revoke, { ...options, ...waiting(wait), ip });
    });

  add('flush', 'ends every grant of an ACL, by a signed event; asks first', [
    'flush --acl okta-prod',
    'flush --acl okta-prod --yes --wait',
  ])
    .addOption(oneAcl())
    .addOption(yes())
    .addOption(wait())
    .addOption(json())
    .action(({ wait, ...options }) => run(flush, { ...options, ...waiting(wait) }));

  add('redrive', 'puts events from the dead-letter queue back', ['redrive --dry-run', 'redrive'])
    .option('--dry-run', 'show what would be put back, and move nothing', false)
    .addOption(json())
    .action((options) => run(redrive, options));

  add('completion', "prints a shell's completion script for `knocknoc-okta-zone`", [
    'completion bash',
    'completion zsh',
    'completion fish',
  ])
    .addArgument(new Argument('<shell>', 'which one').choices(SHELLS))
    .action((shell) => printScript(shell));

  return program;
}

/** With what the system is compared; a local run has no file. */
function configFileOf({ local, config }: TargetOptions) {
  const configFile = local ? undefined : findConfigFile(config);
  return configFile && { configFile };
}
