/** The promises, by the numbers of the list in docs/reliability.md, and some that stand beside them. */
export type Invariant =
  | '1 settled zone'
  | '2 gone in time'
  | '3 in within time'
  | '5 one write at a time'
  | '6 only gateways change'
  | '7 reset time kept'
  | '7 reset time kept by a pass under way'
  | '8 unused zone untouched'
  | '9 in a zone throughout'
  | '10 waits only for room'
  | 'waiting is said'
  | 'unusable zones are said'
  | 'garbage is said'
  | 'dead letters say why'
  | 'a GET just before each PUT'
  | 'a zone has one writer'
  | 'unusable zone untouched'
  | 'foreign zone untouched'
  | 'nobody in without a grant'
  | 'no list over its limit'
  | 'always allowed throughout'
  | 'work drains at the pace of the quota'
  | 'few calls per change'
  | 'few calls in vain'
  | 'no rest over two minutes'
  | 'no needless write'
  | 'nothing foreign reported'
  | 'no codes in good weather'
  | 'answers to the sender'
  | 'outcomes are true'
  | 'status is true'
  | 'a key speaks for its own ACL'
  | 'each attempt has proofs of its own'
  | 'a refused token is not shown again'
  | 'one request for a token at a time'
  | 'a good token is kept'
  | 'every change is in the audit'
  | 'nothing left behind'
  | '23 who is listed is in'
  | '23 who is not listed is out'
  | '23 nothing but what a list says'
  | '23 at most half at one read'
  | '23 the key goes to its host alone';

export interface Violation {
  readonly invariant: Invariant;
  readonly detail: string;
  /** Milliseconds since the start of the schedule. */
  readonly at: number;
}
