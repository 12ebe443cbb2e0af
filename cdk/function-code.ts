import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AssetHashType, BundlingOutput, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Config } from '../lib/config.ts';

/** The variable of the environment that has the configuration, where the code has none. */
export const CONFIG_VARIABLE = 'KNOCKNOC_CONFIG';

export type FunctionName = 'webhook' | 'outcome' | 'grants' | 'expiry' | 'zone';
/** Functions that only some configurations ask for. */
export type OptionalFunctionName = 'gatekeeper' | 'policies' | 'allowlist';

/** The code of the functions, without a configuration: made from the sources, or brought by the package. */
export interface Bundles {
  /** That the code is made from, or lies in. The CDK remembers by it what it has bundled. */
  readonly folder: string;
  /** CommonJS that reads the configuration from `KNOCKNOC_CONFIG`. */
  code(name: FunctionName | OptionalFunctionName, clientKey: Config['okta']['clientKey']): string;
}

/** The file of a function whose code is made beforehand. Only what differs is there a second time. */
export function bundleFile(name: string, clientKey: Config['okta']['clientKey']): string {
  return clientKey === 'kms' ? `${name}.kms.js` : `${name}.js`;
}

/** The code of the functions as a build has left it in a folder. */
export function fromFolder(folder: string): Bundles {
  return {
    folder,
    code: (name, clientKey) => {
      const own = join(folder, bundleFile(name, clientKey));
      return readFileSync(existsSync(own) ? own : join(folder, bundleFile(name, 'secret')), 'utf8');
    },
  };
}

/** What is deployed: the configuration, which would not fit into environment variables, before the code. */
export function withConfig(code: string, config: Config): string {
  return withConfigFrom(JSON.stringify(JSON.stringify(config)), code);
}

/** @param code what is deployed. @returns the same, which reads its configuration from the environment instead */
export function withEnvironmentConfig(code: string): string {
  return withConfigFrom(`process.env.${CONFIG_VARIABLE}`, code.slice(code.indexOf('\n') + 1));
}

/** @param json an expression. It stays on one line. */
function withConfigFrom(json: string, code: string): string {
  return `"use strict";const KNOCKNOC_CONFIG=JSON.parse(${json});\n${code}`;
}

/**
 * The code of a function with the configuration in it. The hash is that of the output, so a function is deployed again
 * exactly when its code or the configuration changed.
 */
export function functionCode(name: FunctionName | OptionalFunctionName, bundles: Bundles, config: Config): Code {
  return Code.fromAsset(bundles.folder, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('unused'),
      // Never run. The CDK remembers a bundle by its source folder and these options, and without
      // a difference in them all functions would get the code of the first.
      command: [name, createHash('sha256').update(JSON.stringify(config)).digest('hex')],
      outputType: BundlingOutput.NOT_ARCHIVED,
      local: {
        tryBundle(outdir: string): boolean {
          writeFileSync(join(outdir, 'index.js'), withConfig(bundles.code(name, config.okta.clientKey), config));
          return true;
        },
      },
    },
  });
}
