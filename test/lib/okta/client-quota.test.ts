import { describe, expect, it } from 'vitest';
import { byToken } from '../../../lib/okta/authorization.ts';
import { OktaZones } from '../../../lib/okta/client.ts';
import { OktaFailure } from '../../../lib/okta/okta-failure.ts';
import { NOW } from '../../helpers/events.ts';
import { answer, RawOkta, rawZone } from '../../helpers/raw-okta.ts';

const RESET = String(NOW / 1000 + 40);
const limits = (more: Readonly<Record<string, string>> = {}) => ({
  ...{ 'x-rate-limit-limit': '600', 'x-rate-limit-remaining': '599', 'x-rate-limit-reset': RESET },
  ...more,
});
const date = (ms: number) => ({ date: new Date(ms).toUTCString() });

async function quota(headers: Readonly<Record<string, string>>, now = NOW) {
  const okta = new RawOkta({ nzo1: rawZone() });
  okta.headers = headers;
  return (await new OktaZones(okta.http, 'https://acme.okta.com', () => now).get('nzo1', byToken('token'))).quota;
}

async function retryAfter429(headers: Readonly<Record<string, string>>, now = NOW) {
  const okta = new RawOkta();
  okta.next.push(answer(429, {}, headers));
  try {
    await new OktaZones(okta.http, 'https://acme.okta.com', () => now).get('nzo1', byToken('token'));
  } catch (error) {
    if (error instanceof OktaFailure) return error.retryInMs;
    throw error;
  }
  throw new Error('it was no refusal');
}

describe('what Okta says of the rate limit', () => {
  it('is taken from an answer, with the time left in the window', async () => {
    expect(await quota(limits())).toEqual({ limit: 600, remaining: 599, resetInMs: 40_000 });
  });

  it.each([
    ['no limit', { 'x-rate-limit-limit': '' }],
    ['no count', { 'x-rate-limit-remaining': 'many' }],
    ['a negative count', { 'x-rate-limit-remaining': '-1' }],
  ])('is unknown with %s', async (_, more) => {
    expect(await quota(limits(more))).toBeUndefined();
    expect(await quota({})).toBeUndefined();
  });

  it('goes by Okta’s own clock, however wrong this one is', async () => {
    for (const wrong of [NOW - 3_600_000, NOW, NOW + 3_600_000]) {
      expect(await quota(limits(date(NOW)), wrong)).toMatchObject({ resetInMs: 40_000 });
      expect(await retryAfter429(limits(date(NOW + 10_000)), wrong)).toBe(30_000);
    }
  });

  it('goes by this clock where Okta shows none', async () => {
    expect(await quota(limits({ date: 'soon' }), NOW + 10_000)).toMatchObject({ resetInMs: 30_000 });
  });

  it('is never a time that is past', async () => {
    expect(await quota(limits(date(NOW + 60_000)))).toMatchObject({ resetInMs: 0 });
    expect(await retryAfter429(limits(date(NOW + 60_000)))).toBe(1_000);
  });

  it('is a second, for a start, where a 429 names no time that can be meant', async () => {
    for (const headers of [{}, { 'x-rate-limit-reset': 'soon' }, { 'x-rate-limit-reset': `${RESET}, ${RESET}` }]) {
      expect(await retryAfter429(headers)).toBe(1_000);
    }
  });
});
