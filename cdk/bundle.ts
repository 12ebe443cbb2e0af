import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type Metafile } from 'esbuild';
import type { Config } from '../lib/config.ts';
import { type Bundles, withConfig } from './function-code.ts';

type ClientKey = Config['okta']['clientKey'];

export interface BuildOptions {
  /** Files that export `handler`. */
  readonly entries: readonly string[];
  /** What only the other value needs stays out. */
  readonly clientKey: ClientKey;
  /** Leaves the SDK's whole search for credentials in: for a comparison. */
  readonly wholeSdk?: boolean;
}

export interface BundleOptions extends Omit<BuildOptions, 'entries' | 'clientKey'> {
  readonly entry: string;
  /** Where `index.js` goes. Without a `package.json` in it Node.js loads that as CommonJS. */
  readonly outdir: string;
  readonly config: Config;
}

export interface Bundle {
  readonly bytes: number;
  /** What is in the bundle, file by file. */
  readonly metafile: Metafile;
}

const FUNCTIONS = fileURLToPath(new URL('../functions', import.meta.url));
/** Other files in their folder are read by a function, and are not one themselves. */
const IS_FUNCTION = /export const handler\b/;
/** Only this of the SDK's search for credentials can ever be used on Lambda. */
const CREDENTIALS = fileURLToPath(new URL('../lib/adapters/lambda-credentials.ts', import.meta.url));

/** The functions' code, made from the sources of this project at the moment that it is asked for: all at once. */
export function fromSources(folder = FUNCTIONS): Bundles {
  const built = new Map<ClientKey, ReadonlyMap<string, string>>();
  return {
    folder,
    code: (name, clientKey) => {
      const codes = built.get(clientKey) ?? buildFunctions({ entries: functionsIn(folder), clientKey }).codes;
      built.set(clientKey, codes);
      const code = codes.get(name);
      if (code === undefined) throw new Error(`there is no function ${name} in ${folder}`);
      return code;
    },
  };
}

/** Files of the functions, whole paths. */
export function functionsIn(folder = FUNCTIONS): string[] {
  const files = readdirSync(folder).map((file) => join(folder, file));
  return files.filter((file) => IS_FUNCTION.test(readFileSync(file, 'utf8')));
}

/**
 * Makes functions' code, all but the configuration, which they read from `KNOCKNOC_CONFIG`. The AWS SDK goes in: the emulator
 * brings only a part of it, and the one of the Lambda runtime loads more slowly. Several take little longer than one.
 * @returns codes by the functions' names
 * @throws where the sources cannot be built, with every message
 */
export function buildFunctions({ entries, clientKey, wholeSdk = false }: BuildOptions) {
  const { metafile, outputFiles } = buildSync({
    entryPoints: [...entries],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // The SDK's `module` builds shake far better than its CommonJS ones: a third less to load.
    mainFields: ['module', 'main'],
    ...(!wholeSdk && { alias: { '@aws-sdk/credential-provider-node': CREDENTIALS } }),
    minify: true,
    legalComments: 'none',
    // A comparison with this is decided when the bundle is made.
    define: { 'KNOCKNOC_CONFIG.okta.clientKey': JSON.stringify(clientKey) },
    metafile: true,
    write: false,
    outdir: FUNCTIONS,
    // A failed build throws with every message; nothing is to be printed twice.
    logLevel: 'silent',
  });
  const codes: ReadonlyMap<string, string> = new Map(outputFiles.map(({ path, text }) => [parse(path).name, text]));
  return { codes, metafile };
}

/** Makes one function's deployable file. */
export function bundleFunction({ entry, outdir, config, ...options }: BundleOptions): Bundle {
  const { codes, metafile } = buildFunctions({ ...options, entries: [entry], clientKey: config.okta.clientKey });
  const text = withConfig([...codes.values()].join(''), config);
  mkdirSync(outdir, { recursive: true });
  writeFileSync(join(outdir, 'index.js'), text);
  return { bytes: Buffer.byteLength(text), metafile };
}
