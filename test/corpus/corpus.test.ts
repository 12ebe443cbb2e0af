import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../lib/error-codes.ts';
import {
  BEARER_TOKEN,
  OLD_WEBHOOK_KEY,
  OTHER_ACLS_KEY,
  OTHER_ACLS_TOKEN,
  TOKEN,
  VirtualSystem,
  WEBHOOK_KEY,
} from '../helpers/virtual-system.ts';
import { GOOD, MARK } from './bad-request.ts';
import { BAD_REQUESTS } from './index.ts';

describe('the corpus of bad requests', () => {
  it('holds two hundred and more, each with a name of its own', () => {
    const names = BAD_REQUESTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(200);
  });

  it('differs from a good request, which is taken', async () => {
    const system = new VirtualSystem();
    expect((await system.post({ body: GOOD })).status).toBe(202);
  });
});

describe('a bad request', () => {
  it.each(BAD_REQUESTS)('$name: $status, $code, and nothing changes', async ({ status, code, raw }) => {
    const system = new VirtualSystem();
    let queued = 0;
    const send = system.functions.events.send.bind(system.functions.events);
    system.functions.events.send = (message) => {
      queued += 1;
      return send(message);
    };
    const answer = await system.post(raw);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    const { detail, ...rest } = answer.body;
    expect(rest).toEqual({ type: `urn:knocknoc-okta:problem:${code}`, title: ERRORS[code].name, status, code });
    expect(detail).toEqual(expect.stringMatching(/^\S.{9}/));
    expect(JSON.stringify(answer.body)).not.toContain(MARK);

    await system.clock.advance(3_000);
    expect([queued, system.functions.table.items(), system.okta.requests(0)]).toEqual([0, [], []]);
    expect(system.codes()).toEqual([code]);
    expect(system.lines.filter((line) => line.Code === code && line.Errors === 1)).toHaveLength(1);
    const log = JSON.stringify(system.lines);
    const signature = raw.headers?.['webhook-signature']?.slice(3, 40).trim() || MARK;
    const keys = [WEBHOOK_KEY, OLD_WEBHOOK_KEY, OTHER_ACLS_KEY, BEARER_TOKEN, OTHER_ACLS_TOKEN, TOKEN];
    for (const secret of [MARK, signature, ...keys]) expect(log).not.toContain(secret);
  });
});
