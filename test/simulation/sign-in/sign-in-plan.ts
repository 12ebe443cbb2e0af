import type { Draft } from '../dimensions.ts';
import type { Fault } from '../faults.ts';
import { withoutTheUsual } from '../kind-plan.ts';
import type { Random } from '../random.ts';

/** In a storm, how likely each is: of a request for a token, or of a call with one. */
const RATES = {
  ...{ '429 for a token': 0.5, '5xx for a token': 0.5, 'no answer for a token': 0.4, 'scopes dropped': 0.4 },
  ...{ 'nonce changed': 0.4, 'tokens end early': 0.15, 'Okta behind our clock': 0.3, 'token expired in mid-pass': 0.6 },
} as const satisfies Partial<Record<Fault, number>>;
const FAULTS = [
  ...(['429 for a token', '5xx for a token', 'no answer for a token', 'scopes dropped', 'nonce changed'] as const),
  ...(['tokens end early', 'Okta behind our clock', 'token expired in mid-pass'] as const),
] as const;

/** What happens to whoever signs in as a service app. In good weather only what must disturb nobody. */
export function signIn(draft: Draft, random: Random): void {
  // Once each: twice within one call is more than it can do anything about.
  for (const fault of ['tokens end early', 'nonce changed'] as const) {
    if (random.chance(0.7)) draft.actions.push({ at: random.whole(0, draft.actionMs), do: 'sign-in', fault });
  }
  if (random.chance(0.6)) draft.rates['token of seconds'] = random.pick([0.3, 1]);
  if (draft.weather !== 'storm') return;
  // Where everything goes wrong at once, hardly anybody gets as far as a call with a token.
  if (random.chance(0.7)) draft.rates = withoutTheUsual(draft.rates);
  // So slow that a token ends on the way to Okta.
  if (random.chance(0.3)) draft.rates['slow call'] = 0.2;
  // Few, or whoever gets no token never meets what happens to those that have one.
  for (let count = random.whole(1, 3); count > 0; count -= 1) {
    const fault = random.pick(FAULTS);
    draft.rates[fault] = RATES[fault];
  }
}

/**
 * Where calls take seconds, whoever must sign in first has little time left for the others of a run, and a token of seconds
 * may be over when it arrives, once and again.
 */
export function codesOfSlowSignIn({ oktaMs: [, longest] }: Pick<Draft, 'oktaMs'>): readonly string[] {
  return longest >= 3_000 ? ['ZONE003', 'OKTA001'] : [];
}
