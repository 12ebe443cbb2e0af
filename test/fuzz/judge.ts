import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import { parseQueuedEvent } from '../../lib/grants/queue-message.ts';
import { MARK } from '../corpus/bad-request.ts';
import {
  ACL,
  BEARER_TOKEN,
  OLD_WEBHOOK_KEY,
  OTHER_ACLS_KEY,
  OTHER_ACLS_TOKEN,
  type Raw,
  TOKEN,
  VirtualSystem,
  WEBHOOK_KEY,
} from '../helpers/virtual-system.ts';

const SECRETS = [WEBHOOK_KEY, OLD_WEBHOOK_KEY, OTHER_ACLS_KEY, BEARER_TOKEN, OTHER_ACLS_TOKEN, TOKEN];

export interface Outcome {
  readonly status: number;
  /** Absent where the request was accepted. */
  readonly code?: string;
}

/** Statuses of refusals, and the codes that go with each. */
const REFUSALS: ReadonlyMap<number, readonly string[]> = new Map([
  [400, ['HOOK003']],
  [401, ['HOOK001', 'HOOK002']],
  [404, ['HOOK004']],
  [413, ['HOOK003']],
  [415, ['HOOK003']],
  [422, ['HOOK005', 'HOOK006']],
]);

/** What a request breaks; its message says which rule. */
export class Violation extends Error {
  override name = 'Violation';
}
function must(holds: boolean, rule: string): void {
  if (!holds) throw new Violation(rule);
}

/**
 * Posts a request to a system that nobody has used, and looks at all that came of it.
 * @throws {Violation}
 */
export async function judge(raw: Raw, system = new VirtualSystem()): Promise<Outcome> {
  const queued: string[] = [];
  const send = system.functions.events.send.bind(system.functions.events);
  system.functions.events.send = (message) => {
    queued.push(message.body);
    return send(message);
  };
  const sent: { headers: Readonly<Record<string, unknown>>; body: Buffer } = { headers: {}, body: Buffer.alloc(0) };
  const webhook = system.functions.webhook.bind(system.functions);
  system.functions.webhook = (event) => {
    Object.assign(sent, { headers: event.headers, body: Buffer.from(event.body ?? '', 'base64') });
    return webhook(event);
  };
  const { status, body, headers } = await system.post(raw);
  const log = JSON.stringify(system.lines);
  for (const secret of SECRETS) must(!log.includes(secret), 'no secret is in the log');
  must(status < 500, 'no request causes a 5xx');
  if (status === 202 || status === 200) {
    must(isSigned(sent), 'nothing is accepted that is not signed by a key of the ACL');
    if (body.status === 'pong') {
      must(status === 200 && body.zones === 'right', 'a ping is told how the zones are');
      must(queued.length === 0 && system.functions.table.items().length === 0, 'a ping changes nothing');
      return { status };
    }
    must(queued.length === 1, 'what is accepted is queued, once');
    const event = parseQueuedEvent(queued[0] ?? '');
    must(event?.acl === ACL, 'what is queued is an event of the ACL');
    must(event?.type === 'access.flushed' || isIP(event?.ip ?? '') === 4, 'what is queued is for one IPv4 address');
    must(event?.type !== 'access.granted' || Number(event.expiresAt) > system.clock.now() - 100, 'a grant is not over');
    must(system.codes().length === 0, 'what is accepted is no error');
    return { status };
  }
  const code = String(body.code);
  must(REFUSALS.get(status)?.includes(code) ?? false, 'a refusal has a status and a code that go together');
  must(headers['content-type'] === 'application/problem+json', 'a refusal is a problem document');
  // What asks whether all is well wakes nobody.
  const isPing = isSigned(sent) && sent.body.includes('access.ping');
  const said = isPing && system.codes().length === 0 ? [] : [code];
  must(JSON.stringify(system.codes()) === JSON.stringify(said), 'a refusal is one line with its code');
  must(queued.length === 0, 'what is refused is not queued');
  must(system.functions.table.items().length === 0, 'what is refused changes nothing');
  // Whom a signed event was for is said; a slip may put anything there.
  const others = system.lines.map(({ acl, grantId, user, ...line }) => line);
  must(!JSON.stringify(others).includes(MARK), 'nothing of the body is in the log');
  const isUnknown = /no signature matches|are required|none of an ACL/.test(String(body.detail));
  must(!isUnknown || system.lines.every(({ user }) => user === undefined), 'nobody is named who has not signed');
  must(!JSON.stringify(body).includes(MARK), 'nothing of the body is in the answer');
  return { status, code };
}

/** By another way than the code under test. */
function isSigned({ headers, body }: { headers: Readonly<Record<string, unknown>>; body: Buffer }): boolean {
  const signed = Buffer.concat([Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`), body]);
  return [WEBHOOK_KEY, OLD_WEBHOOK_KEY].some((key) => {
    const digest = createHmac('sha256', Buffer.from(key, 'base64')).update(signed).digest('base64');
    return String(headers['webhook-signature']).split(' ').includes(`v1,${digest}`);
  });
}
