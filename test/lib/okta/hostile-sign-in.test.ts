import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CachedSecret } from '../../../lib/cached-secret.ts';
import { OktaAccess } from '../../../lib/okta/access.ts';
import { type OktaZone, OktaZones } from '../../../lib/okta/client.ts';
import { OktaFailure } from '../../../lib/okta/okta-failure.ts';
import { PolicyReader } from '../../../lib/okta/policy-reading.ts';
import { OktaRest } from '../../../lib/okta/rest.ts';
import type { HttpResponse } from '../../../lib/ports.ts';
import { MemorySecret } from '../../../local/stand-ins/memory-secret.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { VirtualClock } from '../../../local/stand-ins/virtual-clock.ts';
import { NOW } from '../../helpers/events.ts';
import { answer } from '../../helpers/raw-okta.ts';
import { StrictOkta } from '../../helpers/strict-okta.ts';
import { Random } from '../../simulation/random.ts';

const CLIENT = '0oa1abcdefGHIJKLM0h7';
const PAIRS = {
  first: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  second: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const NAMES = ['first', 'second'] as const;
const KEYS = Object.fromEntries(
  NAMES.map((kid) => [kid, { ...PAIRS[kid].publicKey.export({ format: 'jwk' }) } as never]),
);
const GATEWAYS = [{ type: 'CIDR', value: '203.0.113.7/32' }] as const;

/** One process that signs in, and an Okta that judges all it sends by a library. */
function world() {
  const clock = new VirtualClock(NOW);
  const okta = new StrictOkta(KEYS, () => clock.now());
  const text = (kid: (typeof NAMES)[number]) =>
    JSON.stringify({ clientId: CLIENT, kid, privateKey: PAIRS[kid].privateKey.export({ format: 'jwk' }) });
  const secret = new MemorySecret(text('first'));
  const cached = new CachedSecret(secret, clock);
  const rest = new OktaRest(new MemoryTable());
  const zones = new OktaZones(okta.http, 'https://acme.okta.com', () => clock.now());
  const access = () => new OktaAccess(zones, cached, clock, rest, clock.now() + 30_000);
  const read = () => access().get('nzo1');
  const write = (zone: OktaZone) => access().putGateways('nzo1', zone, GATEWAYS);
  return {
    ...{ clock, okta, zones },
    use: (kid: (typeof NAMES)[number]) => {
      secret.text = text(kid);
    },
    ...{ read, write, get: read },
    put: async () => write((await read()).zone),
  };
}

/** What Okta, or something on the way, may answer to whatever is asked. */
const challenge = (scheme: string, error: string) => ({ 'www-authenticate': `${scheme} error="${error}"` });
const HOSTILE: readonly [HttpResponse, ...HttpResponse[]] = [
  answer(400, '', challenge('DPoP', 'invalid_dpop_proof')),
  answer(400, { error: 'invalid_dpop_proof', error_description: 'The DPoP proof JWT has already been used.' }),
  answer(401, { error: 'use_dpop_nonce' }, { 'dpop-nonce': 'another' }),
  answer(400, { error: 'use_dpop_nonce' }, { 'dpop-nonce': 'bad\r\nnonce' }),
  answer(400, { error: 'use_dpop_nonce' }, { 'dpop-nonce': 'x'.repeat(100_000) }),
  answer(400, { error: 'use_dpop_nonce' }),
  answer(401, ''),
  answer(401, '', challenge('Bearer', 'invalid_token')),
  answer(401, { error: 'invalid_client', error_description: 'The client_assertion has already been used.' }),
  answer(403, '', challenge('DPoP', 'insufficient_scope')),
  answer(403, { errorCode: 'E0000006', errorSummary: 'no' }),
  answer(400, '<html>', { 'content-type': 'text/html' }),
  answer(403, '<html>', { 'content-type': 'text/html' }),
  answer(404, ''),
  answer(200, ''),
  answer(200, 'null'),
  answer(200, { token_type: 'DPoP', access_token: 'a b' }),
  answer(200, { token_type: 'DPoP', access_token: '', scope: '' }),
  answer(302, '', { location: 'https://evil.example.com' }),
  answer(429, ''),
  answer(429, '', { 'x-rate-limit-reset': '99999999999999' }),
  answer(500, { error: 'server_error' }),
  answer(503, ''),
];

describe('a service app', () => {
  it('never shows anything twice, nor anything wrong, and goes on at once, whatever was answered in whatever order', async () => {
    const codes = new Set<unknown>();
    for (let seed = 1; seed <= 3; seed += 1) {
      const random = Random.named(seed, 'hostile sign-in');
      const { clock, okta, use, get, put } = world();
      for (let step = 0; step < 25; step += 1) {
        if (random.chance(0.3)) okta.nonce = `nonce-${seed}-${step}`;
        if (random.chance(0.2)) okta.forget();
        if (random.chance(0.2)) use(random.pick(NAMES));
        okta.wantsNonceAtCalls = random.chance(0.5);
        for (let count = random.whole(0, 4); count > 0; count -= 1) {
          okta.next.push(random.chance(0.3) ? undefined : random.pick(HOSTILE));
        }
        const calls = Array.from({ length: random.whole(1, 3) }, () => (random.chance(0.5) ? get() : put()));
        for (const outcome of await Promise.allSettled(calls)) {
          const failure: unknown = outcome.status === 'rejected' ? outcome.reason : undefined;
          if (failure) codes.add(failure instanceof OktaFailure ? failure.code : failure);
          expect(String(failure)).not.toMatch(/eyJ[\w-]{8}|no answer/);
        }
        okta.next.length = 0;
        await clock.advance(random.pick([121_000, 11_000 + 120_000, 3_600_000]));
      }
      okta.wantsNonceAtCalls = false;
      await get();
    }
    // Never a list that is refused, nor a zone that is not there.
    expect([...codes].toSorted()).toEqual(['OKTA001', 'OKTA002', 'OKTA005', 'ZONE003']);
  });

  it('hears the nonce that a call wants, and makes the call again', async () => {
    const { okta, put } = world();
    await put();
    okta.wantsNonceAtCalls = true;
    okta.nonce = 'nonce-of-the-next-day';
    expect((await put())?.zone.gateways).toEqual(GATEWAYS);
    okta.requests.length = 0;
    await put();
    expect(okta.requests.map(({ method }) => method)).toEqual(['GET', 'PUT']);
  });

  it('writes where the nonce changes, the token ends and the key is exchanged between the reading and the writing', async () => {
    const { clock, okta, use, read, write } = world();
    const { zone } = await read();
    await clock.advance(11_000);
    okta.forget();
    okta.nonce = 'changed';
    okta.keys = { second: KEYS.second as never };
    use('second');
    expect((await write(zone))?.zone.gateways).toEqual(GATEWAYS);
    // It had to sign in anew, and so looked once more before it wrote.
    expect(okta.requests.slice(-2).map(({ method }) => method)).toEqual(['GET', 'PUT']);
  });

  it.each([
    ['ahead', 600_000],
    ['behind', -600_000],
  ])('whose clock is ten minutes %s is told that it is refused, and by what', async (_, ms) => {
    const clock = new VirtualClock(NOW);
    const reasons = { ahead: 'must be issued before the current time.', behind: 'token is expired.' };
    const said = ms > 0 ? reasons.ahead : reasons.behind;
    const http = async () =>
      answer(401, { error: 'invalid_client', error_description: `The client_assertion ${said}` });
    const zones = new OktaZones(http, 'https://acme.okta.com', () => clock.now() + ms);
    const credentials = zones.signIn.credentials(
      JSON.stringify({ clientId: CLIENT, kid: 'first', privateKey: PAIRS.first.privateKey.export({ format: 'jwk' }) }),
    );
    await expect(zones.signIn.fetch(credentials)).rejects.toMatchObject({
      code: 'OKTA001',
      message: expect.stringContaining(said),
    });
  });

  it('proves the address of a question without what it asks for', async () => {
    const { okta, zones, clock } = world();
    const privateKey = PAIRS.second.privateKey.export({ format: 'jwk' });
    const credentials = zones.signIn.credentials(JSON.stringify({ clientId: CLIENT, kid: 'second', privateKey }));
    const by = await zones.signIn.fetch(credentials);
    const reading = await new PolicyReader(okta.http, 'https://acme.okta.com', () => clock.now()).read(by);
    expect(reading).toEqual({ isWhole: true, policies: [] });
    expect(okta.requests.at(-1)?.url).toContain('?type=');
  });

  it('asks for another token once it was forbidden something, since a right may have been given meanwhile', async () => {
    const { okta, get } = world();
    await get();
    okta.next.push(answer(403, { errorCode: 'E0000006', errorSummary: 'no' }));
    await expect(get()).rejects.toMatchObject({ code: 'OKTA002' });
    await get();
    expect(okta.tokensGiven).toBe(2);
    await get();
    expect(okta.tokensGiven).toBe(2);
  });

  it('names the scope that a call needs', async () => {
    const { okta, get } = world();
    await get();
    const header =
      'DPoP scope="okta.networkZones.manage", error="insufficient_scope", error_description="It lacks one."';
    okta.next.push(answer(403, '', { 'www-authenticate': header }));
    const message = 'Okta answered 403: It lacks one. (needed: okta.networkZones.manage)';
    await expect(get()).rejects.toMatchObject({ code: 'OKTA002', message });
  });
});
