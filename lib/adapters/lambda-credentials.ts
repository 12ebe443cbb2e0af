import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Takes the place of the SDK's search for credentials in the deployed bundles (cdk/bundle.ts). Lambda always puts
 * those of the function's role into the environment, where the SDK's own search finds them first too. What it looks
 * through after that (profiles, single sign-on, other clouds' metadata) is nearly a third of a bundle.
 */
export const defaultProvider = fromEnv;
