import { parseArgs } from 'node:util';
import { measureLoadTimes } from './load-time.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' }, json: { type: 'boolean' } } });

/** A function may load at most this much longer than the AWS clients it can't do without. */
const HIGHEST_RATIO = 1.3;

const results = measureLoadTimes(Number(values.rounds));
if (values.json) {
  console.log(JSON.stringify({ node: process.version, loadTimes: results }, undefined, 2));
} else {
  console.log(
    `Load time in fresh processes (Node.js ${process.version}, medians of ${values.rounds}, taken in turns)\n`,
  );
  console.table(
    results.map(({ name, bytes, baselineBytes, loadMs, baselineMs }) => ({
      function: name,
      'size (KB)': Math.round(bytes / 1024),
      'bare clients (KB)': Math.round(baselineBytes / 1024),
      'load (ms)': Math.round(loadMs),
      'bare clients (ms)': Math.round(baselineMs),
      ratio: Number((loadMs / baselineMs).toFixed(2)),
    })),
  );
}
const slow = results.filter(({ loadMs, baselineMs }) => loadMs / baselineMs > HIGHEST_RATIO);
for (const { name } of slow)
  console.error(`${name} loads more than ${HIGHEST_RATIO} times as long as its bare clients`);
process.exitCode = slow.length > 0 ? 1 : 0;
