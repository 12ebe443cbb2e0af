import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from '../lib/config.ts';
import { VERSION } from '../lib/version.ts';
import { fromSources } from './bundle.ts';
import type { Bundles } from './function-code.ts';
import { KnocknocOkta } from './knocknoc-okta.ts';

export interface KnocknocOktaStackProps extends Pick<StackProps, 'synthesizer'> {
  readonly config: Config;
  /** The functions' code; made from the sources where absent. */
  readonly bundles?: Bundles;
}

/** The system in a stack of its own, which has the name that the configuration gives it. */
export class KnocknocOktaStack extends Stack {
  readonly system: KnocknocOkta;

  constructor(scope: Construct, id: string, { config, bundles = fromSources(), ...props }: KnocknocOktaStackProps) {
    super(scope, id, {
      ...props,
      stackName: config.stackName,
      description: `Keeps Okta IP network zones equal to Knocknoc's live grants (version ${VERSION})`,
    });
    this.system = new KnocknocOkta(this, 'System', { config, bundles });
  }
}
