import type { Config } from './config.ts';

/** Replaced by the checked configuration when a function is bundled (see `cdk/bundle.ts`). */
declare const KNOCKNOC_CONFIG: Config;

/**
 * The configuration this function was deployed with.
 * @throws {ReferenceError} when the code was not bundled by the CDK app
 */
export function bundledConfig(): Config {
  return KNOCKNOC_CONFIG;
}
