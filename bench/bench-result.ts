/** One cell: numbers are printed with the digits they are given. */
export type Cell = string | number;

export interface BenchTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** What one has to know to read it: the baseline, the assumptions. */
  readonly note?: string;
}

/** A promise about a ratio, a count or a price. Never about a time on one machine. */
export interface Goal {
  readonly what: string;
  readonly measured: number;
  readonly atMost: number;
  readonly unit?: string;
}

export interface BenchResult {
  readonly tables: readonly BenchTable[];
  readonly goals: readonly Goal[];
}

/** Makes one measurement; reports what it is at, since some take a minute. */
export type Bench = (progress: (text: string) => void) => Promise<BenchResult>;

export function holds({ measured, atMost }: Goal): boolean {
  return measured <= atMost;
}

/** @param digits after the point */
export function rounded(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
