import fc from 'fast-check';
import { judge } from './judge.ts';
import { anyRequest } from './requests.ts';

export interface Figures {
  readonly runs: number;
  readonly seed: number;
  /** How often each outcome was seen, by kind of request: `400 HOOK003` and the like. */
  readonly outcomes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly violations: number;
  /** The smallest request that breaks a rule, and which. */
  readonly failure?: string;
}

/** Posts `runs` requests that the seed decides; ends at the first that breaks a rule. */
export async function fuzz(runs: number, seed: number, progress: (done: number) => void = () => {}): Promise<Figures> {
  const outcomes = new Map<string, Map<string, number>>();
  let done = 0;
  const property = fc.asyncProperty(anyRequest, async ({ kind, raw }) => {
    const { status, code = 'accepted' } = await judge(raw);
    const counts = outcomes.get(kind) ?? new Map<string, number>();
    outcomes.set(kind, counts.set(`${status} ${code}`, (counts.get(`${status} ${code}`) ?? 0) + 1));
    done += 1;
    progress(done);
  });
  const details = await fc.check(property, { numRuns: runs, seed });
  const figures = { runs: details.numRuns, seed, outcomes, violations: details.failed ? 1 : 0 };
  if (!details.failed) return figures;
  const rule = details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance);
  return { ...figures, failure: `broken: ${rule}\n${fc.stringify(details.counterexample?.[0])}` };
}

/** A table of the outcomes and the totals. */
export function describeFigures({ runs, seed, outcomes, violations, failure }: Figures): string {
  const total = new Map<string, number>();
  for (const counts of outcomes.values()) {
    for (const [outcome, count] of counts) total.set(outcome, (total.get(outcome) ?? 0) + count);
  }
  const kinds = [...outcomes].map(([kind, counts]) =>
    row(
      kind,
      [...counts.values()].reduce((sum, n) => sum + n, 0),
    ),
  );
  const seen = [...total].sort(([a], [b]) => (a < b ? -1 : 1)).map(([outcome, count]) => row(outcome, count));
  return [
    `${runs} requests, seed ${seed}`,
    ...kinds,
    '',
    ...seen,
    '',
    `violations: ${violations}`,
    ...(failure ? [failure] : []),
  ].join('\n');
}

function row(name: string, count: number): string {
  return `  ${name.padEnd(26)}${String(count).padStart(8)}`;
}
