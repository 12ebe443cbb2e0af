import { Worker } from 'node:worker_threads';
import type { PlanChanges } from './plan.ts';
import { together } from './report.ts';
import type { Summary } from './simulate.ts';

export interface ParallelOptions {
  readonly seed: number;
  readonly runs: number;
  readonly workers: number;
  readonly mostSeconds?: number;
  readonly changes?: PlanChanges;
  readonly progress?: (done: number, failed: number) => void;
  /** Told of each schedule that breaks a promise, at once. */
  readonly broken?: (line: string) => void;
}

/** What a worker is given, and what it sends back: its progress, and in the end its summary. */
export interface Share {
  readonly seed: number;
  readonly runs: number;
  readonly mostSeconds: number | undefined;
  readonly changes: PlanChanges | undefined;
}
export type Message =
  | { readonly done: number; readonly failed: number }
  | { readonly broken: string }
  | { readonly summary: Summary };

/** The schedules from `seed` on, each worker a stretch of its own. */
export async function simulateInParallel(options: ParallelOptions): Promise<Summary> {
  const { seed, runs, workers, mostSeconds, changes, progress, broken = () => {} } = options;
  const size = Math.ceil(runs / workers);
  const states = new Map<number, { readonly done: number; readonly failed: number }>();
  const parts = Array.from({ length: workers }, (_, index) => {
    const own = { seed: seed + index * size, runs: Math.max(0, Math.min(size, runs - index * size)) };
    const share = { ...own, mostSeconds, changes };
    return inWorker(share, broken, (state) => {
      states.set(index, state);
      const all = [...states.values()];
      const sum = (of: 'done' | 'failed') => all.reduce((total, each) => total + each[of], 0);
      progress?.(sum('done'), sum('failed'));
    });
  });
  return together(await Promise.all(parts));
}

function inWorker(
  share: Share,
  broken: (line: string) => void,
  progress: (state: { readonly done: number; readonly failed: number }) => void,
) {
  return new Promise<Summary>((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: share,
      // A schedule leaves much behind that is soon of no use; a larger young generation is swept less often.
      resourceLimits: { maxYoungGenerationSizeMb: 96 },
    });
    worker.on('message', (message: Message) => {
      if ('broken' in message) return broken(message.broken);
      if (!('summary' in message)) return progress(message);
      resolve(message.summary);
      // Timers of invocations that died would keep it alive for half a minute.
      void worker.terminate();
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('a worker of the simulation ended before its work was done')));
  });
}
