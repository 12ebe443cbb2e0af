import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import type { FunctionName } from '../cdk/function-code.ts';
import { startFakeAws } from '../test/helpers/fake-aws.ts';
import { lambdaEnvironment } from '../test/helpers/lambda-process.ts';
import { type BenchResult, median, rounded } from './bench-result.ts';
import { Bundles, FUNCTIONS } from './bundles.ts';
import { deployedStack } from './deployed-stack.ts';
import { ACL, answersFor, ENDED_GRANTS, largestEvent, ZONES_CASES, type ZonesCase } from './largest-case.ts';

/** Fresh processes for each function. */
const ROUNDS = 3;
/** Of the memory and of the time that a function has, at most this may be taken in its largest case. */
const MOST_TAKEN = 0.5;
/** With so much memory a function has a whole processor (AWS Lambda's documentation). */
const MB_OF_A_PROCESSOR = 1_769;
/** In each of these a process may run for its share. */
const TURN_MS = 50;
const MARK = 'MEASURED ';

interface Peak {
  /** Megabytes of the whole process. */
  readonly node: number;
  readonly loaded: number;
  readonly peak: number;
  /** Megabytes on the heap afterwards, before anything is given back. */
  readonly heap: number;
  /** Seconds of the processor that the invocation took. */
  readonly cpuSeconds: number;
  /** Seconds by the clock, with the share of a processor that its memory buys. */
  readonly seconds: number;
}

/** A function in one of the cases that ask most of it, with what the stack of such a configuration gives it. */
interface Case {
  readonly name: FunctionName;
  readonly title: string;
  readonly zones: ZonesCase;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
}

/** How much memory each function takes: a bare process, the loaded bundle, the peak in its largest case. */
export async function run(progress: (text: string) => void): Promise<BenchResult> {
  const timeTaken = ({ timeoutSeconds }: Case, { seconds }: Peak) => rounded(seconds / timeoutSeconds, 2);
  const peaks: [Case, Peak][] = [];
  for (const one of cases()) {
    const measured: Peak[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      progress(`${one.title}, round ${round} of ${ROUNDS}`);
      measured.push(await measure(one));
    }
    const of = (key: keyof Peak) => median(measured.map((peak) => peak[key]));
    const memory = { node: of('node'), loaded: of('loaded'), peak: of('peak'), heap: of('heap') };
    peaks.push([one, { ...memory, cpuSeconds: of('cpuSeconds'), seconds: of('seconds') }]);
  }
  return {
    tables: [
      {
        title: 'Memory of the functions (MB of the whole process)',
        columns: [
          'function',
          'bare Node.js',
          'bundle loaded',
          'largest case',
          'of it heap',
          'setting',
          'CPU seconds',
          'seconds',
          'of its time',
        ],
        rows: peaks.map(([one, peak]) => [
          one.title,
          rounded(peak.node),
          rounded(peak.loaded),
          rounded(peak.peak),
          rounded(peak.heap),
          one.memoryMb,
          rounded(peak.cpuSeconds, 2),
          rounded(peak.seconds, 1),
          timeTaken(one, peak),
        ]),
        note:
          `Medians of ${ROUNDS} fresh processes; the clients' own calls go to a stand-in over HTTP. Largest cases: webhook, ` +
          `one grant; outcome, one question; grants, a flush of ${ENDED_GRANTS.toLocaleString('en-US')}; expiry, a tick at which as many are due; ` +
          `zone, a rebuild of ${ZONES_CASES.map(({ grants, zoneIds }) => `${grants.toLocaleString('en-US')} live grants over ${zoneIds.length} zones`).join(' and of ')}` +
          ', as far as it gets in ten seconds. Node.js ' +
          'has the limits of its heap that Lambda gives it, and runs for the share of a processor that the memory buys: seconds ' +
          'are by the clock then, and of its time is their part of the timeout.',
      },
    ],
    goals: peaks.flatMap(([one, peak]) => [
      {
        what: `${one.title}: share of its memory in the largest case`,
        measured: rounded(peak.peak / one.memoryMb, 2),
        atMost: MOST_TAKEN,
      },
      {
        what: `${one.title}: share of its time in the largest case`,
        measured: timeTaken(one, peak),
        atMost: MOST_TAKEN,
      },
    ]),
  };
}

