import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHandler } from '../../functions/policies.ts';
import { CachedSecret } from '../../lib/cached-secret.ts';
import { ENV, METRICS } from '../../lib/names.ts';
import { POLICY_SCOPE, ZONE_SCOPES } from '../../lib/okta/service-app.ts';
import { OktaSignIn } from '../../lib/okta/sign-in.ts';
import type { HttpClient } from '../../lib/ports.ts';
import { apiToken, serviceApp } from '../../local/okta-credentials.ts';
import { OktaSimulator } from '../../local/okta-simulator/simulator.ts';
import { lambdaContext } from '../../local/stand-ins/aws-events.ts';
import { logTelemetry } from '../../local/stand-ins/log-telemetry.ts';
import { MemorySecret } from '../../local/stand-ins/memory-secret.ts';
import { configOf, NOW } from '../helpers/events.ts';
import { startFakeAws } from '../helpers/fake-aws.ts';

const ZONES = ['nzo1FIRST', 'nzo1SECOND'];
const config = configOf({ acls: { 'okta-prod': { zoneIds: ZONES } }, okta: { domain: 'acme.okta.com' } });
const clock = { now: () => NOW, sleep: async () => {} };
const TOKEN = apiToken('a-token');

let okta: OktaSimulator;
let secret: MemorySecret;
let lines: Record<string, unknown>[];
beforeEach(() => {
  okta = simulated(TOKEN.known);
  secret = new MemorySecret(TOKEN.text);
  lines = [];
});

