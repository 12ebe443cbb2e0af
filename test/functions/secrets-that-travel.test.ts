import { describe, expect, it } from 'vitest';
import { signedHeaders } from '../../cli/webhook-client.ts';
import type { Fields, HttpClient } from '../../lib/ports.ts';
import { EmbeddedFunctions } from '../../local/embedded-functions.ts';
import { MemorySecret } from '../../local/stand-ins/memory-secret.ts';
import { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import { apiEvent, outcomeEvent } from '../../local/webhook-server.ts';
import { ACL, configOf, NOW } from '../helpers/events.ts';
import { answer, rawZone } from '../helpers/raw-okta.ts';

/** No eight characters of it occur anywhere else. */
const MARK = 'Zq7Xw9Kp3Vm5Rt1Yb8Nc2Jd6Hf4';
const KEY = Buffer.alloc(33, 'k').toString('base64');
const PEM = `-----BEGIN PRIVATE KEY-----\n${MARK}\n${MARK.split('').reverse().join('')}\n-----END PRIVATE KEY-----`;
const PIECES = [MARK, MARK.split('').reverse().join('')].flatMap((text) =>
  Array.from({ length: text.length - 7 }, (_, at) => text.slice(at, at + 8)),
);

interface Said {
  readonly codes: readonly unknown[];
  readonly statuses: readonly unknown[];
  /** Log lines, answers and the whole table, as text. */
  readonly all: string;
}

/** Somebody logs in, waits for the zone, and minutes pass: all that the system says of it. */
async function heard(oktaCredentials: string, webhookSecret: string, http: HttpClient): Promise<Said> {
  const clock = new VirtualClock(NOW);
  const lines: Fields[] = [];
  const functions = new EmbeddedFunctions({
    ...{ config: configOf(), clock, http, write: (line) => lines.push(line) },
    ...{ oktaCredentials: new MemorySecret(oktaCredentials), webhookSecret: new MemorySecret(webhookSecret) },
  });
  functions.start();
  const answers: unknown[] = [];
  for (const id of ['id-1', 'id-2']) {
    const timestamp = new Date(clock.now()).toISOString();
    const data = { acl: ACL, ip: '203.0.113.7' };
    const body = JSON.stringify({ type: 'access.granted', timestamp, data });
    const signed = signedHeaders(KEY, id, Math.floor(clock.now() / 1000), body);
    const headers = { 'content-type': 'application/json', ...signed };
    const posted = await clock.finish(functions.webhook(apiEvent('/webhook', headers, Buffer.from(body))));
    const asked = { ...signedHeaders(KEY, id, Math.floor(clock.now() / 1000), ''), prefer: 'wait=5' };
    const address = posted.headers?.location;
    answers.push(
      address === undefined ? posted : await clock.finish(functions.outcome(outcomeEvent(String(address), asked))),
    );
    await clock.advance(130_000);
  }
  return {
    codes: [...new Set(lines.flatMap(({ code }) => code ?? []))],
    statuses: answers.map((one) => (one as { statusCode?: number }).statusCode),
    all: JSON.stringify([lines, answers, functions.table.items()]),
  };
}

function expectNothingOf({ all }: Said): void {
  expect(PIECES.filter((piece) => all.includes(piece))).toEqual([]);
}

const wellBehaved: HttpClient = async () => answer(200, rawZone());
const goodSecret = JSON.stringify({ current: KEY });

describe('a token that can be none', () => {
  it.each([
    ['has a line break in it', `00${MARK.slice(0, 14)}\n${MARK.slice(14)}`],
    ['is pretty-printed JSON of the console', JSON.stringify({ oktaCredentials: `00${MARK}` }, null, 2)],
    ['is JSON with the token as a name', JSON.stringify({ [`00${MARK}`]: '' })],
    ['is JSON that is broken', `{\n  "token": "00${MARK}",\n`],
    ['is a private key', PEM],
    ['is in quotes', `"00${MARK}"`],
    ['has the scheme before it', `SSWS 00${MARK}`],
    ['has a character that is not seen', `00${MARK.slice(0, 14)}\u200B${MARK.slice(14)}`],
  ])('because it %s, is ZONE006, called nobody, and is shown nowhere', async (_, token) => {
    let calls = 0;
    const said = await heard(token, goodSecret, async () => {
      calls += 1;
      return answer(200, rawZone());
    });
    expect([said.codes, said.statuses, calls]).toEqual([['ZONE006'], [502, 502], 0]);
    expectNothingOf(said);
  });
});

describe('a token that whoever answers shows again', () => {
  const token = `00${MARK}`;
  const echo = {
    errorCode: 'E0000011',
    errorSummary: `Invalid token: ${token}`,
    errorCauses: [{ errorSummary: token }],
  };
  it.each<[string, string, HttpClient]>([
    ['in Okta’s reasons', 'OKTA001', async () => answer(401, echo)],
    ['in part', 'OKTA001', async () => answer(401, { ...echo, errorSummary: `…${token.slice(3, 19)}…` })],
    ['in a challenge', 'OKTA001', async () => answer(401, '', { 'www-authenticate': `Bearer error="${token}"` })],
    ['in a header', 'ZONE003', async () => answer(403, '', { 'content-type': token, 'x-okta-request-id': token })],
    ['in a page', 'ZONE003', async ({ headers }) => answer(502, `<p>${headers.authorization}</p>`)],
    [
      'in an error of the HTTP client',
      'ZONE003',
      async ({ headers }) => Promise.reject(new Error(headers.authorization)),
    ],
    [
      'in the cause of an error',
      'ZONE003',
      async ({ headers }) => Promise.reject(new TypeError('fetch failed', { cause: new Error(headers.authorization) })),
    ],
  ])('%s, goes no further', async (_, code, http) => {
    const said = await heard(token, goodSecret, http);
    expect(said.codes).toEqual([code]);
    expectNothingOf(said);
  });
});

describe('a webhook secret that holds no key', () => {
  it.each([
    ['is no JSON', MARK],
    ['is JSON that is broken', `{"current": "${MARK}"`],
    ['is JSON of another shape', JSON.stringify({ key: MARK })],
    ['is too short a key', JSON.stringify({ current: MARK })],
    ['is a private key', PEM],
  ])('because it %s, is HOOK007, and is shown nowhere', async (_, secret) => {
    const said = await heard(`00${MARK}`, secret, wellBehaved);
    expect([said.codes, said.statuses]).toEqual([['HOOK007'], [503, 503]]);
    expectNothingOf(said);
  });
});
