import type { ErrorCode } from '../error-codes.ts';

/** What became of an event. */
export type Outcome =
  /** Okta has confirmed lists that reflect the event. */
  | {
      readonly status: 'applied';
      /** How many grants a revoke or a flush has ended. */
      readonly ended?: number;
      /** How many live grants hold the IP now. */
      readonly heldBy?: number;
      /** The configuration lets the IP in. */
      readonly alwaysAllowed?: true;
      readonly overtakenBy?: string;
    }
  /** Of a grant: its time is over. */
  | { readonly status: 'expired' }
  /** The zone could not be updated. `heals`: it will be, without anybody. */
  | { readonly status: 'failed'; readonly code: ErrorCode; readonly detail: string; readonly heals: boolean }
  /** Another event had the same id: this one is not applied. */
  | { readonly status: 'other event' }
  | { readonly status: 'pending' };

export const PENDING: Outcome = { status: 'pending' };