afterEach(() => {
  vi.resetModules();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

function simulated(known: typeof TOKEN.known): OktaSimulator {
  return new OktaSimulator({ now: () => NOW, zones: Object.fromEntries(ZONES.map((id) => [id, {}])), ...known });
}

const http: HttpClient = async ({ method, url, headers, body = '' }) => {
  const { pathname, search, host } = new URL(url);
  const outcome = okta.handle({ method, path: `${pathname}${search}`, headers: { ...headers, host }, body });
  if (outcome.kind !== 'answer') throw new Error('socket hang up');
  return outcome;
};

/** One day's run. @returns the metric, where one was sent */
async function check(): Promise<unknown> {
  const telemetry = logTelemetry(
    'policies',
    () => NOW,
    (line) => lines.push({ ...line }),
  );
  const signIn = new OktaSignIn(http, config.okta.baseUrl, () => NOW, { scopes: [...ZONE_SCOPES, POLICY_SCOPE] });
  const oktaCredentials = new CachedSecret(secret, clock);
  const handler = createHandler(() => ({ config, clock, http, signIn, oktaCredentials, telemetry }));
  await handler(
    { kind: 'daily' },
    lambdaContext('policies', 'request-1', () => 60_000),
  );
  return lines.find((line) => METRICS.policyFindings in line)?.[METRICS.policyFindings];
}

const warnings = () => lines.filter(({ level }) => level === 'WARN');

describe('the daily check of policies', () => {
  it('finds nothing where a policy lets the zones in and nobody else, and says that it has looked', async () => {
    okta.protect([ZONES]);
    expect(await check()).toBe(0);
    expect(warnings()).toEqual([]);
  });

  it('names each zone that no policy refers to', async () => {
    expect(await check()).toBe(2);
    expect(warnings()).toMatchObject(
      ZONES.map((zone) => ({ acl: 'okta-prod', finding: expect.stringContaining(`refers to ${zone}`) })),
    );
  });

  it('names the zone that a rule of another one lacks', async () => {
    okta.protect([['nzo1FIRST']]);
    expect(await check()).toBe(2);
    expect(warnings().map(({ finding }) => finding)).toContainEqual(expect.stringContaining('lacks nzo1SECOND'));
  });

  it('names a zone from which nobody is let in, and a rule that lets a device in from anywhere, but no rule for some people', async () => {
    const access = (word: string) => ({ actions: { appSignOn: { access: word } } });
    const of = (conditions: object | null, word: string, priority: number) => ({
      ...{ name: `rule ${priority}`, status: 'ACTIVE', priority, conditions },
      ...access(word),
    });
    const network = { connection: 'ZONE', include: ZONES };
    const set = (rules: readonly ReturnType<typeof of>[]) =>
      okta.setPolicy('rst1', { type: 'ACCESS_POLICY', name: 'App', rules });
    set([
      of({ people: { users: { include: ['00u1'] } } }, 'ALLOW', 1),
      of({ network }, 'ALLOW', 2),
      of(null, 'DENY', 3),
    ]);
    expect(await check()).toBe(0);
    lines = [];
    set([of({ device: { managed: true } }, 'ALLOW', 1), of({ network }, 'ALLOW', 2), of(null, 'DENY', 3)]);
    expect(await check()).toBe(2);
    lines = [];
    set([of({ network }, 'DENY', 2), of(null, 'DENY', 3)]);
    expect(await check()).toBe(2);
    expect(warnings()[0]).toMatchObject({ finding: expect.stringContaining('lets nobody in') });
  });

  it('reads every page of an org with many policies', async () => {
    okta.setRateLimit({ limit: 1_000 });
    for (let n = 0; n < 150; n += 1) okta.setPolicy(`rstOTHER${n}`, { type: 'ACCESS_POLICY', name: `App ${n}` });
    okta.protect([ZONES]);
    expect(await check()).toBe(0);
    expect(okta.requests().map(({ path }) => path)).toContainEqual(expect.stringContaining('after=100'));
  });

  it('has a line for the first hundred of ten thousand rules that lack a zone, and counts them all', async () => {
    const network = { connection: 'ZONE', include: [ZONES[0]] };
    const one = {
      name: 'rule',
      status: 'ACTIVE',
      conditions: { network },
      actions: { appSignOn: { access: 'ALLOW' } },
    };
    okta.protect([ZONES]);
    okta.setPolicy('rst1', { type: 'ACCESS_POLICY', name: 'Large', rules: Array(10_000).fill(one) });
    expect(await check()).toBe(10_000);
    expect(warnings()).toHaveLength(100);
  });

  it('does the same as a service app, which needs the scope for it', async () => {
    const app = serviceApp();
    okta = simulated(app.known);
    okta.protect([ZONES]);
    secret.text = app.text;
    expect(await check()).toBe(0);
  });

  it('counts it as a finding that it may not look, and says why', async () => {
    okta.setToken(TOKEN.text, 'NONE');
    expect(await check()).toBe(1);
    expect(warnings()).toMatchObject([{ oktaFailure: 'OKTA002', passes: false, why: expect.stringContaining('403') }]);
  });

  it('counts it as one that Okta does not take the question, as an org without such policies may not', async () => {
    okta.addFault({ fault: { status: 400 } });
    expect(await check()).toBe(1);
    expect(warnings()).toMatchObject([{ passes: false, why: expect.stringContaining('400') }]);
  });

  it('counts it as one that there are no credentials, or none that can be read', async () => {
    secret.text = undefined;
    expect(await check()).toBe(1);
    Object.assign(secret, { unreadable: true });
    lines = [];
    expect(await check()).toBe(1);
    expect(warnings()).toMatchObject([{ oktaFailure: 'ZONE006' }]);
  });

  it.each([
    ['Okta is in trouble', { status: 503 }],
    ['Okta wants no calls', { rateLimit: { resetInSeconds: 30 } }],
    ['nobody answers', { drop: 'before' }],
  ] as const)('waits for the next day where %s, and counts nothing', async (_, fault) => {
    okta.addFault({ skip: 1, count: 9, fault });
    okta.protect([ZONES]);
    expect(await check()).toBeUndefined();
    expect(warnings()).toMatchObject([{ passes: true }]);
  });

  it('stops once half of the quota is used up, and takes no part for the whole', async () => {
    okta.protect([ZONES]);
    okta.setRateLimit({ limit: 100, remaining: 50 });
    expect(await check()).toBeUndefined();
    expect(okta.requests()).toHaveLength(1);
    expect(warnings()).toMatchObject([{ oktaFailure: 'OKTA005', passes: true }]);
  });

  it('as it is deployed reads the secret and then the policies, with what the secret holds', async () => {
    const aws = await startFakeAws(({ operation }) => {
      if (operation === 'GetSecretValue') return { body: { SecretString: TOKEN.text } };
      return operation.startsWith('GET /api/v1/policies') ? { body: [] } : undefined;
    });
    const environment = {
      ...{ AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' },
      ...{ AWS_ENDPOINT_URL: aws.url, POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' },
      [ENV.oktaCredentialsArn]: 'arn:okta',
    };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    vi.resetModules();
    vi.stubGlobal('KNOCKNOC_CONFIG', configOf({ okta: { domain: 'acme.okta.com', baseUrl: aws.url } }));
    try {
      const { handler } = await import('../../functions/policies.ts');
      await handler(
        { kind: 'daily' },
        lambdaContext('policies', 'request-1', () => 60_000),
      );
      const toOkta = aws.calls.filter(({ operation }) => operation.startsWith('GET /'));
      expect(toOkta.map(({ operation }) => operation)).toEqual(
        ['ACCESS_POLICY', 'OKTA_SIGN_ON'].map((type) => `GET /api/v1/policies?type=${type}`),
      );
      expect(toOkta[0]?.headers.authorization).toBe(`SSWS ${TOKEN.text}`);
    } finally {
      aws.close();
    }
  });

  it('only reads', async () => {
    okta.protect([ZONES]);
    await check();
    expect(new Set(okta.requests().map(({ method }) => method))).toEqual(new Set(['GET']));
  });
});
