import type { BenchResult, BenchTable, Goal } from './bench-result.ts';
import { median, rounded } from './bench-result.ts';
import { bytesByPackage } from './bundle-contents.ts';
import { type Bundled, Bundles, FUNCTIONS } from './bundles.ts';
import { inFreshProcess } from './processes.ts';

/** Fresh processes for each bundle. */
const ROUNDS = 25;
const HIGHEST_RATIO = 1.2;
/** Packages with a row of their own in the analysis. */
const SHOWN = 14;

interface Weighed extends Bundled {
  readonly times: number[];
}

/** What each function's bundle weighs and how long it takes to load, against what it can't do without. */
export async function run(progress: (text: string) => void): Promise<BenchResult> {
  const bundles = new Bundles();
  try {
    const weighed = (bundled: Bundled): Weighed => ({ ...bundled, times: [] });
    const functions = FUNCTIONS.map((name) => ({
      name,
      own: weighed(bundles.own(name)),
      bare: weighed(bundles.bareClients(name)),
    }));
    const okta = weighed(bundles.baseline('okta-sdk-zone'));
    const all = [...functions.flatMap(({ own, bare }) => [own, bare]), okta];
    // In turns, so that a busy machine slows all of them. The first round fills the file cache.
    for (let round = 0; round <= ROUNDS; round += 1) {
      if (round % 5 === 0) progress(`round ${round} of ${ROUNDS}`);
      for (const { file, times } of all) {
        const time = loadMs(file);
        if (round > 0) times.push(time);
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

type Pair = { readonly name: string; readonly own: Weighed; readonly bare: Weighed };

function goals({ name, own, bare }: Pair, okta: Weighed): Goal[] {
  return [
    { what: `${name}: load time to bare clients`, measured: ratio(own, bare), atMost: HIGHEST_RATIO },
    { what: `${name}: size to bare clients`, measured: rounded(own.bytes / bare.bytes, 2), atMost: HIGHEST_RATIO },
    ...(name === 'zone'
      ? [{ what: "zone: load time to a handler with Okta's SDK alone", measured: ratio(own, okta), atMost: 0.5 }]
      : []),
  ];
}

/** Of the fastest rounds: whatever else the machine does only ever adds. */
function ratio(subject: Weighed, baseline: Weighed): number {
  return rounded(Math.min(...subject.times) / Math.min(...baseline.times), 2);
}

function loadTable(functions: readonly Pair[], okta: Weighed): BenchTable {
  const row = (name: string, subject: Weighed, bare: Weighed | undefined) => [
    name,
    rounded(subject.bytes / 1024),
    rounded(Math.min(...subject.times), 1),
    rounded(median(subject.times), 1),
    ...(bare ? [rounded(subject.bytes / bare.bytes, 2).toFixed(2), ratio(subject, bare).toFixed(2)] : ['', '']),
    rounded(subject.bytes / okta.bytes, 2).toFixed(2),
    ratio(subject, okta).toFixed(2),
  ];
  return {
    title: `Size and load time of the bundles (${ROUNDS} fresh processes each, in turns)`,
    columns: [
      'bundle',
      'KB',
      'load, fastest (ms)',
      'load, median (ms)',
      'size to bare clients',
      'load to bare clients',
      "size to Okta's SDK",
      "load to Okta's SDK",
    ],
    rows: [
      ...functions.flatMap(({ name, own, bare }) => [
        row(name, own, bare),
        row(`${name}: bare clients`, bare, undefined),
      ]),
      row("zone update with Okta's SDK", okta, undefined),
    ],
    note:
      'Bare clients: a function that does nothing but make the AWS clients that the real one uses. The zone update ' +
      "with Okta's SDK is a GET and a PUT of one zone (bench/baselines/), and has no AWS client in it. All are built " +
      'with the same options. Ratios are of the fastest rounds.',
  };
}

function contentsTable(functions: readonly Pair[]): BenchTable {
  const contents = functions.map(({ own }) => new Map(bytesByPackage(own.metafile)));
  const names = [...new Set(contents.flatMap((each) => [...each.keys()]))];
  const most = (name: string) => Math.max(...contents.map((each) => each.get(name) ?? 0));
  const [shown, rest] = [names.sort((a, b) => most(b) - most(a)).slice(0, SHOWN), names.slice(SHOWN)];
  const kb = (of: readonly string[]) =>
    contents.map((each) => rounded(of.reduce((sum, name) => sum + (each.get(name) ?? 0), 0) / 1024, 1));
  return {
    title: 'What is in each bundle (KB, minified)',
    columns: ['package', ...functions.map(({ name }) => name)],
    rows: [...shown.map((name) => [name, ...kb([name])]), [`${rest.length} others`, ...kb(rest)]],
  };
}

/** @returns milliseconds from before `require` to after it, in a fresh process */
function loadMs(file: string): number {
  return Number(
    inFreshProcess(`const t=process.hrtime.bigint();require(${JSON.stringify(file)});
process.stdout.write(String(Number(process.hrtime.bigint()-t)/1e6))`),
  );
}
