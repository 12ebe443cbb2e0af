import { createHmac } from 'node:crypto';
import { apiEvent, outcomeEvent } from '../webhook-server.ts';
import type { StepOf } from './step-schema.ts';

export type Post = StepOf<'post'>;
type Proof = Pick<Post, 'key' | 'bearer'>;

/**
 * The request that a sender makes of a `post` step: signed with the key, or with the step's own, or with a bearer token.
 * @param now milliseconds since the epoch
 * @param id for the event, where the step gives none
 */
export function requestOf(post: Post, now: number, id: string, key: string) {
  const body = typeof post.post === 'string' ? post.post : JSON.stringify(eventOf(post.post, now - (post.ago ?? 0)));
  const proof = post.bearer === undefined ? signature(post.key ?? key, id, now, body) : bearer(post.bearer, post.id);
  return apiEvent('/webhook', { 'content-type': 'application/json', ...proof }, Buffer.from(body));
}

/**
 * The question for what became of a post, by whoever has posted it.
 * @param address where it is asked
 * @param id of the event
 * @param wait in seconds; undefined: not at all
 */
export function questionOf(
  post: Proof,
  address: string,
  id: string,
  wait: number | undefined,
  now: number,
  key: string,
) {
  const proof = post.bearer === undefined ? signature(post.key ?? key, id, now, '') : bearer(post.bearer, id);
  return outcomeEvent(address, { ...proof, ...(wait !== undefined && { prefer: `wait=${wait}` }) });
}

/** With the time at which it happened, unless it says so itself. */
function eventOf(event: Readonly<Record<string, unknown>>, at: number): Readonly<Record<string, unknown>> {
  return Object.hasOwn(event, 'timestamp') ? event : { ...event, timestamp: new Date(at).toISOString() };
}

/** The headers of Standard Webhooks. A key that is no base64 signs all the same: the other side must refuse it. */
function signature(key: string, id: string, now: number, body: string): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  const bytes = Buffer.from(key.replace(/^whsec_/, ''), 'base64');
  const mac = createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` };
}

function bearer(token: string, id: string | undefined): Record<string, string> {
  return { authorization: `Bearer ${token}`, ...(id !== undefined && { 'webhook-id': id }) };
}
