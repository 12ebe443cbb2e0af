import { awsClientSettings, type CallTimes } from '../lib/adapters/aws-client-defaults.ts';

/** Where AWS is, beside what the SDK finds by itself (environment, profiles, instance roles). */
export interface AwsSettings {
  readonly region?: string;
  /** Of an emulator. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A person waits, perhaps on a slow network: nothing may hang for minutes. */
const CALL_TIMES: CallTimes = { connectMs: 3_000, attemptMs: 10_000, attempts: 3, pauseMs: 1_000 };

/** For any client of the SDK. */
export function clientSettings(settings: AwsSettings) {
  return { ...settings, ...awsClientSettings(CALL_TIMES) };
}
