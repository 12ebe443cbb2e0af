import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { build } from '../../scripts/build/build.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The app that the documents show. */
export const EXAMPLE = join(ROOT, 'examples/own-app');
const NAME = 'knocknoc-okta-zones';
/** What an app of the customer's brings itself. */
const OF_THE_APP = ['aws-cdk-lib', 'constructs'];

/** The example app in a folder of its own, with the package in its `node_modules` and nothing else of this project. */
export interface InstalledApp {
  readonly folder: string;
  /** Where the package is. */
  readonly own: string;
}

/** @param packed by npm itself, types included; otherwise of the same parts, in a fraction of the time */
export function installExample(parent: string, packed: boolean): InstalledApp {
  const folder = mkdtempSync(join(parent, 'own-app-'));
  const modules = join(folder, 'node_modules');
  const own = join(modules, NAME);
  cpSync(EXAMPLE, folder, { recursive: true });
  mkdirSync(own, { recursive: true });
  if (packed) {
    const tarball = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const file = join(folder, tarball.trim().split('\n').at(-1) ?? '');
    execFileSync('tar', ['-xzf', file, '-C', own, '--strip-components=1']);
  } else {
    for (const file of ['package.json', 'cli/zone.js']) cpSync(join(ROOT, file), join(own, file));
    build(join(own, 'dist'));
  }
  for (const name of OF_THE_APP) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  return { folder, own };
}

/** Synthesises the app as the CDK's command line does. @returns the templates by their stacks */
export function synthesise(folder: string): Readonly<Record<string, string>> {
  const outdir = join(folder, 'cdk.out');
  const result = spawnSync(process.execPath, ['app.ts'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CDK_OUTDIR: outdir },
  });
  if (result.status !== 0) throw new Error(result.stderr);
  const manifest: { artifacts: Record<string, { type: string; properties?: { templateFile?: string } }> } = JSON.parse(
    readFileSync(join(outdir, 'manifest.json'), 'utf8'),
  );
  return Object.fromEntries(
    Object.entries(manifest.artifacts).flatMap(([name, { properties }]) =>
      properties?.templateFile === undefined
        ? []
        : [[name, readFileSync(join(outdir, properties.templateFile), 'utf8')]],
    ),
  );
}

/** Where programs are found without any of this project but the Node.js that runs this. */
export function pathOfCustomers(): string {
  return [dirname(process.execPath), ...(process.env.PATH ?? '').split(delimiter)]
    .filter((one) => !one.endsWith(join('node_modules', '.bin')))
    .join(delimiter);
}

/** Runs the command line of the package, without any program of this project on the PATH. */
export function runProgram({ folder, own }: InstalledApp, ...args: string[]) {
  const PATH = pathOfCustomers();
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(own, 'cli/zone.js'), ...args], {
    ...{ cwd: folder, encoding: 'utf8', env: { PATH } },
  });
  return { status, stdout, stderr };
}

/** What a customer's compiler says of the app, which reads the declarations of the package too. */
export function checkTypes(folder: string): string {
  symlinkSync(join(ROOT, 'node_modules/@types'), join(folder, 'node_modules/@types'));
  const compilerOptions = {
    module: 'NodeNext',
    target: 'ES2022',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }));
  return spawnSync('tsc', ['-p', folder], { encoding: 'utf8' }).stdout;
}
