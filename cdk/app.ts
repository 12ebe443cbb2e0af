import { existsSync } from 'node:fs';
import { Annotations, App, CfnWaitConditionHandle, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { MISSING_FILE } from '../config/json-file.ts';
import { ConfigError, loadConfig } from '../config/load.ts';
import { KnocknocOktaStack } from './stack.ts';

const DEFAULT_CONFIG = 'config.json';

/** The CDK app: `-c config=FILE`, else `config.json` in the folder where `cdk` runs. */
function main(): void {
  const app = new App({ analyticsReporting: false });
  const named: unknown = app.node.tryGetContext('config');
  const path = String(named ?? DEFAULT_CONFIG);
  if (named === undefined && !existsSync(path)) addPlaceholder(app);
  else new KnocknocOktaStack(app, 'KnocknocOkta', { config: loadConfig(path) });
  Validations.of(app).addPlugins(new AwsSolutionsChecks());
  app.synth();
}

/**
 * `cdk bootstrap` runs the app too, on a day when there need not be a configuration yet. So without
 * one there is a stack all the same, which cannot be synthesised, compared or deployed and says why.
 */
function addPlaceholder(app: App): void {
  const stack = new Stack(app, 'NoConfiguration');
  new CfnWaitConditionHandle(stack, 'Nothing');
  Annotations.of(stack).addError(`${DEFAULT_CONFIG}: ${MISSING_FILE}`);
}

try {
  main();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  // A mistake in the file, not in the program: the list of problems says all there is to say.
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
