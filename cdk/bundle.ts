import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type Metafile } from 'esbuild';
import type { Config } from '../lib/config.ts';
import { type Bundles, withConfig } from './function-code.ts';

export interface BuildOptions {
  /** The file that exports `handler`. */
  readonly entry: string;
  /** What only the other value needs stays out. */
  readonly clientKey: Config['okta']['clientKey'];
  /** Leaves the SDK's whole search for credentials in: for a comparison. */
  readonly wholeSdk?: boolean;
}

export interface BundleOptions extends Omit<BuildOptions, 'clientKey'> {
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
/** Only this of the SDK's search for credentials can ever be used on Lambda. */
const CREDENTIALS = fileURLToPath(new URL('../lib/adapters/lambda-credentials.ts', import.meta.url));

/** The functions' code, made from the sources of this project at the moment that it is asked for. */
export function fromSources(folder = FUNCTIONS): Bundles {
  return { folder, code: (name, clientKey) => buildFunction({ entry: join(folder, `${name}.ts`), clientKey }).code };
}

/**
 * Makes one function's code, all but the configuration, which it reads from `KNOCKNOC_CONFIG`. The AWS SDK goes in: the
 * emulator brings only a part of it, and the one of the Lambda runtime loads more slowly.
 * @throws where the sources cannot be built, with every message
 */
export function buildFunction({ entry, clientKey, wholeSdk = false }: BuildOptions) {
  const { metafile, outputFiles } = buildSync({
    entryPoints: [entry],
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
  return { code: outputFiles[0]?.text ?? '', metafile };
}

/** Makes one function's deployable file. */
export function bundleFunction({ outdir, config, ...options }: BundleOptions): Bundle {
  const { code, metafile } = buildFunction({ ...options, clientKey: config.okta.clientKey });
  const text = withConfig(code, config);
  mkdirSync(outdir, { recursive: true });
  writeFileSync(join(outdir, 'index.js'), text);
  return { bytes: Buffer.byteLength(text), metafile };
}
