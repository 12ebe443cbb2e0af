import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, buildSync, type Metafile } from 'esbuild';
import { buildFunctions, functionsIn } from '../../cdk/bundle.ts';
import { bundleFile } from '../../cdk/function-code.ts';
import { licensesOf } from './licenses.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Node.js that a customer may have. */
const SHARED = {
  ...{ absWorkingDir: ROOT, bundle: true, platform: 'node', target: 'node22', metafile: true, logLevel: 'silent' },
} as const satisfies BuildOptions;

/**
 * Builds the package out of the sources: the construct, the functions' code, the command line, and the
 * licenses of what is in them. The declarations of types are the compiler's (`npm run build`).
 */
export function build(out: string): void {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(join(out, 'functions'), { recursive: true });
  // The rest of the package is ESM. What is made is for either kind of app.
  writeFileSync(join(out, 'package.json'), '{ "type": "commonjs" }\n');
  const made = [buildConstruct(out), buildCommandLine(out), ...writeFunctions(out)];
  writeFileSync(join(out, 'third-party-licenses.txt'), licensesOf(ROOT, made));
}

function buildConstruct(out: string): Metafile {
  return buildSync({
    ...SHARED,
    entryPoints: ['cdk/knocknoc-okta.ts'],
    outfile: join(out, 'cdk', 'knocknoc-okta.js'),
    format: 'cjs',
    mainFields: ['module', 'main'],
    // The app's own: there must be one of each in a process.
    external: ['aws-cdk-lib', 'constructs'],
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  }).metafile;
}

function buildCommandLine(out: string): Metafile {
  return buildSync({
    ...SHARED,
    entryPoints: ['cli/main.ts'],
    outdir: join(out, 'cli'),
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    // What only some commands need is loaded when it is asked for.
    splitting: true,
    minify: true,
    keepNames: true,
    mainFields: ['module', 'main'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  }).metafile;
}

function writeFunctions(out: string): Metafile[] {
  const entries = functionsIn();
  const secret = buildFunctions({ entries, clientKey: 'secret' });
  const kms = buildFunctions({ entries, clientKey: 'kms' });
  for (const [name, code] of secret.codes) {
    writeFileSync(join(out, 'functions', bundleFile(name, 'secret')), code);
    const other = kms.codes.get(name) ?? code;
    if (other !== code) writeFileSync(join(out, 'functions', bundleFile(name, 'kms')), other);
  }
  return [secret.metafile, kms.metafile];
}

/** Leaves of the declarations that the compiler has made only those that the first one leads to. */
export function keepDeclarations(out: string, first: string): void {
  const kept = new Set<string>();
  const visit = (file: string) => {
    if (kept.has(file)) return;
    kept.add(file);
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/ from '(\.[^']+)\.ts'/g)) {
      visit(join(dirname(file), `${path}.d.ts`));
    }
  };
  visit(join(out, first));
  for (const file of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.d.ts') && !kept.has(join(out, file))) rmSync(join(out, file));
  }
}
