import { parentPort, workerData } from 'node:worker_threads';
import type { Message, Share } from './parallel.ts';
import { brokenLine } from './report.ts';
import { simulate } from './simulate.ts';

const EVERY = 100;
const share: Share = workerData;
const post = (message: Message) => parentPort?.postMessage(message);

const summary = await simulate({
  ...{ seed: share.seed, runs: share.runs },
  ...(share.changes && { changes: share.changes }),
  ...(share.mostSeconds !== undefined && { mostSeconds: share.mostSeconds }),
  progress: (done, failed) => {
    if (done % EVERY === 0) post({ done, failed });
  },
  broken: (failure) => post({ broken: brokenLine(failure) }),
});
post({ summary });
