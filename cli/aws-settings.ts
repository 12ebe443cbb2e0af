/** Where AWS is, beside what the SDK finds by itself (environment, profiles, instance roles). */
export interface AwsSettings {
  readonly region?: string;
  /** Of an emulator. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** For any client of the SDK. A person waits: nothing may hang for minutes. */
export function clientSettings(settings: AwsSettings) {
  return {
    ...settings,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 },
  };
}
