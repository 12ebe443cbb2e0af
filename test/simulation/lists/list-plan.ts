import { Random } from '../random.ts';

/** What goes wrong with a list. Each begins at some moment and lasts for a while, or strikes once. */
export const LIST_FAULTS = [
  ...['list lags', 'list is empty by mistake', 'list of another ACL', 'list is cut off', 'entry missing for one read'],
  ...['page with 200', 'JSON with 200', 'answer 401', 'answer 403', 'answer 503', 'answer 302', 'bad certificate'],
  ...['slow body', 'outage', 'old list after a restore', 'not modified, though it is', 'too large', '50,000 lines'],
  ...['lost add', 'lost del', 'flush by hand', 'lost tick', 'reader dies', 'new code'],
] as const;
export type ListFault = (typeof LIST_FAULTS)[number];

export interface ListAction {
  /** Seconds after the start. */
  readonly at: number;
  readonly do: 'log in' | 'log out' | ListFault;
  readonly ip?: string;
  /** Seconds that a fault lasts, or that a list lags. */
  readonly seconds?: number;
}

export interface ListPlan {
  readonly seed: number;
  /** Whether the script beside the list posts what happens, too. */
  readonly hasScript: boolean;
  readonly endsGrants: boolean;
  readonly pollSeconds: number;
  readonly defaultGrantMinutes: number;
  /** Seconds until nothing more is begun. */
  readonly actionSeconds: number;
  /** By their time. */
  readonly actions: readonly ListAction[];
}

/** For how many seconds a fault lasts, at least and at most. Those that strike once have none. */
const LASTS: Readonly<Partial<Record<ListFault, readonly [number, number]>>> = {
  ...{ 'list lags': [5, 30], 'list is empty by mistake': [1, 70], 'list of another ACL': [1, 70] },
  ...{ 'list is cut off': [1, 70], 'page with 200': [20, 200], 'JSON with 200': [20, 90], 'answer 401': [10, 90] },
  ...{ 'answer 403': [10, 90], 'answer 503': [10, 200], 'answer 302': [10, 60], 'bad certificate': [10, 90] },
  ...{ 'slow body': [10, 90], outage: [100, 1_500], 'old list after a restore': [10, 120], 'too large': [10, 60] },
  ...{ 'not modified, though it is': [10, 120], '50,000 lines': [10, 30] },
};

/** A schedule: people who come and go, and some faults, all by one seed. */
export function makeListPlan(seed: number): ListPlan {
  const random = Random.named(seed, 'lists');
  const actionSeconds = random.whole(300, 1_500);
  const crowd = random.pick([4, 12, 30]);
  const ips = Array.from({ length: crowd }, (_, i) => (i % 2 ? `203.0.113.${i + 1}` : `198.51.100.${i + 100}`));
  const [first = '', ...others] = ips;
  const actions: ListAction[] = [];
  const somewhen = () => random.whole(1, actionSeconds);
  // Most come at the start, so that there is a list that can be wrong.
  for (const ip of ips) if (random.chance(0.8)) actions.push({ at: random.whole(1, 40), do: 'log in', ip });
  for (let i = random.whole(5, 40); i > 0; i -= 1) {
    const what = random.pick(['log in', 'log out', 'log out', 'lost add', 'lost del'] as const);
    actions.push({ at: somewhen(), do: what, ip: random.pick([first, ...others]) });
  }
  for (let i = random.whole(4, 10); i > 0; i -= 1) {
    const [one, ...more] = LIST_FAULTS.filter((fault) => !fault.startsWith('lost ') || fault === 'lost tick');
    const fault = random.pick([one ?? 'outage', ...more]);
    const [least, most] = LASTS[fault] ?? [0, 0];
    actions.push({
      at: somewhen(),
      do: fault,
      ip: random.pick([first, ...others]),
      seconds: random.whole(least, most),
    });
  }
  return {
    ...{ seed, actionSeconds, hasScript: random.chance(0.6), endsGrants: random.chance(0.8) },
    pollSeconds: random.pick([5, 15, 15, 60]),
    defaultGrantMinutes: random.pick([20, 60, 480]),
    actions: actions.sort((a, b) => a.at - b.at),
  };
}
