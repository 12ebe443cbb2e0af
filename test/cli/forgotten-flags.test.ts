import { describe, expect, it } from 'vitest';
import type { TargetOptions } from '../../cli/find-target.ts';
import { withNextSteps } from '../../cli/next-steps.ts';
import { ACL, ALICE, CliWorld, TOKEN } from './cli-world.ts';
import { FakeTerminal } from './fake-terminal.ts';

const STEP = 'Run `npm run zone -- verify --acl a`, then `npm run zone -- redrive`.';

function told(options: Partial<TargetOptions>, text: string, json = false): string {
  const terminal = new FakeTerminal();
  const carrying = withNextSteps(terminal, { local: false, ...options }, json);
  carrying.out(text);
  carrying.note(text);
  if (!json) expect(terminal.noted).toEqual(terminal.written);
  return terminal.written.join('\n');
}

describe('a command that is proposed', () => {
  it.each<[Partial<TargetOptions>, string]>([
    [{}, STEP],
    [{ local: true }, 'Run `npm run zone -- --local verify --acl a`, then `npm run zone -- --local redrive`.'],
    [
      { stack: 'Other', region: 'eu-west-1' },
      'Run `npm run zone -- --stack Other --region eu-west-1 verify --acl a`, then `npm run zone -- --stack Other --region eu-west-1 redrive`.',
    ],
    [
      { config: "it's.json" },
      "Run `npm run zone -- --config 'it'\\''s.json' verify --acl a`, then `npm run zone -- --config 'it'\\''s.json' redrive`.",
    ],
  ])('carries %j', (options, text) => {
    expect(told(options, STEP)).toBe(text);
  });

  it('of a deploy has the configuration file, once', () => {
    const deploy = '`npm run cdk -- deploy`, `npm run cdk -- deploy -c config=own.json`';
    expect(told({ config: 'other.json' }, deploy)).toBe(
      '`npm run cdk -- deploy -c config=other.json`, `npm run cdk -- deploy -c config=own.json`',
    );
    expect(told({}, deploy)).toBe(deploy);
  });

  it('of a deploy asks for the file where a stack is named, so that it deploys no other', () => {
    expect(told({ stack: 'Other' }, '`npm run cdk -- deploy`')).toBe('`npm run cdk -- deploy -c config=FILE`');
  });

  it('is part of a JSON document all the same', () => {
    const config = 'a "b"\\c.json';
    const { mend } = JSON.parse(told({ config }, JSON.stringify({ mend: STEP }), true));
    expect(mend).toContain(`npm run zone -- --config '${config}' verify`);
  });

  it('is left alone where it is only a name, and where no text proposes one', () => {
    const text = '`npm run zone -- … --local`, npm run local -- --demo';
    expect(told({ stack: 'Other' }, text)).toBe(text);
  });
});

describe.concurrent('on a system that options name', () => {
  it('doctor proposes commands for that system', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE);
    await world.system.simulator.revokeToken(TOKEN);
    expect((await world.run('doctor --local')).out).toContain('`npm run zone -- --local set-credentials`');
    const { findings } = await world.json('doctor --stack Other');
    expect(JSON.stringify(findings)).toContain('`npm run zone -- --stack Other set-credentials`');
  });

  it('each question names the system and the org', async () => {
    const world = await CliWorld.start();
    const about = `[the local run (embedded stand-ins); org ${world.system.simulatorUrl} (okta.baseUrl, in place of local.okta.com)]`;
    const flushed = await world.run('flush', { canAsk: true, answers: ['n'] });
    expect(flushed.notes).toContain(`${about}\nEnd every grant of ${ACL}`);
    const asked = await world.run('set-credentials', { canAsk: true, answers: ['x'] });
    expect(asked.notes).toContain(`${about}\n`);
  });
});

describe.concurrent('with --json', () => {
  it.each<[string, number, RegExp, boolean]>([
    ['status --acl nope', 64, /no ACL nope/, true],
    ['verify --timeout 0', 64, /timeout/, false],
    ['nonsense', 64, /nonsense/, false],
    ['flush', 64, /nobody can be asked/, true],
  ])('an error is JSON too: %s', async (args, exitCode, message, hasAdvice) => {
    const world = await CliWorld.start();
    const { code, out, notes } = await world.run(`${args} --json`);
    expect(code).toBe(exitCode);
    const { error } = JSON.parse(out);
    expect(error).toMatchObject({ exitCode, message: expect.stringMatching(message) });
    expect(typeof error.advice === 'string').toBe(hasAdvice);
    expect(notes).toMatch(message);
    expect((await world.run(args)).out).toBe('');
  });

  it('help is no error', async () => {
    const world = await CliWorld.start();
    const { code, out } = await world.run('status --json --help');
    expect(code).toBe(0);
    expect(out).not.toContain('"error"');
  });
});
