import type { Key } from '../../lib/ports.ts';

export type FunctionName = 'webhook' | 'outcome' | 'grants' | 'expiry' | 'zone' | 'allowlist';

/** One call of a function to the outside. */
export type OutsideCall = { readonly from: FunctionName } & (
  | {
      readonly to: 'table';
      readonly method: 'get' | 'write' | 'query';
      /** The items it is about; of a query the partition, with what the sort keys begin with. */
      readonly keys: readonly Key[];
      /** A write that goes out as a transaction. */
      readonly isTransaction: boolean;
    }
  | { readonly to: 'events' | 'timers' | 'dead letters' | 'secret' | 'okta' | 'knocknoc' }
);

/**
 * What lies between a function and the outside: it can take time, fail on the way there, or on the way back. It reaches
 * the outside again where the client would: each call of `reach` is one try of the same request.
 */
export type Way = <T>(call: OutsideCall, reach: () => Promise<T>) => Promise<T>;

/** Nothing lies between. */
export const directWay: Way = (_, reach) => reach();