function cases(): Case[] {
  return ZONES_CASES.flatMap((zones, index) => {
    const { functions } = deployedStack({ acls: { [ACL]: { zoneIds: zones.zoneIds } } });
    // The others do not depend on the zones.
    const names = index === 0 ? FUNCTIONS : (['zone'] as const);
    return names.map((name) => {
      const title = name === 'zone' ? `zone, ${zones.zoneIds.length} zones` : name;
      return { name, title, zones, ...functions[name] };
    });
  });
}

async function measure(one: Case): Promise<Peak> {
  const { name, zones } = one;
  const now = Date.now();
  const aws = await startFakeAws(answersFor(name, zones.grants, now));
  const bundles = new Bundles({
    okta: { domain: 'acme.okta.com', baseUrl: aws.url },
    acls: { [ACL]: { zoneIds: zones.zoneIds } },
  });
  try {
    return await inProcess(one, bundles.own(name).file, largestEvent(name, now), aws.url);
  } finally {
    bundles.remove();
    aws.close();
  }
}

/** As Lambda starts Node.js (`/var/runtime/bootstrap` of its images): a tenth of the memory for what is new, the rest for what stays. */
function heapLimits(memoryMb: number): string[] {
  const young = Math.floor(memoryMb / 10);
  return [`--max-semi-space-size=${Math.floor(young / 2)}`, `--max-old-space-size=${memoryMb - young}`];
}

/** Lets a process run for its share of a processor alone, in turns. @returns what ends that */
function throttle(child: ChildProcess, share: number): () => void {
  let timer: NodeJS.Timeout;
  const turn = (isOn: boolean) => {
    child.kill(isOn ? 'SIGCONT' : 'SIGSTOP');
    timer = setTimeout(() => turn(!isOn), TURN_MS * (isOn ? share : 1 - share));
  };
  turn(true);
  return () => clearTimeout(timer);
}

function inProcess(
  { name, memoryMb, timeoutSeconds }: Case,
  file: string,
  event: unknown,
  awsUrl: string,
): Promise<Peak> {
  // Not `resourceUsage().maxRSS`: a process that is started begins with its parent's. Linux alone tells it so.
  const script = `const { readFileSync } = require('node:fs');
const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
const node = peak();
const { handler } = require(${JSON.stringify(file)});
const loaded = peak();
const cpu = process.cpuUsage();
const began = performance.now();
const taken = () => performance.now() - began;
const getRemainingTimeInMillis = () => ${timeoutSeconds * 1_000} - taken();
const context = { awsRequestId: 'bench', functionName: 'bench', getRemainingTimeInMillis };
handler(${JSON.stringify(event)}, context).then((answer) => {
  const { user, system } = process.cpuUsage(cpu);
  const failed = answer?.batchItemFailures?.length > 0 || (answer?.statusCode >= 300 && answer.statusCode !== 404);
  const heap = process.memoryUsage().heapUsed / 2 ** 20;
  const measured = { node, loaded, peak: peak(), heap, cpuSeconds: (user + system) / 1e6, seconds: taken() / 1e3, failed };
  process.stdout.write('\\n' + ${JSON.stringify(MARK)} + JSON.stringify(measured) + '\\n', () => process.exit(0));
});`;
  const env = lambdaEnvironment(name, awsUrl);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...heapLimits(memoryMb), '-e', script], { env, cwd: tmpdir() });
    const release = throttle(child, memoryMb / MB_OF_A_PROCESSOR);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += String(chunk);
      });
    }
    child.on('error', reject);
    child.on('close', () => {
      release();
      const line = output.split('\n').find((text) => text.startsWith(MARK));
      const { failed = true, ...peak } = line ? JSON.parse(line.slice(MARK.length)) : {};
      // A code in the log means that the work was not done, so the figures would be of something else.
      // That the event of the outcome is not known is its answer.
      const isMeant = (text: string) => text.includes('ZONE005') || text.includes('HOOK009');
      const codes = output.split('\n').filter((text) => text.includes('"code":"') && !isMeant(text));
      const isIdle = name === 'zone' && !output.includes('zone updated');
      if (failed || isIdle || codes.length > 0)
        reject(new Error(`${name} failed: ${codes[0] ?? output.slice(-2_000)}`));
      else resolve(peak);
    });
  });
}
