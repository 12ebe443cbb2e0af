import type { Item } from '../ports.ts';
import type { Messages } from './seen-event.ts';

/** What has overtaken an event. Senders are told it in these words. */
export type Overtaker = (typeof OVERTAKERS)[number];
export const OVERTAKERS = [
  'a later flush',
  'a later revoke',
  'a later event on the same grant',
  'later grants',
] as const;

/** What applying an event has led to. */
export type EventResult =
  /** `overtakenBy`: it is applied, but a later one of its kind stands already, or grants that it did not cover. */
  | { readonly kind: 'applied'; readonly ended: number; readonly overtakenBy?: Overtaker }
  /** `otherBody`: its id was another event's. */
  | { readonly kind: 'duplicate'; readonly otherBody: boolean }
  | { readonly kind: 'overtaken'; readonly by: Overtaker };

/** What one event is written with. */
export interface EventFacts {
  readonly order: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Until when it is remembered, in seconds since the epoch. */
  readonly ttl: number;
  /** Says that it was applied. */
  readonly seen: Item;
  /** Above every order that an event can have now. */
  readonly latest: string;
  readonly messages: Messages;
  /** Whether a row is a grant that lives. */
  readonly isLive: (row: Item) => boolean;
  /** Whether a row is over: it goes by itself, and no event ends it any more. */
  readonly isOver: (row: Item) => boolean;
}
