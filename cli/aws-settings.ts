import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { awsClientSettings, type CallTimes } from '../lib/adapters/aws-client-defaults.ts';
import type { ProxySettings } from './proxies.ts';

/** Where AWS is, beside what the SDK finds by itself (environment, profiles, instance roles). */
export interface AwsSettings {
  readonly region?: string;
  /** Of an emulator. */
  readonly endpoint?: string;
  readonly proxies?: ProxySettings;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A person waits, perhaps on a slow network: nothing may hang for minutes. */
const CALL_TIMES: CallTimes = { connectMs: 3_000, attemptMs: 10_000, attempts: 3, pauseMs: 1_000 };

/** For any client of the SDK. Where credentials are looked for, that goes through the proxies too. */
export function clientSettings({ region, endpoint, proxies, credentials }: AwsSettings) {
  const agent = { keepAlive: true, ...(proxies && { proxyEnv: { ...proxies } }) };
  const agents = { httpAgent: new HttpAgent(agent), httpsAgent: new HttpsAgent(agent) };
  const settings = awsClientSettings(CALL_TIMES, agents);
  return {
    ...settings,
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    // The SDK's own search, which looks through single sign-on by connections of its own otherwise.
    credentials: credentials ?? defaultProvider({ clientConfig: { requestHandler: settings.requestHandler } }),
  };
}
