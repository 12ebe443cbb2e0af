import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AssetHashType, BundlingOutput, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Config } from '../lib/config.ts';
import { bundleFunction } from './bundle.ts';

export type FunctionName = 'webhook' | 'outcome' | 'grants' | 'expiry' | 'zone';
/** Functions that only some configurations ask for. */
export type OptionalFunctionName = 'gatekeeper' | 'policies' | 'allowlist';

/**
 * The code of `{functionsDir}/{name}.ts`, bundled in this process while the app is synthesised.
 * The hash is that of the output, so a function is deployed again exactly when its code or the
 * configuration changed, and the sources are never fingerprinted.
 */
export function functionCode(name: FunctionName | OptionalFunctionName, functionsDir: string, config: Config): Code {
  return Code.fromAsset(functionsDir, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('unused'),
      // Never run. The CDK remembers a bundle by its source folder and these options, and without
      // a difference in them all functions would get the code of the first.
      command: [name, createHash('sha256').update(JSON.stringify(config)).digest('hex')],
      outputType: BundlingOutput.NOT_ARCHIVED,
      local: {
        tryBundle(outdir: string): boolean {
          bundleFunction({ entry: join(functionsDir, `${name}.ts`), outdir, config });
          return true;
        },
      },
    },
  });
}
