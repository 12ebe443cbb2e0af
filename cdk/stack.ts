import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from '../lib/config.ts';
import { VERSION } from '../lib/version.ts';
import { fromSources } from './bundle.ts';
import type { Bundles } from './function-code.ts';
import { KnocknocOkta } from './knocknoc-okta.ts';

export interface KnocknocOktaStackProps {
  readonly config: Config;
  /** The functions' code; made from the sources where absent. */
  readonly bundles?: Bundles;
}

/** The system in a stack of its own, which has the name that the configuration gives it. */
export class KnocknocOktaStack extends Stack {
  readonly system: KnocknocOkta;

  constructor(scope: Construct, id: string, { config, bundles = fromSources() }: KnocknocOktaStackProps) {
    super(scope, id, {
      stackName: config.stackName,
      description: `Keeps Okta IP network zones equal to Knocknoc's live grants (version ${VERSION})`,
    });
    this.system = new KnocknocOkta(this, 'System', { config, bundles });
  }
}
