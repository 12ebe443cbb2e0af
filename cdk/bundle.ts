import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type Metafile } from 'esbuild';
import type { Config } from '../lib/config.ts';

export interface BundleOptions {
  /** The file that exports `handler`. */
  readonly entry: string;
  /** Where `index.js` goes. Without a `package.json` in it Node.js loads that as CommonJS. */
  readonly outdir: string;
  readonly config: Config;
  /** Writes `index.js.map` beside it; off, since Lambda would have to be told to read it. */
  readonly sourcemap?: boolean;
  /** Leaves the SDK's whole search for credentials in: for a comparison. */
  readonly wholeSdk?: boolean;
}

export interface Bundle {
  readonly bytes: number;
  /** What is in the bundle, file by file. */
  readonly metafile: Metafile;
}

/** Only this of the SDK's search for credentials can ever be used on Lambda. */
const CREDENTIALS = fileURLToPath(new URL('../lib/adapters/lambda-credentials.ts', import.meta.url));

/**
 * Makes one function's deployable file. The AWS SDK goes in (the emulator brings only a part of it,
 * and the one of the Lambda runtime loads more slowly), and so does the configuration, which would
 * not fit into environment variables.
 */
export function bundleFunction({ entry, outdir, config, sourcemap = false, wholeSdk = false }: BundleOptions): Bundle {
  const { metafile } = buildSync({
    entryPoints: [entry],
    outfile: join(outdir, 'index.js'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // The SDK's `module` builds shake far better than its CommonJS ones: a third less to load.
    mainFields: ['module', 'main'],
    ...(!wholeSdk && { alias: { '@aws-sdk/credential-provider-node': CREDENTIALS } }),
    minify: true,
    legalComments: 'none',
    sourcemap,
    define: {
      KNOCKNOC_CONFIG: JSON.stringify(config),
      // A comparison with this is decided when the bundle is made, and what only the other branch uses stays out.
      'KNOCKNOC_CONFIG.okta.clientKey': JSON.stringify(config.okta.clientKey),
    },
    metafile: true,
    // A failed build throws with every message; nothing is to be printed twice.
    logLevel: 'silent',
  });
  const output = Object.entries(metafile.outputs).find(([file]) => file.endsWith('index.js'));
  return { bytes: output?.[1].bytes ?? 0, metafile };
}
