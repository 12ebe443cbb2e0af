import type { BenchResult, BenchTable, Cell, Goal } from './bench-result.ts';
import { median, rounded } from './bench-result.ts';
import { bytesByPackage } from './bundle-contents.ts';
import { type Bundled, Bundles, FUNCTIONS } from './bundles.ts';
import { inFreshProcess } from './processes.ts';

/** Fresh processes for each bundle. */
const ROUNDS = 25;
const HIGHEST_RATIO = 1.2;
/** Packages with a row of their own in the analysis. */
const SHOWN = 16;

interface Weighed extends Bundled {
  /** Milliseconds of the processor, and of the clock. */
  readonly cpu: number[];
  readonly wall: number[];
}

interface Compared {
  readonly name: string;
  readonly own: Weighed;
  /** The same, with the whole SDK. */
  readonly whole: Weighed;
  /** The bare clients as the SDK brings them. */
  readonly bare: Weighed;
  /** The bare clients with what is left out of ours left out too. */
  readonly trimmed: Weighed;
}

/** What each function's bundle weighs and what it costs to load, against what it can't do without. */
export async function run(progress: (text: string) => void): Promise<BenchResult> {
  const bundles = new Bundles();
  try {
    const functions = FUNCTIONS.map((name) => ({
      name,
      own: weighed(bundles.own(name)),
      whole: weighed(bundles.own(name, true)),
      bare: weighed(bundles.bareClients(name, true)),
      trimmed: weighed(bundles.bareClients(name, false)),
    }));
    const okta = weighed(bundles.baseline('okta-sdk-zone'));
    const all = [...functions.flatMap(({ own, whole, bare, trimmed }) => [own, whole, bare, trimmed]), okta];
    // In turns, so that a busy machine slows all of them. The first round fills the file cache.
    for (let round = 0; round <= ROUNDS; round += 1) {
      if (round % 5 === 0) progress(`round ${round} of ${ROUNDS}`);
      for (const { file, cpu, wall } of all) {
        const time = load(file);
        if (round === 0) continue;
        cpu.push(time.cpu);
        wall.push(time.wall);
      }
    }
    return {
      tables: [loadTable(functions, okta), contentsTable(functions)],
      goals: functions.flatMap((each) => goals(each, okta)),
    };
  } finally {
    bundles.remove();
  }
}

function weighed(bundled: Bundled): Weighed {
  return { ...bundled, cpu: [], wall: [] };
}

function goals({ name, own, bare }: Compared, okta: Weighed): Goal[] {
  return [
    { what: `${name}: load to bare clients`, measured: loadRatio(own, bare), atMost: HIGHEST_RATIO },
    { what: `${name}: size to bare clients`, measured: sizeRatio(own, bare), atMost: HIGHEST_RATIO },
    ...(name === 'zone' ? [{ what: "zone: load to Okta's SDK", measured: loadRatio(own, okta), atMost: 0.5 }] : []),
  ];
}

function loadRatio(subject: Weighed, baseline: Weighed): number {
  return rounded(median(subject.cpu) / median(baseline.cpu), 2);
}

function sizeRatio(subject: Weighed, baseline: Weighed): number {
  return rounded(subject.bytes / baseline.bytes, 2);
}

function loadTable(functions: readonly Compared[], okta: Weighed): BenchTable {
  const row = (name: string, subject: Weighed, ...baselines: readonly Weighed[]): Cell[] => [
    name,
    rounded(subject.bytes / 1024),
    rounded(median(subject.cpu)),
    rounded(Math.min(...subject.wall)),
    ...[0, 1, 2].map((index) => {
      const baseline = baselines[index];
      return baseline ? `${sizeRatio(subject, baseline)} / ${loadRatio(subject, baseline)}` : '';
    }),
  ];
  return {
    title: `Size and load of the bundles (${ROUNDS} fresh processes each, in turns)`,
    columns: [
      'bundle',
      'KB',
      'CPU (ms)',
      'fastest (ms)',
      'to bare clients: size / CPU',
      'to trimmed clients: size / CPU',
      "to Okta's SDK: size / CPU",
    ],
    rows: [
      ...functions.flatMap(({ name, own, whole, bare, trimmed }) => [
        row(name, own, bare, trimmed, okta),
        row(`${name} with the whole SDK`, whole, bare),
        row(`${name}: bare clients`, bare),
        row(`${name}: trimmed clients`, trimmed),
      ]),
      row("zone update with Okta's SDK", okta),
    ],
    note:
      'Bare clients: a function that does nothing but make the AWS clients that the real one uses, as the SDK brings ' +
      'them. Trimmed: the same without the search for credentials, which our bundles leave out. The zone update with ' +
      "Okta's SDK is a GET and a PUT of one zone (bench/baselines/), without any AWS client. All else is built with " +
      'the same options. CPU is the median of the processor time; a Lambda with 512 MB has 0.29 of a processor, one with 256 MB 0.14. ' +
      'Fastest is the shortest time by the clock.',
  };
}

function contentsTable(functions: readonly Compared[]): BenchTable {
  const contents = functions.map(({ own }) => new Map(bytesByPackage(own.metafile)));
  const names = [...new Set(contents.flatMap((each) => [...each.keys()]))];
  const most = (name: string) => Math.max(...contents.map((each) => each.get(name) ?? 0));
  names.sort((a, b) => most(b) - most(a));
  const kb = (of: readonly string[]) =>
    contents.map((each) => rounded(of.reduce((sum, name) => sum + (each.get(name) ?? 0), 0) / 1024, 1));
  const rest = names.slice(SHOWN);
  return {
    title: 'What is in each bundle (KB, minified)',
    columns: ['package', ...functions.map(({ name }) => name)],
    rows: [
      ...names.slice(0, SHOWN).map((name) => [name, ...kb([name])]),
      [`${rest.length} others`, ...kb(rest)],
      ['all', ...kb(names)],
    ],
  };
}

/** Loads a bundle in a fresh process. @returns milliseconds that `require` took */
function load(file: string): { cpu: number; wall: number } {
  const script = `const c=process.cpuUsage(),t=process.hrtime.bigint();require(${JSON.stringify(file)});
const w=Number(process.hrtime.bigint()-t)/1e6,u=process.cpuUsage(c);
process.stdout.write(JSON.stringify({cpu:(u.user+u.system)/1e3,wall:w}))`;
  return JSON.parse(inFreshProcess(script));
}
